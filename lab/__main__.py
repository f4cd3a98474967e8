"""Boots the generated guest, dials in, and checks what the gateway promises."""

from __future__ import annotations

import argparse
import sys

from lab import opening, play
from lab.command import finish


def main() -> int:
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
    opening.add_options(parser, "provision")
    parser.set_defaults(function=opening.provisioned)
    return finish(program.parse_args())


if __name__ == "__main__":
    sys.exit(main())
