"""A gateway's name on Azure: made by chance once, and kept with the stack's settings.

What the program makes of the stack's name alone, everybody can: who has the same stack with a
backend of his own asks Azure for the same name, and a stranger can take it between two lunches.
"""

from __future__ import annotations

import secrets
from typing import Any

from ops.backend import PROJECT
from ops.pulumi import Pulumi
from settings.label import beginning

KEY = f"{PROJECT}:dnsLabel"

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without what looks alike on a phone: i l o 0 1."""
_CHARACTERS = 8
"""39 bits: nobody meets it by chance, and a stranger would have to ask Azure for each."""


def settle(pulumi: Pulumi, present: str, *, copied: bool, moved: bool) -> None:
    """Give the stack a label of its own, or the one that it had.

    Args:
        present: the label in its settings; or empty.
        copied: the settings were another stack's a moment ago, its label included.
        moved: into another region, where that label is another name.
    """
    if present and not copied:
        return
    last = _last(pulumi)
    if last is None:
        if not (present and moved):
            _set(pulumi, own(pulumi.name))
    elif last != present:
        _set(pulumi, last)


def own(stack: str) -> str:
    """A label that nobody else has, with names that its owner recognises."""
    chance = "".join(secrets.choice(_ALPHABET) for _ in range(_CHARACTERS))
    return f"{beginning(PROJECT, stack)}-{chance}"


def _last(pulumi: Pulumi) -> str | None:
    """The label set at the latest update, since phones know it; empty if none was, so that the
    program made one of the stack's name; None if there was no update."""
    for update in pulumi.json("stack", "history", "--stack", pulumi.stack):
        config: dict[str, Any] = update.get("config") or {}
        return str(config.get(KEY, {}).get("value") or "")
    return None


def _set(pulumi: Pulumi, label: str) -> None:
    where = ("--stack", pulumi.stack)
    if not label:
        pulumi.read("config", "rm", "dnsLabel", *where)
        return
    pulumi.read("config", "set", "dnsLabel", label, *where)
    print(f"the gateway's name begins with {label} (dnsLabel, in {pulumi.settings_file.name})")
