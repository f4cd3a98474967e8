"""The figures of a measurement: how each is called and shown, and what becomes of its repeats."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from bench.records import Case, Record, Run, Value


@dataclass(frozen=True)
class Figure:
    """How one figure is called and shown."""

    label: str
    """In tables, with its unit."""
    short: str = ""
    """On the terminal; empty: not there."""
    digits: int = 2
    """On the terminal."""
    spread: str = ""
    """What its least and greatest are called in results.json; empty: they are not there."""
    rank: tuple[str, float] | None = None
    """Of which list, and which part of it is no greater; without, it stands in the record."""
    together: bool = False
    """Whether that of all repeats together counts, and not the median of theirs."""

    def of(self, key: str, records: Sequence[Record]) -> Value:
        """Return it of one repeat or, if it is a rank, of several together."""
        if not self.rank:
            return records[0].figures.get(key)
        lists = (record.figures.get(self.rank[0]) for record in records)
        found = [each for seen in lists if isinstance(seen, list) for each in seen]
        return percentile(found, self.rank[1])


def percentile(values: Sequence[float], part: float) -> float | None:
    """Return the nearest rank of a list; None if nothing is in it."""
    return sorted(values)[max(0, math.ceil(part * len(values)) - 1)] if values else None


FIGURES: dict[str, Figure] = {
    "goodput_mbps": Figure("goodput Mbit/s", "Mbit/s", spread="spread"),
    "limit_mbps": Figure("limit Mbit/s", "limit"),
    "rtt_p50_ms": Figure("RTT p50 ms", "RTT ms", 0, rank=("rtts_ms", 0.5)),
    "rtt_p95_ms": Figure("RTT p95 ms", "p95", 0, rank=("rtts_ms", 0.95)),
    "retransmit_pct": Figure("sent again %", "again %"),
    "cpu_s_per_gb": Figure("CPU s/GB", "s/GB", 0),
    "load_time_s": Figure("page load s", "page s", spread="load_time_spread"),
    "load_time_p95_s": Figure(
        "page load p95 s", "p95 s", rank=("page_times_s", 0.95), together=True
    ),
    "load_time_limit_s": Figure("least s", "least"),
    "neighbours_mbps": Figure("neighbours Mbit/s"),
    "delivery_rate_mbps": Figure("sender's rate Mbit/s", "sender"),
    "minrtt_ms": Figure("sender's least RTT ms", "minrtt"),
}
"""In the order of the tables. A new one costs its entry here, and its key where it is measured."""


def median(values: Iterable[Value]) -> Value:
    """Return the median of what is there; of lists that at each rank."""
    seen = list(values)
    lists = [value for value in seen if isinstance(value, list)]
    if lists:
        alike = [value for value in lists if len(value) == len(lists[0])]
        return [round(statistics.median(same), 3) for same in zip(*alike, strict=True)]
    numbers = [value for value in seen if isinstance(value, int | float)]
    return round(statistics.median(numbers), 3) if numbers else None


@dataclass(frozen=True)
class Measured:
    """One way in one case: its repeats."""

    case: Case
    way: str
    records: list[Record]

    def values(self, key: str) -> dict[int, Value]:
        """Return a figure of each repeat in which it was seen, by the losses' seed."""
        found = {record.seed: FIGURES[key].of(key, [record]) for record in self.records}
        return {seed: value for seed, value in found.items() if value not in (None, [])}

    def median(self, key: str) -> Value:
        figure = FIGURES[key]
        if figure.together:
            return figure.of(key, self.records)
        return median(self.values(key).values())

    def number(self, key: str) -> float | None:
        """Return the median of a figure; of a list the list's."""
        value = self.median(key)
        return statistics.median(value) if isinstance(value, list) else value

    def spread(self, key: str) -> list[float] | None:
        """Return the least and the greatest of a figure that is a number."""
        found = [value for value in self.values(key).values() if isinstance(value, int | float)]
        return [min(found), max(found)] if found else None

    def row(self) -> dict[str, Any]:
        """Return the summary that results.json has of it."""
        spreads = {each.spread: self.spread(key) for key, each in FIGURES.items() if each.spread}
        figures = {key: self.median(key) for key in FIGURES}
        asked = {**self.case._asdict(), "way": self.way, "repeats": len(self.records)}
        return {**asked, **figures, **spreads}


Ways = dict[str, Measured]
"""What was measured in one case, by way."""


def collect(records: Iterable[Record]) -> dict[Case, Ways]:
    """Return the repeats together, in the order in which each was first seen."""
    found: dict[Case, Ways] = {}
    for record in records:
        case, way = record.case, record.way
        found.setdefault(case, {}).setdefault(way, Measured(case, way, [])).records.append(record)
    return found


def summary(measured: Mapping[Case, Ways]) -> list[dict[str, Any]]:
    """Return a row per way and case."""
    return [each.row() for ways in measured.values() for each in ways.values()]


@dataclass(frozen=True)
class Ratio:
    """One figure, set against the same figure of another way or another run."""

    medians: float | None
    """None: there is nothing to compare."""
    pairs: tuple[float, ...]
    """Of measurements that met the same losses, in ascending order."""
    detail: str

    @property
    def value(self) -> float | None:
        """Return the ratio by pairs where there are any, else that of the medians."""
        return round(statistics.median(self.pairs), 3) if self.pairs else self.medians

    @property
    def by(self) -> str:
        """Say which of the two `value` is, and how far the pairs lie apart."""
        if not self.pairs:
            return "of medians"
        pairs = f"{len(self.pairs)} pair{'s' if len(self.pairs) > 1 else ''}"
        return f"by {pairs}, {self.pairs[0]:g} to {self.pairs[-1]:g}"


def ratio(mine: Measured, other: Measured, key: str, other_key: str = "") -> Ratio:
    """Return how a figure compares with the other's; `other_key` is for the limit."""
    other_key = other_key or key
    medians, detail = _ratio(mine.median(key), other.median(other_key))
    ours, theirs = mine.values(key), other.values(other_key)
    pairs = (_ratio(ours[seed], theirs[seed])[0] for seed in ours.keys() & theirs.keys())
    return Ratio(medians, tuple(sorted(each for each in pairs if each is not None)), detail)


def _ratio(mine: Value, other: Value) -> tuple[float | None, str]:
    """Return the ratio of two numbers; of two sorted lists the worst of each rank with its
    like; and what was set against what."""
    if isinstance(mine, list) and isinstance(other, list):
        if len(mine) != len(other):
            return None, f"{len(mine)} neighbours and {len(other)}"
        # Who had nothing before can't lose it.
        ratios = [a / b for a, b in zip(mine, other, strict=True) if b]
        detail = f"medians {statistics.median(mine):.2f} and {statistics.median(other):.2f} Mbit/s"
        return (round(min(ratios), 3) if ratios else None), detail
    if not (isinstance(mine, int | float) and isinstance(other, int | float)):
        return None, "not measured"
    return round(mine / other, 3) if other else None, f"{mine:g} to {other:g}"


class Change(NamedTuple):
    """One figure of one way in one case, in two runs."""

    before: Measured
    after: Measured
    key: str
    ratio: Ratio
    """Of the second run's to the first's."""


def changes(before: Run, after: Run, keys: Sequence[str] = ()) -> Iterator[Change]:
    """Yield what both have measured; without `keys` goodput, and a page's time."""
    old = collect(before.records)
    for case, ways in collect(after.records).items():
        for way, mine in ways.items():
            other = old.get(case, {}).get(way)
            for key in keys or [case.first_figure]:
                if other and mine.median(key) is not None and other.median(key) is not None:
                    yield Change(other, mine, key, ratio(mine, other, key))
