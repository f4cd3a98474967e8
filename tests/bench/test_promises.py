"""Whether a promise was kept: each sense, and what may stand on the other side."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import Any

import pytest

from bench import promises
from bench.lines import SCENARIOS, Bar
from bench.plan import Group, short, standard
from bench.records import Promise, Row
from tests.bench.rows import EMPTY

LIMIT = 8.72
# Figures that meet every promise exactly, per scenario: to be multiplied with another's.
FACTORS = {"lossy-1": 7, "lossy-3": 12, "severe-3": 15, "severe-10": 15, "lossy-0.3": 1}


def row(mode: str, scenario: str = "lossy-1", **figures: Any) -> Row:
    made: Any = {**EMPTY, "scenario": scenario, "mode": mode, "limit_mbps": LIMIT, **figures}
    result: Row = made
    return result


def judged(rows: Sequence[Row], part: str, generous: bool = False) -> Promise:
    """The one verdict whose name and sense contain these words."""
    verdicts = promises.judge(rows, generous)
    (found,) = (each for each in verdicts if part in f"{each['name']} {each['sense']}")
    return found


def pair(mine: float | None, other: float | None) -> list[Row]:
    return [row("split+bbr", goodput_mbps=mine), row("forward", goodput_mbps=other)]


@pytest.mark.parametrize(("mine", "ok"), [(7.0, True), (6.99, False), (8.5, True)])
def test_at_least_so_many_times_another_mode(mine: float, ok: bool) -> None:
    verdict = judged(pair(mine, 1.0), "to forward at least")
    assert verdict["ok"] is ok
    assert verdict["value"] == mine
    assert verdict["bar"] == 7
    assert "lossy-1, far, down, bulk: goodput_mbps of split+bbr" in verdict["name"]


@pytest.mark.parametrize(("share", "ok"), [(0.951, True), (0.949, False)])
def test_a_share_of_the_limit_needs_no_other_row(share: float, ok: bool) -> None:
    verdicts = promises.judge([row("split+bbr", goodput_mbps=LIMIT * share)])
    assert [(each["ok"], each["bar"], each["value"]) for each in verdicts] == [(ok, 0.95, share)]


@pytest.mark.parametrize(("p95", "ok"), [(250, True), (251, False), (90, True)])
def test_at_most_a_part_of_another_mode(p95: float, ok: bool) -> None:
    rows = [row("split+bbr", "shaped", rtt_p95_ms=p95), row("direct", "shaped", rtt_p95_ms=500)]
    assert judged(rows, "to direct at most")["ok"] is ok


@pytest.mark.parametrize(
    ("bbr", "low", "high"),
    [(1.0, True, True), (0.9, True, True), (1.1, True, True), (0.89, False, True), (1.11, True, 0)],
)
def test_the_null_test_has_two_ends(bbr: float, low: bool, high: bool) -> None:
    rows = [row("forward", goodput_mbps=bbr), row("forward+cubic", goodput_mbps=1.0)]
    assert judged(rows, "to forward+cubic at least")["ok"] is low
    assert judged(rows, "to forward+cubic at most")["ok"] is bool(high)


def shared(mine: list[float] | None, other: list[float] | None) -> list[Row]:
    return [
        row("split+bbr", "shared-50", neighbours_mbps=mine),
        row("split+cubic", "shared-50", neighbours_mbps=other),
    ]


@pytest.mark.parametrize(
    ("mine", "value", "ok"),
    [
        ([1.0, 2.0, 3.0], 0.5, True),
        ([0.98, 4.0, 6.0], 0.49, False),  # the medians are the same; the poorest pays
        ([2.0, 4.0, 2.9], 0.483, False),
    ],
)
def test_no_neighbour_may_lose_half(mine: list[float], value: float, ok: bool) -> None:
    verdict = judged(shared(mine, [2.0, 4.0, 6.0]), "neighbours")
    assert (verdict["value"], verdict["ok"]) == (value, ok)
    assert "medians" in verdict["detail"]


@pytest.mark.parametrize(
    ("mine", "other"),
    [(None, [1.0]), ([1.0], None), (None, None), ([1.0], [1.0, 2.0]), ([1.0], [0.0])],
)
def test_neighbours_that_cannot_be_compared(
    mine: list[float] | None, other: list[float] | None
) -> None:
    verdict = judged(shared(mine, other), "neighbours")
    assert (verdict["value"], verdict["ok"]) == (None, False)


def test_a_neighbour_that_had_nothing_before_has_lost_nothing() -> None:
    verdict = judged(shared([1.0, 2.0], [0.0, 2.0]), "neighbours")
    assert (verdict["value"], verdict["ok"]) == (1.0, True)


def test_rows_that_are_missing_decide_nothing() -> None:
    assert promises.judge([]) == []
    assert promises.judge([row("forward", goodput_mbps=1.0)]) == []
    others: list[dict[str, Any]] = [
        {"flows": 6},
        {"path": "near"},
        {"direction": "up"},
        {"scenario": "day", "hour": "12:15"},
        {"scenario": "own"},
    ]
    for other in others:
        rows = [row(mode, **{**other, "goodput_mbps": 1.0}) for mode in ("split+bbr", "forward")]
        assert promises.judge(rows) == [], other


@pytest.mark.parametrize(("mine", "other"), [(None, 1.0), (8.0, None), (None, None)])
def test_what_was_not_measured_is_missed(mine: float | None, other: float | None) -> None:
    verdict = judged(pair(mine, other), "to forward")
    assert (verdict["value"], verdict["ok"]) == (None, False)
    assert verdict["detail"] == "not measured"


def test_nothing_to_compare_with_is_no_pass_and_is_json() -> None:
    verdict = judged(pair(8.0, 0.0), "to forward")
    assert (verdict["value"], verdict["ok"]) == (None, False)
    assert "8 to 0" in verdict["detail"]
    json.dumps(verdict, allow_nan=False)


def test_pages_are_judged_whatever_their_flows() -> None:
    pages = [
        row(mode, load="page", flows=6, load_time_s=time, load_time_limit_s=2.5)
        for mode, time in (("split+bbr", 3.0), ("forward", 5.0))
    ]
    verdict = judged(pages, "load_time_s")
    assert (verdict["value"], verdict["ok"]) == (0.6, True)
    assert verdict["detail"] == "3 to 5; the line allows 2.5"


def test_generous_bars_are_looser_and_not_for_nothing() -> None:
    everything = [as_measured(group, mode, 1) for group in standard() for mode in group.modes]
    strict, loose = (promises.judge(everything, generous) for generous in (False, True))
    assert [each["name"] for each in strict] == [each["name"] for each in loose]
    for tight, wide in zip(strict, loose, strict=True):
        factor = promises.GENEROUS if tight["sense"] == "at least" else 1 / promises.GENEROUS
        assert wide["bar"] == pytest.approx(factor * tight["bar"], abs=0.001)


def as_measured(group: Group, mode: str, factor: float) -> Row:
    """A row with all figures; `factor` is what the split gains on forwarding."""
    splits = mode in ("split+bbr", "split+bbr+ikev2")
    gains = factor if splits or mode == "shadowsocks" else 1
    return row(
        mode,
        group.scenario,
        path=group.path,
        direction=group.direction,
        load=group.load,
        flows=group.flows,
        hour=group.hour,
        goodput_mbps=gains,
        limit_mbps=gains,
        rtt_p95_ms=100.0 if splits else 200.0,
        load_time_s=6.0 if splits else 10.0,
        neighbours_mbps=[0.5, 1.0] if splits else [1.0, 2.0],
    )


BARS = [(name, bar) for name, scenario in SCENARIOS.items() for bar in scenario.bars]


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize(("name", "bar"), BARS, ids=lambda part: getattr(part, "against", part))
def test_at_the_bar_and_a_hair_beside_it(name: str, bar: Bar, inside: bool) -> None:
    place: Any = {"path": bar.path, "direction": bar.direction, "load": bar.load}
    hair = 0 if inside else 0.002
    for end in (bar.at_least - hair, bar.at_most + hair):
        if not 0 < end < float("inf"):
            continue
        mine: Any = [2 * end, 9.0] if bar.figure == "neighbours_mbps" else 2 * end
        other: Any = [2.0, 2.0] if bar.figure == "neighbours_mbps" else 2.0
        rows = [row(bar.mode, name, **place, limit_mbps=2.0, **{bar.figure: mine})]
        if bar.against != "limit":
            rows.append(row(bar.against, name, **place, **{bar.figure: other}))
        named = f"{name}, {bar.path}, {bar.direction}, {bar.load}: {bar.figure} of {bar.mode}"
        verdicts = [
            each["ok"]
            for each in promises.judge(rows)
            if each["name"] == f"{named} to {bar.against}"
        ]
        assert verdicts
        assert all(verdicts) is inside


def test_what_meets_every_bar_passes_them_all() -> None:
    rows = [
        as_measured(group, mode, FACTORS.get(group.scenario, 1))
        for group in standard()
        for mode in group.modes
    ]
    verdicts = promises.judge(rows)
    assert [each["name"] for each in verdicts if not each["ok"]] == []
    assert len(verdicts) == sum((bar.at_least > 0) + (bar.at_most < 1e9) for _, bar in BARS)


@pytest.mark.parametrize("generous", [False, True])
@pytest.mark.parametrize(
    "forward", [{"goodput_mbps": 1.1, "load_time_s": 19.0, "rtt_p95_ms": 230.0}]
)
def test_a_broken_split_misses_the_short_set(forward: dict[str, float], generous: bool) -> None:
    """It forwards: what it gets is what forwarding gets."""
    rows = [
        row(
            mode,
            group.scenario,
            direction=group.direction,
            load=group.load,
            flows=group.flows,
            **forward,
        )
        for group, mode in itertools.chain.from_iterable(
            ((group, mode) for mode in group.modes) for group in short()
        )
    ]
    missed = {each["name"] for each in promises.judge(rows, generous) if not each["ok"]}
    start = "lossy-1, far, down,"
    page = f"{start} page: load_time_s of split+bbr to forward"
    assert missed >= {
        f"{start} bulk: goodput_mbps of split+bbr to forward",
        f"{start} bulk: goodput_mbps of split+bbr to limit",
    }
    assert (page in missed) is not generous, "a page no slower is no harm (promises.GENEROUS)"
