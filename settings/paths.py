"""How ``pulumi config set --path`` writes a name, and what it has made of one written otherwise.

A dot ends a name, so that ``users.alice.smith`` is a map in a map; without --secret, digits
become a number and true a boolean; and a number in brackets makes a list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any


def path(setting: str, name: str) -> str:
    """Return one part of a setting, as the command takes it from a shell."""
    if not re.fullmatch(r"[A-Za-z0-9._@-]+", name):
        return f"{setting}.NAME"
    return f"""'{setting}["{name}"]'""" if "." in name else f"{setting}.{name}"


def dotted(name: str, value: Any) -> Iterator[str]:
    """The names that were meant by a map below another name: alice.smith. Only those that hold
    a text or number: what else is below, somebody wrote by hand, and it may be no name at all."""
    if isinstance(value, str | int | float):
        yield name
    elif isinstance(value, Mapping):
        for part, inner in value.items():
            yield from dotted(f"{name}.{part}", inner)
