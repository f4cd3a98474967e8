"""What somebody meant who misspelled a name to make. It runs before there is any environment, as
`ops.doctor` does, and needs the standard library alone."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Sequence


def meant(name: str, known: Sequence[str]) -> str:
    """Return a question with the name that is most like it, in capitals or not; or nothing."""
    spelled = {each.upper(): each for each in known}
    close = difflib.get_close_matches(name.upper(), spelled, n=1)
    return f"did you mean {spelled[close[0]]}?" if close else ""


if __name__ == "__main__":
    print(meant(sys.argv[1], sys.argv[2:]))
