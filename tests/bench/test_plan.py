"""What is measured: enough for every promise, and nothing twice."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from bench import plan
from bench.lines import DAY, SCENARIOS, Bar
from bench.plan import Group
from bench.ways import MODES
from lab.phones import page
from lab.world.links import PATHS, Link
from tests.bench.test_command import parse

SETS = {"standard": plan.standard, "short": plan.short, "full": plan.full}
DEFAULTS = parse()


def decides(groups: Sequence[Group], name: str, bar: Bar) -> bool:
    """Whether one group has both sides of it, so that they are measured in turn."""
    wanted = {bar.mode} | ({bar.against} - {"limit"})
    return any(
        group.scenario == name
        and (group.path, group.direction, group.load) == (bar.path, bar.direction, bar.load)
        and (group.flows == 1 or group.load == "page")
        and wanted <= set(group.modes)
        for group in groups
    )


def minutes(groups: Sequence[Group]) -> float:
    return sum(group.estimate(DEFAULTS.seconds, DEFAULTS.repeats) for group in groups) / 60


@pytest.mark.parametrize("choose", [plan.standard, plan.full])
def test_every_promise_can_be_decided(choose: Callable[[], list[Group]]) -> None:
    groups = choose()
    undecided = [
        (name, bar)
        for name, scenario in SCENARIOS.items()
        for bar in scenario.bars
        if not decides(groups, name, bar)
    ]
    assert undecided == []


def test_the_short_set_decides_what_a_broken_split_misses() -> None:
    decided = {
        (name, bar.figure, bar.against, bar.direction)
        for name, scenario in SCENARIOS.items()
        for bar in scenario.bars
        if decides(plan.short(), name, bar)
    }
    assert decided == {
        ("lossy-1", "goodput_mbps", "forward", "down"),
        ("lossy-1", "goodput_mbps", "limit", "down"),
        ("lossy-1", "goodput_mbps", "forward+cubic", "down"),
        ("lossy-1", "load_time_s", "forward", "down"),
        ("clean", "goodput_mbps", "forward", "down"),
        ("clean", "goodput_mbps", "forward", "up"),
    }


@pytest.mark.parametrize("name", SETS)
def test_nothing_is_measured_twice(name: str) -> None:
    groups = SETS[name]()
    cells = [
        (group.scenario, group.path, group.flows, group.direction, group.load, group.hour, mode)
        for group in groups
        for mode in group.modes
    ]
    assert len(cells) == len(set(cells))


@pytest.mark.parametrize("name", SETS)
def test_groups_are_what_their_scenario_says(name: str) -> None:
    for group in SETS[name]():
        assert set(group.modes) <= set(MODES)
        assert group.path in PATHS
        if group.load == "page":
            assert (group.flows, group.direction) == (6, "down")
        if group.scenario == "day":
            assert group.hour
            assert group.link == DAY[group.hour]
        else:
            scenario = SCENARIOS[group.scenario]
            assert (group.link, group.neighbours) == (scenario.link, scenario.neighbours)


def test_how_long_it_takes() -> None:
    assert minutes(plan.standard()) < 90
    assert minutes(plan.short()) < 15
    assert minutes(plan.full()) > 60 * 5, "which is why --help warns of it"


def test_a_groups_estimate() -> None:
    group = Group(scenario="clean", link=SCENARIOS["clean"].link, modes=("direct", "forward"))
    assert group.estimate(10, 3) == 2 * 3 * (10 + plan.OVERHEAD)
    one_page = Group(scenario="x", link=SCENARIOS["clean"].link, modes=("direct",), load="page")
    assert one_page.estimate(10, 1) == page.PAGES * plan.PAGE_SECONDS + plan.OVERHEAD
    hourly = Group(scenario="day", link=DAY["12:30"], modes=("direct",), hour="12:30")
    assert hourly.estimate(10, 3) == 10 + plan.OVERHEAD, "the hours are not repeated"
    both = replace(group, modes=("direct", "split+bbr+ikev2"), times=2)
    assert both.estimate(10, 1) == 2 * 2 * (10 + plan.OVERHEAD) + 3 * plan.DIALLING


def test_modes_are_measured_there_and_back() -> None:
    group = Group(scenario="x", link=SCENARIOS["clean"].link, modes=("direct", "forward"))
    there, back = ("direct", "forward"), ("forward", "direct")
    assert group.rounds(3) == [there, back, there]
    assert replace(group, times=2).rounds(2) == [there, back, there, back]
    assert replace(group, times=2, hour="12:30").rounds(3) == [there]


def test_full_is_everything_with_everything() -> None:
    groups = plan.full()
    cells = {
        (group.scenario, mode, group.path, group.flows, group.direction, group.load)
        for group in groups
        for mode in group.modes
        if not group.hour
    }
    bulk = itertools.product(SCENARIOS, MODES, PATHS, [1, 6], ["down", "up"], ["bulk"])
    pages = itertools.product(SCENARIOS, MODES, PATHS, [6], ["down"], ["page"])
    browsers = itertools.product(SCENARIOS, MODES, PATHS, [1], ["down"], ["https"])
    assert cells == {*bulk, *pages, *browsers}
    assert {group.hour for group in groups} == {None, *DAY}


def test_a_day_has_both_directions_of_every_hour() -> None:
    groups = plan.day()
    assert [(group.hour, group.direction) for group in groups] == list(
        itertools.product(DAY, ("down", "up"))
    )
    assert {group.modes for group in groups} == {("direct", "forward", "split+bbr")}
    assert {group.scenario for group in groups} == {"day"}


def test_product_of_everything_asked_for() -> None:
    groups = plan.product(
        ["clean", "lossy-1"],
        modes=["direct"],
        paths=["near", "far"],
        flows=[1, 6],
        directions=["down", "up"],
    )
    assert len(groups) == len(set(groups)) == 2 * 2 * 2 * 2
    assert {(group.scenario, group.path, group.flows, group.direction) for group in groups} == set(
        itertools.product(["clean", "lossy-1"], ["near", "far"], [1, 6], ["down", "up"])
    )


def test_a_page_is_loaded_once_whatever_the_flows() -> None:
    groups = plan.product(
        ["lossy-1"],
        modes=["direct"],
        flows=[1, 2, 9],
        directions=["up", "down"],
        loads=["page"],
    )
    assert [(group.flows, group.direction) for group in groups] == [(6, "down")]


def test_links_of_ones_own_stand_beside_the_named() -> None:
    own = Link(rate=3, delay=9)
    groups = plan.product(["shared-50"], modes=["forward", "direct"], links=[own])
    assert [(group.scenario, group.neighbours) for group in groups] == [
        ("shared-50", 8),
        ("own", 0),
    ]
    assert groups[1].link == own
    assert groups[1].modes == ("forward", "direct")
    assert plan.product([], modes=["direct"], links=[own, own]) == plan.product(
        [], modes=["direct"], links=[own]
    )
