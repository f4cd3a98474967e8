"""A pull request's comment around a difference that somebody unknown may have written.

``python -m ops.comment FILE COMMIT`` prints Markdown. Standard library only.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

MARK = "<!-- guest-diff -->"
"""By which the next run finds the comment that it replaces."""

LONGEST = 60_000
"""Characters of the difference. GitHub takes 65,536 in a comment."""


def comment(difference: str, commit: str) -> str:
    """The comment's text. Nothing in ``difference`` can end the block it stands in."""
    if not re.fullmatch(r"[0-9a-f]{40}", commit):
        raise ValueError("COMMIT is not a commit's 40 hexadecimal digits")
    heading = f"{MARK}\n### Inside the guest (`settings.example.yaml`, secrets redacted)\n\n"
    if not difference.strip():
        return f"{heading}{commit[:9]} changes nothing: running gateways are not replaced.\n"
    shown = difference[:LONGEST]
    rest = f"\n{len(difference) - LONGEST} more characters in the run's summary.\n"
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return (
        f"{heading}{commit[:9]} changes the guest, so an update **replaces the machine**:\n\n"
        f"{fence}diff\n{_printable(shown)}\n{fence}\n{rest if len(difference) > LONGEST else ''}"
    )


def _printable(text: str) -> str:
    """Without what a terminal or a reader's eye could be fooled by (CVE-2021-42574)."""
    return "".join(
        c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text
    )


def main() -> int:
    """Run the command line; returns the exit status."""
    file, commit = sys.argv[1:]
    print(comment(Path(file).read_text(encoding="utf-8", errors="replace"), commit), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
