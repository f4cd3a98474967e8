"""What to say of a key that is no setting."""

from __future__ import annotations

import difflib
import re
from typing import Any

from settings.places import FILE, REGION, Place
from settings.table import table
from settings.values import PSK_LENGTH, ordinal

PROJECT = "lunch-gateway:"
"""What Pulumi puts before every key of ours in a stack's file."""

_LONGEST = 80
"""Characters of a key that is worth comparing."""

_ALIKE = 0.8
"""How much of a key is a setting's name (1: all), from which on it can be shown."""

_WORD = rf"[A-Za-z]{{1,{PSK_LENGTH.start - 1}}}"

_OFTEN = {
    **dict.fromkeys(("username", "name", "password", "passwords", "people"), "users"),
    **dict.fromkeys(("presharedkey", "sharedkey", "sharedsecret", "key"), "psk"),
    **dict.fromkeys(("secret", "passphrase", "ipsec"), "psk"),
    **dict.fromkeys(("ikev2", "ikev1", "l2tp"), "protocols"),
    **dict.fromkeys(("host", "hostname", "domain"), "serverName"),
    "services": None,
}
"""What other programs call a setting, without what `_spelled` takes away; None: no setting is
meant, though one is spelled alike."""


def meant(key: Any) -> str | None:
    """Returns the setting that a key is a misspelling of; None if it is none of any."""
    if not _is_short(key):
        return None
    begin = re.split("[:=\uff1a ]", key.removeprefix(PROJECT))[0]
    if begin in table():
        return begin
    known = {_spelled(each): each for each in table()}
    spelled = _spelled(key.removeprefix(PROJECT))
    if spelled in _OFTEN:
        return _OFTEN[spelled]
    close = difflib.get_close_matches(spelled, known, n=1)
    return known[close[0]] if close else None


def problem(number: int, key: Any, place: Place) -> str:
    """Returns the line about a key that is no setting: what was meant, or where it belongs.

    Args:
        number: the key's place among all, which a file alone has.
        key: the key.
        place: where it is written.
    """
    hidden = f"the {ordinal(number)} key" if place is FILE else "a key"
    name = key if _can_be_shown(key) else hidden
    return f"{name}: no such setting; {_advice(key, place)}"


def _can_be_shown(key: Any) -> bool:
    """Say whether a key is no secret. Where a blank behind a colon is missing, or a line is not
    indented, a password stands in it: what is shown is one word without digits, too short for a
    shared key, or is spelled much like a setting, by itself or as Pulumi writes it."""
    if not _is_short(key) or key != key.strip():
        return False
    key = key.removeprefix(PROJECT)
    whole, *parts = re.split(r"[.\[]", key)
    if whole in table() or whole.lower() in REGION:
        return all(re.fullmatch(rf"{_WORD}|\d\]", part) for part in parts)
    alike = difflib.get_close_matches(_spelled(whole), map(_spelled, table()), 1, _ALIKE)
    return bool(re.fullmatch(_WORD, key) or key.lower() in REGION or (alike and not parts))


def _advice(key: Any, place: Place) -> str:
    if not isinstance(key, str):
        return "write a name that docs/settings.md lists"
    spelled = key.lower()
    whole = re.split(r"[.\[]", key)[0]
    if spelled != spelled.strip():
        return "a wide or no-break space stands beside it, where YAML wants plain ones"
    if not key.isprintable():
        return "a character stands in it that can't be seen; type the line anew"
    if spelled in REGION:
        return place.region
    if whole in table():
        return place.part.format(whole=whole)
    if not _can_be_shown(key) and (stray := re.search("[:=\uff1a ]", key)):
        sign = {"=": "an equals sign", " ": "a blank"}.get(stray[0], "a colon")
        return f"{sign} stands in it; YAML wants a plain colon and a plain blank behind a key"
    return _guess(key) or "docs/settings.md lists all that are known"


def _guess(key: str) -> str:
    """Returns which settings may be meant; empty if none is, or any."""
    if not _is_short(key):
        return ""
    spelled, best = _spelled(key.removeprefix(PROJECT)), meant(key)
    alike = [each for each in table() if len(spelled) > 2 and spelled in each.lower()]
    if best and (spelled == best.lower() or spelled in _OFTEN or len(alike) < 2):
        alike = [best]
    several = 0 < len(alike) < 4 and (best or spelled not in _OFTEN)
    return f"did you mean {' or '.join(alike)}?" if several else ""


def _is_short(key: Any) -> bool:
    return isinstance(key, str) and key.isprintable() and len(key) <= _LONGEST


def _spelled(key: str) -> str:
    """Return a name without what people write differently: server_name, Server-Name."""
    return re.sub(r"[\s_-]", "", key).lower()
