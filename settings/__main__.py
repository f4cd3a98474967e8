"""Show every setting as docs/settings.md does: python -m settings table."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from settings import document


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    options = _parser().parse_args(arguments)
    if not options.write:
        print(document.page(), end="")
        return 0
    try:
        document.FILE.write_text(document.page(), encoding="utf-8")
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m settings", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    command = commands.add_parser(
        "table",
        help="show every setting",
        description="Show every setting with its default and meaning, as Pulumi.yaml says them.",
    )
    command.add_argument(
        "--write", action="store_true", help="write docs/settings.md instead of showing it"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
