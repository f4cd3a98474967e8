"""The first part of a gateway's name on Azure, and what it may not hold."""

from __future__ import annotations

import re

RESERVED_WORDS = ("login", "microsoft", "windows", "xbox")
"""Azure refuses a label with one of them anywhere in it (DomainNameLabelReserved). Its own list
is not published: these are the words of which somebody has reported it."""

_RESERVED = re.compile("|".join(RESERVED_WORDS))
_LENGTH = 50
"""Characters. Azure takes 63; what makes it unlike others comes behind."""


def reserved_word(label: str) -> str:
    """The first word in it that Azure keeps for itself; empty if there is none."""
    found = _RESERVED.search(label)
    return found[0] if found else ""


def beginning(*names: str) -> str:
    """These names, joined to what a label may begin with; without the words that it may not hold,
    since whoever named his stack "windows" did not choose a label."""
    words = re.sub(r"[^a-z0-9]+", "-", "-".join(names).lower())
    allowed = re.sub(r"-+", "-", _RESERVED.sub("-", words))
    return allowed.lstrip("-0123456789")[:_LENGTH].strip("-") or "gateway"
