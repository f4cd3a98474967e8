"""Secrets that are none: those that everybody or somebody else knows, and texts left to be filled
in, of which a server's name may be one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from settings.users import called
from settings.values import shown

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

_KNOWN = frozenset(secret.lower() for secret in SECRETS)

_PLACEHOLDER = re.compile(
    r"(change|replace)[\W_]*(me|this|it)(?![a-z])|place[\W_]*holder"
    r"|your[\W_]*(own[\W_]*)?(password|passphrase|secret|key|psk)"
    # As a whole, or as the first word.
    r"|^(your|replace|insert|example)[\W_](?! )|^(todo|fixme)(?![a-z])|^password[\W\d_]*$"
    r"|^(\$\{.*\}|\$\(.*\)|\{\{.*\}\}|<.*>)$",
    re.IGNORECASE,
)

_NO_SERVER = re.compile(
    r"^(label|your)\.|^(your|replace|change)-|\bregion\.cloudapp\b|\.here$"
    r"|(^|\.)(example(\.(com|net|org))?|test|invalid|localhost)\.?$",
    re.IGNORECASE,
)
"""Names that are to be replaced, and those that lead nowhere (RFC 2606, RFC 6761)."""

_OWN = "choose your own (python3 -c 'import secrets; print(secrets.token_urlsafe(18))')"


def faults(raw: Mapping[str, Any]) -> list[str]:
    """Returns a line for each secret in raw configuration values that a stranger or another user
    knows or guesses, and for a server's name out of a book.

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
            for fault in (*_faults(password), *_shared(name, password, people, raw.get("psk")))
        ),
        *_server_faults(raw.get("serverName")),
    ]


def _server_faults(server: Any) -> Iterator[str]:
    if isinstance(server, str) and _NO_SERVER.search(server):
        yield (
            f"serverName: {shown(server)} is only an example; write the name or address that leads"
            " to the gateway"
        )


def _faults(secret: Any) -> Iterator[str]:
    if not isinstance(secret, str):
        return
    if secret.lower() in _KNOWN:
        yield f"that of settings.example.yaml, which everybody can read; {_OWN}"
    elif _PLACEHOLDER.search(secret):
        yield f"a text that was to be replaced; {_OWN}"
    elif len(set(secret)) == 1 < len(secret):
        yield f"one character again and again; {_OWN}"


def _shared(name: str, password: Any, people: Mapping[Any, Any], psk: Any) -> Iterator[str]:
    """Say who else knows it: whoever has it is that user to the gateway."""
    if not isinstance(password, str):
        return
    if password == psk:
        yield f"the same as psk, which everybody with L2TP knows; {_OWN}"
    elif password.lower() == name.lower():
        yield f"the user's own name; {_OWN}"
    elif [*people.values()].count(password) > 1:
        yield f"another user's too; {_OWN}"
