"""Rows that may be compared with each other, and who comes out ahead."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from bench.records import Row
from bench.report.modes import OURS, mode_of, rank

DRAW = 0.03
"""A smaller difference is a draw, and so is one within the spread of the repeats."""

DIRECT = "direct"


@dataclass(frozen=True)
class Group:
    """The same line and load, by every mode that was measured."""

    scenario: str
    path: str
    flows: int
    """0: whatever."""
    direction: str
    load: str
    rows: tuple[Row, ...]

    @property
    def title(self) -> str:
        """What distinguishes it within one scenario and path."""
        flows = {0: "", 1: "1 flow, "}.get(self.flows, f"{self.flows} flows, ")
        what = {"page": "web page", "https": "a browser's download, QUIC where it can"}
        return f"{flows}{what.get(self.load, self.direction)}"

    def value(self, mode: str, measure: Measure) -> float | None:
        return next((measure.value(row) for row in self.rows if row["mode"] == mode), None)


def group(rows: Sequence[Row]) -> list[Group]:
    """In the order of their first appearance, far before near, modes in the charts' order."""
    found: dict[tuple[str, str, int, str, str], list[Row]] = {}
    for row in rows:
        key = row["scenario"], row["path"], row["flows"], row["direction"], row["load"]
        found.setdefault(key, []).append(row)
    scenarios = list(dict.fromkeys(key[0] for key in found))
    keys = sorted(found, key=lambda key: (scenarios.index(key[0]), *key[1:]))
    bare = [row for row in rows if row["mode"] == DIRECT]
    return [Group(*key, rows=_complete(found[key], bare)) for key in keys]


def _complete(rows: list[Row], bare: list[Row]) -> tuple[Row, ...]:
    """The bare line does not pass the gateway: measured on one path, it holds for the other."""
    if all(row["mode"] != DIRECT for row in rows):
        rows = rows + [other for other in bare if _line(other) == _line(rows[0])][:1]
    return tuple(sorted(rows, key=lambda row: rank(row["mode"])))


def _line(row: Row) -> tuple[object, ...]:
    """Line and load, without the way to the site."""
    return row["scenario"], row["flows"], row["direction"], row["load"]


@dataclass(frozen=True)
class Measure:
    """A figure of a row, and the words to compare it with."""

    value: Callable[[Row], float | None]
    unit: str
    best: str
    """What the winner is."""
    better: str
    """What the winner is, compared."""
    lower_wins: bool = False
    spread: Callable[[Row], list[float] | None] = lambda _: None


GOODPUT = Measure(
    lambda row: row["goodput_mbps"],
    "Mbit/s",
    "is fastest",
    "is faster",
    spread=lambda row: row["spread"],
)
LOAD_TIME = Measure(
    lambda row: row["load_time_s"],
    "s",
    "loads the page soonest",
    "loads the page sooner",
    lower_wins=True,
    spread=lambda row: row["load_time_spread"],
)
RTT = Measure(
    lambda row: row["rtt_p50_ms"],
    "ms",
    "has the shortest round trip",
    "has a shorter round trip",
    lower_wins=True,
)
CPU = Measure(
    lambda row: row["cpu_s_per_gb"],
    "s/GB",
    "needs least processor time",
    "needs less processor time",
    lower_wins=True,
)
NEIGHBOURS = Measure(
    lambda row: median(row["neighbours_mbps"]) if row["neighbours_mbps"] else None,
    "Mbit/s",
    "leaves the neighbours most",
    "leaves the neighbours more",
)


@dataclass(frozen=True)
class Verdict:
    """How this gateway does in one group against another mode."""

    group: Group
    measure: Measure
    ours: float
    rival: str
    theirs: float
    outcome: str
    """"ahead", "level" or "behind"."""

    @property
    def sentence(self) -> str:
        rival = mode_of(self.rival).label
        ours, theirs = number(self.ours), f"{number(self.theirs)} {self.measure.unit}"
        if self.outcome == "ahead":
            return f"this gateway {self.measure.best}: {ours} against {theirs} ({rival}, next best)"
        if self.outcome == "level":
            return f"this gateway and {rival} are level: {ours} and {theirs}"
        return f"{rival} {self.measure.better}: {theirs} against {ours} through this gateway"


def duels(groups: Iterable[Group], measure: Measure) -> Iterator[Verdict]:
    """This gateway against every other mode that was measured in the same group."""
    for each in groups:
        found = {row["mode"]: row for row in each.rows if measure.value(row) is not None}
        ours = found.pop(OURS, None)
        if ours:
            yield from (_judge(each, measure, ours, rival) for rival in found.values())


def verdicts(groups: Iterable[Group], measure: Measure) -> Iterator[Verdict]:
    """Against the best of the others only."""
    for each in groups:
        fought = list(duels([each], measure))
        if fought:
            sign = -1 if measure.lower_wins else 1
            yield max(fought, key=lambda verdict: sign * verdict.theirs)


def _judge(group: Group, measure: Measure, ours: Row, rival: Row) -> Verdict:
    mine, theirs = measure.value(ours) or 0, measure.value(rival) or 0
    if abs(mine - theirs) <= DRAW * max(mine, theirs) or _overlap(
        measure.spread(ours), measure.spread(rival)
    ):
        outcome = "level"
    else:
        outcome = "ahead" if (mine > theirs) != measure.lower_wins else "behind"
    return Verdict(group, measure, mine, rival["mode"], theirs, outcome)


def _overlap(one: list[float] | None, other: list[float] | None) -> bool:
    if not one or not other:
        return False
    return max(one[0], other[0]) <= min(one[-1], other[-1])


def number(value: float | None) -> str:
    """As precise as a reader can use, or a dash."""
    if value is None:
        return "–"
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 1 or value == 0 else f"{value:.2f}"
