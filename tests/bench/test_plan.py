"""What is measured: enough for every promise, and nothing twice."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from bench import plan
from bench.lines import DAY, LINES, Promise
from bench.plan import Comparison
from bench.records import Case
from bench.ways import WAYS
from lab.world.line import GATEWAY_AT, Line
from tests.bench.test_options import chosen
from tests.lab.live import ROOT

SETS = {"standard": plan.standard, "short": plan.short, "full": plan.full}
DEFAULTS = chosen()


def decides(comparisons: Sequence[Comparison], name: str, promise: Promise) -> bool:
    """Whether one comparison has both sides of it, so that they are measured in turn."""
    wanted = {promise.way} | ({promise.against} - {"limit", "median"})
    place = promise.gateway_at, promise.direction, promise.load
    return any(
        each.case.line == name
        and (each.case.gateway_at, each.case.direction, each.case.load) == place
        and (each.case.flows == 1 or each.case.is_page)
        and wanted <= set(each.ways)
        for each in comparisons
    )


def minutes(comparisons: Sequence[Comparison], repeats: int = DEFAULTS.repeats) -> float:
    return sum(each.estimate(DEFAULTS.seconds, repeats) for each in comparisons) / 60


@pytest.mark.parametrize("choose", [plan.standard, plan.full])
def test_every_promise_can_be_decided(choose: Callable[[], list[Comparison]]) -> None:
    comparisons = choose()
    undecided = [
        (name, promise)
        for name, line in LINES.items()
        for promise in line.promises
        if not decides(comparisons, name, promise)
    ]
    assert undecided == []


def test_the_short_set_decides_what_a_broken_split_misses() -> None:
    decided = {
        (name, promise.figure, promise.against, promise.direction)
        for name, line in LINES.items()
        for promise in line.promises
        if decides(plan.short(), name, promise)
    }
    assert decided == {
        ("lossy-1", "goodput_mbps", "forward", "down"),
        ("lossy-1", "goodput_mbps", "limit", "down"),
        ("lossy-1", "goodput_mbps", "forward-cubic", "down"),
        ("lossy-1", "load_time_s", "forward", "down"),
        ("clean", "goodput_mbps", "forward", "down"),
        ("clean", "goodput_mbps", "forward", "up"),
    }


@pytest.mark.parametrize("name", SETS)
def test_nothing_is_measured_twice(name: str) -> None:
    cells = [(each.case, way) for each in SETS[name]() for way in each.ways]
    assert len(cells) == len(set(cells))


@pytest.mark.parametrize("name", SETS)
def test_comparisons_are_what_their_line_says(name: str) -> None:
    for each in SETS[name]():
        assert set(each.ways) <= set(WAYS)
        assert each.case.gateway_at in GATEWAY_AT
        if each.case.is_page:
            flows = {"page": 6, "today": 17}[each.case.load]
            assert (each.case.flows, each.case.direction) == (flows, "down")
        if each.case.line == "day":
            assert each.case.hour
            assert each.line == DAY[each.case.hour]
        else:
            line = LINES[each.case.line]
            if each.case.load == "today":
                line = replace(line, uplink_loss=max(line.uplink_loss, min(line.loss, 1)))
            assert (each.line, each.neighbours) == (line, line.neighbours)


def test_how_long_it_takes() -> None:
    assert minutes(plan.standard()) < 8 * 60
    assert minutes(plan.short(), chosen("--short").repeats) < 9
    assert minutes(plan.full()) > 60 * 5, "which is why --help warns of it"


def compared(ways: tuple[str, ...], **case: str) -> Comparison:
    return Comparison(case=Case("clean", **case), line=LINES["clean"], ways=ways)  # type: ignore[arg-type]


def test_a_comparisons_estimate() -> None:
    two = compared(("direct", "forward"))
    assert two.estimate(10, 3) == 2 * 3 * (10 + plan.OVERHEAD)
    one_page = compared(("direct",), load="page")
    assert one_page.estimate(10, 1) == 7 * 3 + plan.OVERHEAD
    lossy = replace(one_page, line=LINES["lossy-3"])
    assert lossy.estimate(10, 1) == pytest.approx(7 * (3 + 3 * 1.3) + plan.OVERHEAD)
    hourly = compared(("direct",), hour="12:30")
    assert hourly.estimate(10, 3) == 10 + plan.OVERHEAD, "the hours are not repeated"
    both = replace(two, ways=("direct", "gateway-ikev2"), times=2)
    assert both.estimate(10, 1) == 2 * 2 * (10 + plan.OVERHEAD) + 3 * plan.DIALLING


def test_pages_have_a_95th_percentile() -> None:
    """Of at least twenty. Only the short set has fewer, because it is part of `make test`."""
    for each in plan.standard():
        pages = each.pages * len(each.rounds(DEFAULTS.repeats))
        assert pages >= 20 or not each.case.is_page, each.case


def test_ways_are_measured_there_and_back() -> None:
    two = compared(("direct", "forward"))
    there, back = ("direct", "forward"), ("forward", "direct")
    assert two.rounds(3) == [there, back, there]
    assert replace(two, times=2).rounds(2) == [there, back, there, back]
    hourly = compared(("direct", "forward"), hour="12:30")
    assert replace(hourly, times=2).rounds(3) == [there]


def test_full_is_everything_with_everything() -> None:
    comparisons = plan.full()
    cells = {
        (each.case.line, way, *each.case[1:5])
        for each in comparisons
        for way in each.ways
        if not each.case.hour
    }
    bulk = itertools.product(LINES, WAYS, GATEWAY_AT, [1, 6], ["down", "up"], ["bulk"])
    pages = itertools.product(LINES, WAYS, GATEWAY_AT, [6], ["down"], ["page"])
    today = itertools.product(LINES, WAYS, GATEWAY_AT, [17], ["down"], ["today"])
    browsers = itertools.product(LINES, WAYS, GATEWAY_AT, [1], ["down"], ["https"])
    assert cells == {*bulk, *pages, *today, *browsers}
    assert {each.case.hour for each in comparisons} == {None, *DAY}


def test_a_day_has_both_directions_of_every_hour() -> None:
    comparisons = plan.day()
    assert [(each.case.hour, each.case.direction) for each in comparisons] == list(
        itertools.product(DAY, ("down", "up"))
    )
    assert {each.ways for each in comparisons} == {("direct", "forward", "gateway-l2tp")}
    assert {each.case.line for each in comparisons} == {"day"}


def test_product_of_everything_asked_for() -> None:
    comparisons = plan.product(
        ["clean", "lossy-1"],
        ways=["direct"],
        gateway_at=["near", "far"],
        flows=[1, 6],
        directions=["down", "up"],
    )
    assert len(comparisons) == len(set(comparisons)) == 2 * 2 * 2 * 2
    assert {each.case[:4] for each in comparisons} == set(
        itertools.product(["clean", "lossy-1"], ["near", "far"], [1, 6], ["down", "up"])
    )


def test_a_page_is_loaded_once_whatever_the_flows() -> None:
    comparisons = plan.product(
        ["lossy-1"],
        ways=["direct"],
        flows=[1, 2, 9],
        directions=["up", "down"],
        loads=["page"],
    )
    assert [(each.case.flows, each.case.direction) for each in comparisons] == [(6, "down")]


def test_lines_of_ones_own_stand_beside_the_named() -> None:
    own = Line(rate=3, delay=9)
    comparisons = plan.product(["shared-50"], ways=["forward", "direct"], own_lines=[own])
    assert [(each.case.line, each.neighbours) for each in comparisons] == [
        ("shared-50", 8),
        ("rate=3,delay=9", 0),
    ]
    assert comparisons[1].line == own
    assert comparisons[1].ways == ("forward", "direct")
    assert plan.product([], ways=["direct"], own_lines=[own, own]) == plan.product(
        [], ways=["direct"], own_lines=[own]
    )


def test_two_lines_of_ones_own_are_told_apart_by_their_numbers() -> None:
    one = Line(rate=0.5, delay=25, loss=1.5, burst=75)
    assert str(one) == "rate=0.5,delay=25,loss=1.5,burst=75"
    names = {str(replace(one, loss=loss)) for loss in (0, 1, 2)}
    assert len(names) == 3


def test_the_documentation_has_every_line_and_way() -> None:
    text = (ROOT / "docs" / "benchmark.md").read_text(encoding="utf-8")
    for way in WAYS:
        assert f"| `{way}` |" in text, way
    for name, line in LINES.items():
        short = f"-{name.rpartition('-')[2]}"
        assert f"`{name}`" in text or f"`{short}`" in text, name
        assert f"{line.rate:g}" in text
