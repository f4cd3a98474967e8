"""Two runs, measurement by measurement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bench.figures import FIGURES, Measured, Ratio, collect, ratio
from bench.records import About, Run


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


def differences(before: About, after: About) -> list[str]:
    """Return in what the two runs themselves differ, as far as they say."""
    keys = [key for key in before if key in after and key not in ("lines", "command")]
    return [f"{key}: {before[key]}, then {after[key]}" for key in keys if before[key] != after[key]]


PLACE = f"{'line':18}{'at':5}{'load':6}{'flows':>5} {'dir':5}{'way':18}"
HEADER = f"{PLACE}{'figure':18}{'before':>9}{'after':>9}{'ratio':>9}"


def place(measured: Measured) -> str:
    """Return the beginning of a row on the terminal, under `PLACE`."""
    case = measured.case
    where = f"{case.label:18}{case.gateway_at:5}{case.load:6}{case.flows:>5} {case.direction:5}"
    return where + f"{measured.way:18}"


def cell(value: float | None, digits: int = 3) -> str:
    """Return a figure of a row on the terminal."""
    return f"{'-' if value is None else f'{value:.{digits}f}':>9}"


def told(change: Change) -> str:
    """Return a row for the terminal, under `HEADER`."""
    digits = FIGURES[change.key].digits
    numbers = "".join(cell(each.number(change.key), digits) for each in change[:2])
    value = cell(change.ratio.value)
    return f"{place(change.after)}{change.key:18}{numbers}{value}  {change.ratio.by}"
