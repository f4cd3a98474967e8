"""Measures what a phone gets through the gateway, and through its alternatives."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench import command, options
from bench.figures import FIGURES
from lab import opening
from lab.command import finish


def main() -> int:
    program = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    commands = program.add_subparsers(required=True, metavar="COMMAND")
    told = "measure on lines like those at lunch"
    run = commands.add_parser("run", help=told, description=command.__doc__)
    options.add_options(run)
    run.set_defaults(function=command.run)
    told = "write results.json, promises.json and report.html from a file of records"
    report = commands.add_parser("report", help=told, description=told)
    report.add_argument("file", type=Path, metavar="FILE")
    report.add_argument("--against", type=Path, metavar="FILE", help="an earlier run, to compare")
    out = opening.ROOT / "build" / "report"
    report.add_argument("--out", type=Path, metavar="DIR", default=out, help="(build/report)")
    report.set_defaults(function=command.report)
    told = "how a second run compares with a first: by pairs that met the same losses where the"
    told += " seeds agree, else of the medians"
    compare = commands.add_parser("compare", help=told, description=told)
    compare.add_argument("before", type=Path, metavar="BEFORE")
    compare.add_argument("after", type=Path, metavar="AFTER")
    told = f"one of {', '.join(FIGURES)} (default: goodput, and a page's time); repeats"
    compare.add_argument("--figure", action="append", choices=FIGURES, metavar="KEY", help=told)
    compare.set_defaults(function=command.compare, out=out)
    return finish(program.parse_args())


if __name__ == "__main__":
    sys.exit(main())
