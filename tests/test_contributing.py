"""CONTRIBUTING.md names what is there, and all of it."""

from __future__ import annotations

import re

import pytest

from tests.test_linters import ROOMS, text_of, tracked

TEXT = text_of("CONTRIBUTING.md")
GUEST = "cloud_init/rootfs"


def section(title: str) -> str:
    return TEXT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(title: str) -> list[list[str]]:
    """The cells of a section's table, without its head."""
    lines = re.findall(r"^\| (.+) \|$", section(title), re.MULTILINE)
    return [line.split(" | ") for line in lines[1:]]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def is_there(place: str) -> bool:
    """A file or a folder of the repository, or of the guest if it begins with a slash."""
    names = [f"/{name}/" for name in tracked()]
    if place.startswith("/"):
        return any(name.startswith(f"/{GUEST}/") and f"{place}/" in name for name in names)
    return any(name.startswith(f"/{place}/") for name in names)


PLACES = [
    place
    for row in rows("Which change goes where")
    for place in quoted(" ".join(row[1:3]))
    if not place.startswith("make ")
]


def test_there_are_places() -> None:
    assert len(PLACES) > 30


@pytest.mark.parametrize("place", sorted(set(PLACES)))
def test_each_place_is_there(place: str) -> None:
    assert is_there(place)


def test_what_is_not_there_is_missed() -> None:
    assert is_there("/etc/nftables.conf")
    assert is_there("settings")
    assert not is_there("/etc/nftables.conf.d")
    assert not is_there("/settings")
    assert not is_there("setting")


def test_every_scenario_every_decision_and_every_room_of_tests_is_named() -> None:
    cells = " ".join(" ".join(row) for row in rows("Which change goes where"))
    scenarios = {name.split("/")[2] for name in tracked() if re.match(r"lab/scenarios/\w+/", name)}
    decisions = {name for name in tracked() if re.match(r"docs/adr/\d", name)}
    tests = {"/".join(name.split("/")[:2]) for name in tracked() if name.count("/") > 1}
    tests = {name for name in tests if name.startswith("tests/")}
    assert scenarios
    assert decisions
    assert {name for name in scenarios if f"`{name}`" not in cells} == set()
    assert {name for name in decisions if f"({name})" not in cells} == set()
    assert {name for name in tests if f"`{name}" not in cells} == set()


def test_no_scenario_is_invented() -> None:
    named = {name for row in rows("Which change goes where") for name in quoted(row[4])}
    assert {name for name in named if not is_there(f"lab/scenarios/{name}")} == set()


def test_every_room_is_in_the_house() -> None:
    assert [row[0].strip("`") for row in rows("The house")] == [*ROOMS, "tests"]


def test_every_target_of_make_is_one() -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", TEXT, re.MULTILINE)) <= targets
