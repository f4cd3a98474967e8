"""Boots the generated guest, dials in, and checks what the gateway promises."""

from __future__ import annotations

import argparse
import re
import secrets
import sys
from collections.abc import Sequence
from importlib.util import find_spec

if find_spec("yaml") is None:
    sys.exit(
        "yaml: missing in this Python. make setup brings it into .venv; then"
        " .venv/bin/python -m lab"
    )

from lab import opening, play, side_by_side
from lab.command import carry_out
from lab.opening import LabOptions
from lab.progress import Progress
from lab.soak import EARLIEST, SoakOptions, soak


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; returns the status for the shell."""
    told = _parser().parse_args(arguments)
    options = LabOptions(told.settings, told.out, told.fresh)

    def command(progress: Progress) -> int:
        if told.command == "provision":
            return opening.provisioned(options, progress)
        if told.command == "soak":
            return soak(
                SoakOptions(told.settings, told.out, True, told.cuts, told.seed, told.within),
                progress,
            )
        chosen = told.scenario or play.names()
        if told.broken or play.BY_HAND & set(chosen):
            return play.run(options, chosen, progress, told.broken)
        if (labs := side_by_side.labs_for(told.labs, chosen)) > 1:
            return side_by_side.run(options, chosen, labs, progress)
        return play.run(options, chosen, progress)

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
    _add_soak(commands)
    return program


def _add_soak(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "soak",
        help="cut the power while it is set up, at moments of chance",
        description="Set fresh images up, cut the power of each once at a moment of chance, and"
        " expect that it ends ready by itself.",
    )
    parser.add_argument("--cuts", type=_cuts, default=20, help="how many (20)")
    parser.add_argument(
        "--seed", type=int, default=secrets.randbelow(10**6), help="of chance (a new one)"
    )
    parser.add_argument(
        "--within",
        type=_seconds,
        default=240,
        metavar="SECONDS",
        help="cut before then, from power-on (240)",
    )
    opening.add_options(parser, "soak")


def _cuts(text: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text) or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not positive; a whole number is expected")
    return int(text)


def _seconds(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?", text) or not float(text) > EARLIEST:
        raise argparse.ArgumentTypeError(f"{text!r}: more than {EARLIEST} s, or nothing is cut off")
    return float(text)


if __name__ == "__main__":
    sys.exit(main())
