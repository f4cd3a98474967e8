"""What a pull request's own code says that it changes inside the guest, for its run's summary.

It prints Markdown. BASE.json and HEAD.json are what ops.ci.guests printed on each side. All of
it is that code's word, and no verdict.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from ops.ci.comment import printable
from ops.diff import Guests, compared, lines

LONGEST = 900_000
"""Bytes. GitHub takes a mebibyte, and shows nothing at all of more."""


def summary(before: Guests, after: Guests) -> str:
    """The summary's text, whose heading names all that was looked at."""
    different, same = compared(before, after)
    found = {"another": list(different), "the same": same}
    said = [f"{what} with {', '.join(choices)}" for what, choices in found.items() if choices]
    head = "### Inside the guest, by the pull request's own code: "
    told = printable("\n".join(lines("the base", before, after, "the pull request")))
    block = "\n".join(f"    {line}" for line in told.split("\n"))
    return f"{head}{'; '.join(said) or 'no settings were compared'}\n\n{_cut(block)}\n"


def _cut(text: str) -> str:
    whole = text.encode()
    if len(whole) <= LONGEST:
        return text
    rest = f"\n\n{len(whole) - LONGEST} more bytes, not shown."
    return whole[:LONGEST].decode(errors="ignore") + rest


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the summary; returns 1 if the pull request can't make one of its guests."""
    parser = argparse.ArgumentParser(prog="python -m ops.ci.summary", description=__doc__)
    for side in ("base", "head"):
        parser.add_argument(side, metavar=f"{side.upper()}.json", type=Path)
    options = parser.parse_args(arguments)
    before, after = (json.loads(path.read_bytes()) for path in (options.base, options.head))
    print(summary(before, after), end="")
    return int(any(isinstance(guest, str) for guest in after.values()))


if __name__ == "__main__":
    sys.exit(main())
