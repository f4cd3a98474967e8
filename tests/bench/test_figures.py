"""What becomes of the repeats: medians, spreads, ratios by pairs of the same losses."""

from __future__ import annotations

from typing import Any

import pytest

from bench.figures import FIGURES, Measured, collect, median, percentile, ratio, summary
from bench.records import Case, Record
from tests.bench.made_up import record


def measured(way: str, goodputs: dict[int, float], **others: Any) -> Measured:
    records = [record(way, seed=seed, goodput_mbps=each) for seed, each in goodputs.items()]
    (ways,) = collect(records).values()
    return ways[way]


def test_a_row_is_the_median_and_the_spread_of_its_repeats() -> None:
    records = [
        record(seed=seed, goodput_mbps=goodput, rtts_ms=rtts, retransmit_pct=1.0)
        for seed, goodput, rtts in ((1, 8.0, [30.0, 10.0, 20.0]), (2, 6.0, [50.0]), (3, 7.0, []))
    ]
    (row,) = summary(collect(records))
    assert (row["line"], row["way"], row["repeats"]) == ("lossy-1", "gateway-l2tp", 3)
    assert (row["goodput_mbps"], row["spread"], row["limit_mbps"]) == (7.0, [6.0, 8.0], 9.5)
    assert row["rtt_p50_ms"] == 35.0, "of 20 and 50; a repeat without a ping says nothing"
    assert row["rtt_p95_ms"] == 40.0
    assert (row["retransmit_pct"], row["load_time_s"], row["load_time_spread"]) == (1, None, None)


def test_what_one_page_in_twenty_exceeds_is_of_all_repeats_together() -> None:
    times = {1: [1.0] * 7, 2: [2.0] * 7, 3: [3.0] * 5 + [8.0, 9.0]}
    records = [record(seed=seed, load="today", page_times_s=each) for seed, each in times.items()]
    (row,) = summary(collect(records))
    assert row["load_time_p95_s"] == 8.0, "the 20th of 21, and no median of three 95th percentiles"
    (ways,) = collect(records).values()
    assert ways["gateway-l2tp"].values("load_time_p95_s") == {1: 1.0, 2: 2.0, 3: 9.0}


def test_neighbours_are_summed_up_place_by_place() -> None:
    lists = [[1.0, 4.0], [3.0, 6.0], [2.0, 5.0], [9.0]]
    records = [record(seed=seed, neighbours_mbps=each) for seed, each in enumerate(lists)]
    (row,) = summary(collect(records))
    assert row["neighbours_mbps"] == [2.0, 5.0]


def test_repeats_come_together_in_the_order_they_were_first_seen() -> None:
    records: list[Record] = [
        record(way, line, seed)
        for seed in (1, 2)
        for line in ("shaped", "clean")
        for way in ("forward", "direct")
    ]
    found = collect(records)
    assert list(found) == [Case("shaped"), Case("clean")]
    assert list(found[Case("clean")]) == ["forward", "direct"]
    assert all(len(each.records) == 2 for ways in found.values() for each in ways.values())


def test_pairs_are_of_the_same_losses() -> None:
    """Each pair says the same, though the medians do not."""
    mine, other = (
        measured("forward", {1: 2.0, 2: 8.0, 3: 6.0}),
        measured("direct", {3: 3.0, 1: 1.0}),
    )
    found = ratio(mine, other, "goodput_mbps")
    assert found.pairs == (2.0, 2.0)
    assert found.medians == 3.0
    assert (found.value, found.by) == (2.0, "by 2 pairs, 2 to 2")
    assert found.detail == "6 to 2"


def test_without_a_common_seed_the_medians_are_set_against_each_other() -> None:
    mine, other = measured("forward", {1: 2.0, 2: 4.0}), measured("direct", {3: 6.0})
    found = ratio(mine, other, "goodput_mbps")
    assert (found.pairs, found.value, found.by) == ((), 0.5, "of medians")


def test_a_pair_without_anything_on_the_other_side_is_none() -> None:
    mine, other = measured("forward", {1: 2.0, 2: 4.0}), measured("direct", {1: 0.0, 2: 2.0})
    found = ratio(mine, other, "goodput_mbps")
    assert (found.pairs, found.by) == ((2.0,), "by 1 pair, 2 to 2")


def test_spread_of_the_pairs() -> None:
    mine = measured("forward", {1: 1.0, 2: 3.0, 3: 2.0})
    found = ratio(mine, measured("direct", dict.fromkeys((1, 2, 3), 2.0)), "goodput_mbps")
    assert (found.value, found.by) == (1.0, "by 3 pairs, 0.5 to 1.5")


def test_every_figure_has_a_name_for_readers() -> None:
    labels = [figure.label for figure in FIGURES.values()]
    assert len(set(labels)) == len(labels)
    assert all(labels)


@pytest.mark.parametrize(
    ("values", "part", "expected"),
    [
        ([], 0.5, None),
        ([7.0], 0.5, 7.0),
        ([7.0], 0.95, 7.0),
        ([1.0, 2.0], 0.5, 1.0),
        ([1.0, 2.0, 3.0], 0.5, 2.0),
        ([float(n) for n in range(1, 101)], 0.95, 95.0),
        ([float(n) for n in range(1, 21)], 0.95, 19.0),
        ([float(n) for n in range(1, 11)], 1.0, 10.0),
        ([float(n) for n in range(1, 11)], 0.0, 1.0),
    ],
)
def test_percentile_by_nearest_rank(
    values: list[float], part: float, expected: float | None
) -> None:
    assert percentile(values, part) == expected


def test_median() -> None:
    assert median([]) is None
    assert median([None]) is None
    assert median([3.0]) == 3.0
    assert median([1.0, 9.0, 2.0]) == 2.0
    assert median([1.0, 2.0006]) == 1.5
