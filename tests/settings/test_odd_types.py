"""Whatever YAML or ``--path`` makes of a value: a line of its own, in the words of who reads it."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from settings import machine
from settings.guest import SettingsError, parse
from settings.machine import MACHINE_KEYS
from settings.places import FILE, MAKE
from settings.table import table
from settings.values import BadValue
from tests.cloud_init.strategies import MINIMAL

HUGE = 10**5000
"""Python refuses to write it down."""
LONG = 500
"""Characters; a line of a terminal has a fifth."""
ODD: list[Any] = [
    [], [7], [[7]], [None], [{}], [HUGE], [True],
    {}, {"a": 7}, {7: "a"}, {True: "a"}, {"a": {"b": {"c": "d"}}}, {"a": {7: None}}, {"a": ["b"]},
    {"a": HUGE}, {HUGE: "a"}, {"0": {"0": "a"}}, {("a", 7): "b"}, {"a": b"b"},
    0, -1, 1.5, HUGE, float("nan"), float("inf"), True, False, b"a", "\0", "x" * 5000,
    "my-login", "Standard_D1",
    datetime.date(2026, 11, 27),
]  # fmt: skip


def told(key: str, value: Any) -> list[str]:
    """What is wrong with it, as `make up` and a settings file tell it; nothing if it will do."""
    try:
        if key in MACHINE_KEYS:
            machine.read(key, value)
        else:
            for place in (MAKE, FILE):
                parse(MINIMAL | {key: value}, place)
    except BadValue as bad:
        return list(bad.faults)
    except SettingsError as error:
        return error.problems
    return []


@pytest.mark.parametrize("key", table())
def test_each_is_taken_or_refused_in_a_line_without_pulumis_command(key: str) -> None:
    lines = [line for value in ODD for line in told(key, value)]
    assert len(lines) > len(ODD) / 2
    assert [line for line in lines if "\n" in line or len(line) > LONG] == []
    assert [line for line in lines if "pulumi" in line] == [], "who came by make has none to hand"
