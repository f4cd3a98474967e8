"""What a phone does while it is measured: each load has a command, and a reader of its words."""

from __future__ import annotations

from dataclasses import dataclass

OMIT = 3
"""Seconds at the start of a flow that don't count; a page counts from its first."""


@dataclass(frozen=True, kw_only=True)
class Carried:
    """What a load says for itself."""

    goodput: float
    """Mbit/s."""
    size: float
    """Bytes of payload, those of the start included."""
    load_time: float | None = None
    """Of a page, s."""
