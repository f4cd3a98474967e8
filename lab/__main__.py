"""Boots the generated guest, dials in, and measures what a phone gets."""

from __future__ import annotations

import argparse
import signal
import sys

from lab import play, session
from lab.bench import command as bench
from lab.host import LabError
from lab.machine import ExpectationFailed
from lab.progress import Progress, complain


def main() -> int:
    options = _parse()
    progress = Progress(phases=0)
    # So that whoever ends us politely gets the machines and disks cleaned up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        status: int = options.function(options, progress)
        return status
    except LabError as error:
        complain(f"the lab can't go on, in phase {progress.current!r}: {error}")
        return 2
    except ExpectationFailed as failure:
        complain(f"FAILED in phase {progress.current!r}: {failure}\nevidence: {options.out}")
        return 1
    except KeyboardInterrupt:
        complain(f"interrupted in phase {progress.current!r}")
        return 130
    except Exception:
        complain(f"a mistake of the lab's own, in phase {progress.current!r}:")
        raise


def _parse() -> argparse.Namespace:
    program = argparse.ArgumentParser(prog="python -m lab", description=__doc__)
    commands = program.add_subparsers(required=True, metavar="COMMAND")
    parser = commands.add_parser(
        "run",
        help="dial in and check what the gateway promises",
        description="Boot the generated guest in QEMU, dial in, and check what it promises.",
    )
    play.add_options(parser)
    parser.set_defaults(function=play.run)
    parser = commands.add_parser(
        "provision",
        help="set the gateway up once, for whatever comes next",
        description="Boot a fresh image with the generated user-data until the gateway answers,"
        " and keep its disk: the next run or benchmark of the same settings starts from it.",
    )
    session.add_options(parser, "provision")
    parser.set_defaults(function=session.provisioned)
    parser = commands.add_parser(
        "bench",
        help="measure what a phone gets through it, and through its alternatives",
        description=bench.__doc__,
    )
    bench.add_options(parser)
    parser.set_defaults(function=bench.run)
    return program.parse_args()


if __name__ == "__main__":
    sys.exit(main())
