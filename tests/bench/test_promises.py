"""Whether a promise was kept: each sense, and what may stand on the other side."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pytest

from bench import promises
from bench.figures import collect
from bench.lines import LINES, Promise
from bench.plan import FLOWS, Comparison, short, standard
from bench.promises import Judged
from bench.records import Case, Record
from tests.bench.made_up import record

LIMIT = 8.72
# Figures that meet every promise exactly, per line: to be multiplied with another's.
FACTORS = {"lossy-1": 7, "lossy-3": 12, "severe-3": 15, "severe-10": 15, "lossy-0.3": 1}
FACTORS |= {"bursty-1": 4, "bursty-3": 4}


def row(way: str, line: str = "lossy-1", **told: Any) -> Record:
    seen = {key: value for key, value in told.items() if value is not None}
    if seen.get("load") in ("page", "today"):
        seen["flows"] = FLOWS[seen["load"]]
    if "goodput_mbps" in told and told["goodput_mbps"] is None:
        seen["goodput_mbps"] = None
    return record(way, line, **{"limit_mbps": LIMIT, **seen})


def judge(records: Sequence[Record], generous: bool = False) -> list[Judged]:
    return promises.judge(collect(records), generous)


def judged(records: Sequence[Record], part: str, generous: bool = False) -> Judged:
    """The one whose name and sense contain these words."""
    (found,) = (each for each in judge(records, generous) if part in f"{each.name} {each.promised}")
    return found


def pair(mine: float | None, other: float | None) -> list[Record]:
    return [row("gateway-l2tp", goodput_mbps=mine), row("forward", goodput_mbps=other)]


@pytest.mark.parametrize(("mine", "kept"), [(7.0, True), (6.99, False), (8.5, True)])
def test_at_least_so_many_times_another_way(mine: float, kept: bool) -> None:
    found = judged(pair(mine, 1.0), "to forward at least")
    assert found.kept is kept
    assert found.value == mine
    assert found.promised == "at least 7"
    assert "lossy-1, far, down, bulk: goodput_mbps of gateway-l2tp" in found.name


@pytest.mark.parametrize(("reached", "kept"), [(0.951, True), (0.949, False)])
def test_a_part_of_the_limit_needs_no_other_way(reached: float, kept: bool) -> None:
    found = judge([row("gateway-l2tp", goodput_mbps=LIMIT * reached)])
    assert [(each.kept, each.promised, each.value) for each in found] == [
        (kept, "at least 0.95", reached)
    ]


@pytest.mark.parametrize(("p95", "kept"), [(250.0, True), (251.0, False), (90.0, True)])
def test_at_most_a_part_of_another_way(p95: float, kept: bool) -> None:
    records = [
        row("gateway-l2tp", "shaped", rtts_ms=[p95]),
        row("direct", "shaped", rtts_ms=[500.0]),
    ]
    assert judged(records, "to direct at most").kept is kept


@pytest.mark.parametrize(
    ("bbr", "low", "high"),
    [(1.0, True, True), (0.9, True, True), (1.1, True, True), (0.89, False, True), (1.11, True, 0)],
)
def test_the_null_test_has_two_ends(bbr: float, low: bool, high: bool) -> None:
    records = [row("forward", goodput_mbps=bbr), row("forward-cubic", goodput_mbps=1.0)]
    assert judged(records, "to forward-cubic at least").kept is low
    assert judged(records, "to forward-cubic at most").kept is bool(high)


def shared(mine: list[float] | None, other: list[float] | None) -> list[Record]:
    return [
        row("gateway-l2tp", "shared-50", neighbours_mbps=mine),
        row("gateway-cubic", "shared-50", neighbours_mbps=other),
    ]


@pytest.mark.parametrize(
    ("mine", "value", "kept"),
    [
        ([1.0, 2.0, 3.0], 0.5, True),
        ([0.98, 4.0, 6.0], 0.49, False),  # the medians are the same; the poorest pays
        ([2.0, 4.0, 2.9], 0.483, False),
    ],
)
def test_no_neighbour_may_lose_half(mine: list[float], value: float, kept: bool) -> None:
    found = judged(shared(mine, [2.0, 4.0, 6.0]), "neighbours")
    assert (found.value, found.kept) == (value, kept)
    assert "medians" in found.detail


@pytest.mark.parametrize(
    ("mine", "other"),
    [(None, [1.0]), ([1.0], None), (None, None), ([1.0], [1.0, 2.0]), ([1.0], [0.0]), ([], [])],
)
def test_neighbours_that_cannot_be_compared(
    mine: list[float] | None, other: list[float] | None
) -> None:
    found = judged(shared(mine, other), "neighbours")
    assert (found.value, found.kept) == (None, False)


def test_a_neighbour_that_had_nothing_before_has_lost_nothing() -> None:
    found = judged(shared([1.0, 2.0], [0.0, 2.0]), "neighbours")
    assert (found.value, found.kept) == (1.0, True)


def test_ways_that_are_missing_decide_nothing() -> None:
    assert judge([]) == []
    assert judge([row("forward", goodput_mbps=1.0)]) == []
    others: list[dict[str, Any]] = [
        {"flows": 6},
        {"gateway_at": "near"},
        {"direction": "up"},
        {"line": "day", "hour": "12:15"},
        {"line": "rate=1,delay=1"},
    ]
    for other in others:
        records = [row(way, **other, goodput_mbps=1.0) for way in ("gateway-l2tp", "forward")]
        assert judge(records) == [], other


@pytest.mark.parametrize(("mine", "other"), [(None, 1.0), (8.0, None), (None, None)])
def test_what_was_not_measured_is_missed(mine: float | None, other: float | None) -> None:
    found = judged(pair(mine, other), "to forward")
    assert (found.value, found.kept) == (None, False)
    assert found.detail == "not measured"


def test_nothing_to_compare_with_is_no_pass_and_is_json() -> None:
    found = judged(pair(8.0, 0.0), "to forward")
    assert (found.value, found.kept) == (None, False)
    assert "8 to 0" in found.detail
    json.dumps(asdict(found), allow_nan=False)


def test_what_could_not_be_carried_counts_as_nothing() -> None:
    """Of three repeats one without any goodput; the median stands, the pairs show it."""
    records = [
        record(way, seed=seed, goodput_mbps=goodput, limit_mbps=LIMIT)
        for way, goodputs in (("gateway-l2tp", (8.0, 0.0, 8.0)), ("forward", (1.0, 1.0, 1.0)))
        for seed, goodput in enumerate(goodputs)
    ]
    found = judged(records, "to forward")
    assert found.value == 8.0
    assert "by 3 pairs, 0 to 8" in found.detail


def test_pages_are_judged_whatever_their_flows() -> None:
    pages = [
        row(way, load="page", flows=6, load_time_s=time, load_time_limit_s=2.5)
        for way, time in (("gateway-l2tp", 3.0), ("forward", 5.0))
    ]
    found = judged(pages, "load_time_s")
    assert (found.value, found.kept) == (0.6, True)
    assert found.detail == "3 to 5; 0.6 by 1 pair, 0.6 to 0.6; the line allows 2.5"


def number(promised: str) -> float:
    return float(promised.rpartition(" ")[2])


def test_generous_promises_are_looser_and_not_for_nothing() -> None:
    everything = [as_measured(each, way, 1) for each in standard() for way in each.ways]
    strict, loose = (judge(everything, generous) for generous in (False, True))
    assert [each.name for each in strict] == [each.name for each in loose]
    for tight, wide in zip(strict, loose, strict=True):
        low = tight.promised.startswith("at least")
        factor = promises.GENEROUS if low else 1 / promises.GENEROUS
        assert number(wide.promised) == pytest.approx(factor * number(tight.promised), abs=0.001)


def as_measured(comparison: Comparison, way: str, factor: float) -> Record:
    """A record with all figures; `factor` is what the split gains on forwarding."""
    splits = way in ("gateway-l2tp", "gateway-ikev2")
    gains = factor if splits or way == "shadowsocks" else 1
    return row(
        way,
        **comparison.case._asdict(),
        goodput_mbps=gains,
        limit_mbps=gains,
        rtts_ms=[100.0 if splits else 200.0],
        load_time_s=3.0 if splits else 10.0,
        page_times_s=[3.0, 4.2] if splits else [10.0],
        neighbours_mbps=[0.5, 1.0] if splits else [1.0, 2.0],
    )


PROMISES = [(name, each) for name, line in LINES.items() for each in line.promises]


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize(
    ("name", "promise"), PROMISES, ids=lambda part: getattr(part, "against", part)
)
def test_at_the_promise_and_a_hair_beside_it(name: str, promise: Promise, inside: bool) -> None:
    place: Any = {
        "gateway_at": promise.gateway_at,
        "direction": promise.direction,
        "load": promise.load,
    }
    lists = {"rtt_p95_ms": "rtts_ms", "load_time_p95_s": "page_times_s"}
    key = lists.get(promise.figure, promise.figure)
    hair = 0 if inside else 0.002
    for end in (promise.at_least - hair, promise.at_most + hair):
        if not 0 < end < float("inf"):
            continue
        listed = {"rtts_ms": [2 * end], "page_times_s": [0.1, 2 * end]}
        mine: Any = {"neighbours_mbps": [2 * end, 9.0], **listed}.get(key, 2 * end)
        other: Any = {"neighbours_mbps": [2.0, 2.0], "rtts_ms": [2.0]}.get(key, 2.0)
        its_own = {"limit_mbps": 2.0} | ({"load_time_s": 2.0} if key == "page_times_s" else {})
        records = [row(promise.way, name, **place, **its_own, **{key: mine})]
        if promise.against not in promises.ITS_OWN:
            records.append(row(promise.against, name, **place, **{key: other}))
        where = f"{name}, {promise.gateway_at}, {promise.direction}, {promise.load}"
        named = f"{where}: {promise.figure} of {promise.way} to {promise.against}"
        found = [each.kept for each in judge(records) if each.name == named]
        assert found
        assert all(found) is inside


def test_what_meets_every_promise_keeps_them_all() -> None:
    records = [
        as_measured(each, way, FACTORS.get(each.case.line, 1))
        for each in standard()
        for way in each.ways
    ]
    found = judge(records)
    assert [each.name for each in found if not each.kept] == []
    assert len(found) == sum((each.at_least > 0) + (each.at_most < 1e9) for _, each in PROMISES)


@pytest.mark.parametrize("generous", [False, True])
def test_a_broken_split_misses_the_short_set(generous: bool) -> None:
    """It forwards: what it gets is what forwarding gets."""
    forward: dict[str, Any] = {"goodput_mbps": 1.1, "load_time_s": 19.0, "rtts_ms": [230.0]}
    records = [
        row(way, **each.case._asdict(), **forward)
        for each, way in itertools.chain.from_iterable(
            ((each, way) for way in each.ways) for each in short()
        )
    ]
    missed = {each.name for each in judge(records, generous) if not each.kept}
    start = "lossy-1, far, down,"
    page = f"{start} page: load_time_s of gateway-l2tp to forward"
    assert missed >= {
        f"{start} bulk: goodput_mbps of gateway-l2tp to forward",
        f"{start} bulk: goodput_mbps of gateway-l2tp to limit",
    }
    assert (page in missed) is not generous, "a page no slower is no harm (promises.GENEROUS)"


def test_a_promise_says_where_it_belongs() -> None:
    found = judged(pair(8.0, 1.0), "to forward")
    assert (found.case, found.figure) == (Case("lossy-1"), "goodput_mbps")
    assert (found.way, found.against) == ("gateway-l2tp", "forward")
