"""The closed list of time zones, and how somebody who missed it finds his."""

from __future__ import annotations

import re

import pytest

from settings.azure_values import time_zone
from settings.time_zones import PLACES
from settings.values import BadValue


def test_windows_names_are_taken_and_written_as_windows_does() -> None:
    assert len(PLACES) > 130
    for name in PLACES:
        assert time_zone(name) == name
        assert time_zone(name.lower()) == name


def test_each_has_a_place_of_its_own() -> None:
    """A slip in the table would show: a place looks like IANA's, and no two zones share one."""
    assert all(re.fullmatch(r"[A-Z][A-Za-z]+/[A-Z][A-Za-z_+0-9-]+", at) for at in PLACES.values())
    assert len(set(PLACES.values())) == len(PLACES)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Tokyo", "Tokyo Standard Time"),
        ("Asia/Tokyo", "Tokyo Standard Time"),
        ("Europe/Berlin", "W. Europe Standard Time"),
        ("america/new_york", "Eastern Standard Time"),
        ("Tokio Standard Time", "Tokyo Standard Time"),
        ("Eastern Standard", "Eastern Standard Time"),
        ("Pacific Daylight Time", "Pacific Standard Time"),
        ("GMT", "GMT Standard Time"),
        ("Korea", "Korea Standard Time"),
    ],
)
def test_what_was_meant_is_named_and_can_be_pasted(written: str, meant: str) -> None:
    with pytest.raises(BadValue, match="not one of Windows' names") as refused:
        time_zone(written)
    assert f"expected {meant}" in str(refused.value)
    (line,) = refused.value.in_stack
    pasted = re.search("pulumi config set shutdownTimeZone '([^']+)'", line)
    assert pasted is not None
    assert time_zone(pasted[1]) == meant


@pytest.mark.parametrize(
    "written", ["JST", "Japan Standard Time", "UTC+9", "+09:00", "Standard Time", "x" * 5000]
)
def test_no_zone_is_guessed_from_nothing(written: str) -> None:
    with pytest.raises(BadValue, match="expected one such as Tokyo Standard Time or UTC"):
        time_zone(written)
