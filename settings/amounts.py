"""Whole numbers: bytes and minutes, and those that YAML reads otherwise than people do."""

from __future__ import annotations

import re
from typing import Any

from settings.values import MTU_RANGE, BadValue, shown

READY_MINUTES = range(121)
"""How long `pulumi up` may wait; a first start takes minutes, never hours."""


class OddNumber(int):
    """A number that was written otherwise: to YAML 1.1, 010 is 8 and 1:30 is 90."""

    written: str

    def __new__(cls, number: int, written: str) -> OddNumber:
        """Keep the text beside the number."""
        made = super().__new__(cls, number)
        made.written = written
        return made

    def __str__(self) -> str:
        return self.written

    def __repr__(self) -> str:
        why = "a 0 in front is octal" if self.octal else "a colon is base 60"
        return f"{self.written} ({int(self):d} to YAML: {why})"

    @property
    def octal(self) -> bool:
        """Say whether a zero in front did it; else a colon."""
        return ":" not in self.written

    @property
    def meant(self) -> int:
        """Return what to write: the digits where they are octal, the minutes of 1:30."""
        return int(self.written.replace("_", "")) if self.octal else int(self)


def mtu(value: Any) -> int:
    """Read bytes: a number, or its digits as text."""
    return _whole(value, MTU_RANGE, f"bytes from {MTU_RANGE.start} to {MTU_RANGE.stop - 1}")


def ready_timeout(value: Any) -> int:
    """Minutes that `pulumi up` waits for the gateway to answer; 0: it does not wait."""
    last = READY_MINUTES.stop - 1
    return _whole(value, READY_MINUTES, f"minutes from 0 (do not wait) to {last}")


def _whole(value: Any, allowed: range, words: str) -> int:
    digits = isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value)
    number = int(value) if digits else value
    # bool is an int to Python; "true" is not a size to anybody.
    if type(number) is int and number in allowed:
        return number
    meant = value.meant if isinstance(value, OddNumber) else None
    hint = f"; did you mean {meant}?" if meant in allowed else ""
    raise BadValue(f"{shown(value)} is not usable; expected whole {words}{hint}")
