"""Secrets that are none: those that everybody can read, and texts left to be filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from settings.users import called

EXAMPLE = Path(__file__).parents[1] / "settings.example.yaml"

SECRETS = frozenset(
    {
        "throw-away-example-key-4711",
        "alice-example-4711",
        "b o\"b'\\ #$%&*()[]{};:,.<>?/|~`^=+-_!@",
    }
)
"""Those of the example, which the lab boots. They stand here again, because a stack's program
does not have that file beside it everywhere; tests/settings/test_published.py compares them."""

_PLACEHOLDER = re.compile(
    r"(change|replace)[\W_]*(me|this|it)(?![a-z])|place[\W_]*holder"
    r"|your[\W_]*(own[\W_]*)?(password|passphrase|secret|key|psk)",
    re.IGNORECASE,
)

_OWN = "choose your own (python3 -c 'import secrets; print(secrets.token_urlsafe(18))')"


def faults(raw: Mapping[str, Any]) -> list[str]:
    """Returns a line for each secret in raw configuration values that a stranger knows or guesses.

    It says whose secret it is, never the text.
    """
    users = raw.get("users")
    people = users if isinstance(users, Mapping) else {}
    return [
        *(f"psk: {fault}" for fault in _faults(raw.get("psk"))),
        *(
            f"users: {called(number, name, password)}: the password is {fault}"
            for number, (name, password) in enumerate(people.items(), 1)
            if isinstance(name, str)
            for fault in _faults(password)
        ),
    ]


def _faults(secret: Any) -> Iterator[str]:
    if not isinstance(secret, str):
        return
    if secret in SECRETS:
        yield f"that of settings.example.yaml, which everybody can read; {_OWN}"
    elif _PLACEHOLDER.search(secret):
        yield f"a text that was to be replaced; {_OWN}"
