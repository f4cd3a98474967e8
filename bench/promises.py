"""Whether what was measured keeps the promises of `bench.lines`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bench.figures import Ways, ratio
from bench.lines import LINES, Promise
from bench.plan import by_browser
from bench.records import Case

ITS_OWN = {"limit": "limit_mbps", "median": "load_time_s"}
"""Figures of the way itself that a promise may be against."""
GENEROUS = 0.4
"""Where one short run decides, on a machine that others may use: what noise does not reach
(a split on a busy machine: 4 times forwarding) and a broken split, which is forwarding, does
not pass. Only a page may take longer than forwarded, half as long again: its gain is within
its noise (0.81 to 0.94 of forwarding's time seen), and what is guarded against is a split
that does harm (ADR 15: twice to five times the time)."""


@dataclass(frozen=True)
class Judged:
    """One end of a promise, and whether it was kept: promises.json is a list of these."""

    name: str
    case: Case
    figure: str
    way: str
    against: str
    value: float | None
    """The ratio of the medians; None: missed, because there is none."""
    promised: str
    kept: bool
    detail: str


def judge(measured: Mapping[Case, Ways], generous: bool = False) -> list[Judged]:
    """Return what became of every promise that can be decided."""
    factor = GENEROUS if generous else 1.0
    promised = ((name, each) for name, line in LINES.items() for each in line.promises)
    return [end for name, each in promised for end in _ends(name, each, measured, factor)]


def _ends(
    line: str, promise: Promise, measured: Mapping[Case, Ways], factor: float
) -> Iterator[Judged]:
    case = by_browser(Case(line, promise.gateway_at, 1, promise.direction, promise.load))
    ways, against = measured.get(case, {}), ITS_OWN.get(promise.against, "")
    mine, other = ways.get(promise.way), ways.get(promise.way if against else promise.against)
    if not mine or not other:
        return
    found = ratio(mine, other, promise.figure, against)
    least, detail = mine.number("load_time_limit_s"), found.detail
    detail += f"; {found.value:g} {found.by}" if found.pairs else ""
    detail += "" if least is None else f"; the line allows {least:g}"
    where = f"{case.line}, {case.gateway_at}, {case.direction}, {case.load}"
    name = f"{where}: {promise.figure} of {promise.way} to {promise.against}"
    low, high = round(promise.at_least * factor, 3), round(promise.at_most / factor, 3)
    value = found.medians
    for sense, end, sign in (("at least", low, 1), ("at most", high, -1)):
        if 0 < end < float("inf"):
            kept = value is not None and sign * value >= sign * end
            promised, sides = f"{sense} {end:g}", (promise.way, promise.against)
            yield Judged(name, case, promise.figure, *sides, value, promised, kept, detail)
