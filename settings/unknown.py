"""What to say of a key that is no setting."""

from __future__ import annotations

import difflib
import re
from typing import Any

from settings.places import REGION, Place
from settings.table import table
from settings.values import shown

PROJECT = "lunch-gateway:"
"""What Pulumi puts before every key of ours in a stack's file."""

_LONGEST = 80
"""Characters of a key that is shown as it stands, and worth comparing."""


def meant(key: Any) -> str | None:
    """Returns the setting that a key is a misspelling of; None if it is none of any."""
    if not _is_short(key):
        return None
    known = {_spelled(each): each for each in table()}
    close = difflib.get_close_matches(_spelled(key.removeprefix(PROJECT)), known, n=1)
    return known[close[0]] if close else None


def problem(key: Any, place: Place) -> str:
    """Returns the line about a key that is no setting: what was meant, or where it belongs."""
    name = key if _is_short(key) else shown(key)
    return f"{name}: no such setting; {_advice(key, place)}"


def _advice(key: Any, place: Place) -> str:
    spelled = key.lower() if isinstance(key, str) else ""
    whole = re.split(r"[.\[]", key)[0] if isinstance(key, str) else ""
    if spelled != spelled.strip():
        return "a wide or no-break space stands beside it, where YAML wants plain ones"
    if spelled in REGION:
        return place.region
    if whole in table():
        return place.part.format(whole=whole)
    if found := meant(key):
        return f"did you mean {found}?"
    alike = [each for each in table() if len(spelled) > 2 and spelled in each.lower()]
    if 0 < len(alike) < 4 and _is_short(key):
        return f"did you mean {' or '.join(alike)}?"
    return "docs/settings.md lists all that are known"


def _is_short(key: Any) -> bool:
    return isinstance(key, str) and key.isprintable() and len(key) <= _LONGEST


def _spelled(key: str) -> str:
    """Return a name without what people write differently: server_name, Server-Name."""
    return re.sub(r"[\s_-]", "", key).lower()
