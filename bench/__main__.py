"""Measures what a phone gets through the gateway, and through its alternatives."""

from __future__ import annotations

import argparse
import sys

from bench import command
from lab.command import finish


def main() -> int:
    program = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    commands = program.add_subparsers(required=True, metavar="COMMAND")
    parser = commands.add_parser(
        "run", help="measure on lines like those at lunch", description=command.__doc__
    )
    command.add_options(parser)
    parser.set_defaults(function=command.run)
    return finish(program.parse_args())


if __name__ == "__main__":
    sys.exit(main())
