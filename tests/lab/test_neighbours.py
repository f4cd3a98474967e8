"""Neighbours download beside a load, and no longer."""

from __future__ import annotations

import pytest

from lab.machines.expectations import ExpectationFailed
from lab.phones.neighbours import downloading
from lab.phones.phone import Phone
from tests.lab.machines import Pretender


def test_they_end_with_a_load_that_failed() -> None:
    """Else the next measurement could not start its own, and would be taken for one that got
    nothing through."""
    world = Pretender()
    with (
        pytest.raises(ExpectationFailed, match="nothing arrived"),
        downloading(Phone(world, "192.0.2.1"), 2, 10, 4),
    ):
        raise ExpectationFailed("nothing arrived")
    assert any("stop neighbours" in command for command in world.commands)
