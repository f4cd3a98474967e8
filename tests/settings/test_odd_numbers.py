"""Numbers that YAML 1.1 reads otherwise than people do are refused, and say what they are."""

from __future__ import annotations

from typing import Any

import pytest

from settings.amounts import OddNumber, mtu, ready_timeout
from settings.azure_values import shutdown_time
from settings.loader import loaded
from settings.tags import tags
from settings.values import BadValue


@pytest.mark.parametrize(
    ("check", "written", "line"),
    [
        (
            mtu,
            "01400",
            "01400 (768 to YAML: a 0 in front is octal) is not usable; expected whole bytes from"
            " 576 to 1410; did you mean 1400?",
        ),
        (
            mtu,
            "21:20",
            "21:20 (1280 to YAML: a colon is base 60) is not usable; expected whole bytes from 576"
            " to 1410; did you mean 1280?",
        ),
        (
            mtu,
            "0100",
            "0100 (64 to YAML: a 0 in front is octal) is not usable; expected ",
        ),
        (mtu, "0" * 9999, "0 is not usable; "),
        (ready_timeout, "00", "00 (0 to YAML: a 0 in front is octal) is not usable; "),
        (ready_timeout, "010", "010 (8 to YAML: a 0 in front is octal) is not usable; "),
        (
            ready_timeout,
            "1:30",
            "1:30 (90 to YAML: a colon is base 60) is not usable; expected whole minutes from 0 (do"
            " not wait) to 120; did you mean 90?",
        ),
        (ready_timeout, "9:30", "9:30 (570 to YAML: a colon is base 60) is not usable; "),
        (
            shutdown_time,
            "13:30",
            "13:30 (810 to YAML: a colon is base 60) is not a time of day; expected hours and"
            ' minutes in quotes, such as "13:30"; did you mean "13:30"?',
        ),
        (shutdown_time, "22:10:00", "22:10:00 (79800 to YAML: a colon is base 60) is not a time "),
        (shutdown_time, "0730", "0730 (472 to YAML: a 0 in front is octal) is not a time of day;"),
    ],
)
def test_they_are_shown_as_they_were_written(check: Any, written: str, line: str) -> None:
    with pytest.raises(BadValue) as refused:
        check(loaded(written))
    assert str(refused.value).startswith(line)


@pytest.mark.parametrize(("check", "written"), [(mtu, "0100"), (ready_timeout, "9:30")])
def test_no_number_is_meant_that_would_be_refused(check: Any, written: str) -> None:
    with pytest.raises(BadValue) as refused:
        check(loaded(written))
    assert "did you mean" not in str(refused.value)


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        (1330, "13:30"), (930, "09:30"), (810, "08:10"), (5, "00:05"), (0, "00:00"),
        (loaded("0730"), "07:30"), (loaded("9:05"), "09:05"), (loaded("22:10:00"), "22:10"),
        (1375, ""), (2400, ""), (-5, ""), (True, ""), (loaded("25:10"), ""), (13.3, ""),
    ],
)  # fmt: skip
def test_the_time_of_day_that_was_meant(value: object, meant: str) -> None:
    with pytest.raises(BadValue) as refused:
        shutdown_time(value)
    assert str(refused.value).partition("; did you mean ")[2] == (f'"{meant}"?' if meant else "")


@pytest.mark.parametrize("written", ["1400", "0", "1_400", "0x578", "+1400", "0b11"])
def test_other_numbers_are_what_they_look_like(written: str) -> None:
    assert type(loaded(written)) is int


def test_a_tag_is_what_was_written() -> None:
    assert tags({"cost": OddNumber(8, "010")}) == {"cost": "010"}
