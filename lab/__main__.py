"""Boots the generated guest, dials in, and checks what the gateway promises."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from lab import opening, play
from lab.command import carry_out
from lab.opening import LabOptions
from lab.progress import Progress


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; returns the status for the shell."""
    told = _parser().parse_args(arguments)
    options = LabOptions(told.settings, told.out, told.fresh)

    def command(progress: Progress) -> int:
        if told.command == "provision":
            return opening.provisioned(options, progress)
        return play.run(options, told.scenario or play.names(), progress, told.broken)

    return carry_out(command, options.out)


def _parser() -> argparse.ArgumentParser:
    program = argparse.ArgumentParser(prog="python -m lab", description=__doc__)
    commands = program.add_subparsers(required=True, metavar="COMMAND", dest="command")
    parser = commands.add_parser(
        "run",
        help="dial in and check what the gateway promises",
        description="Boot the generated guest in QEMU, dial in, and check what it promises.",
    )
    play.add_options(parser)
    parser = commands.add_parser(
        "provision",
        help="set the gateway up once, for whatever comes next",
        description="Boot a fresh image with the generated user-data until the gateway answers,"
        " and keep its disk: the next run or benchmark of the same settings starts from it.",
    )
    opening.add_options(parser, "provision")
    return program


if __name__ == "__main__":
    sys.exit(main())
