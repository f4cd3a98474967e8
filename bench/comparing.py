"""Two runs, measurement by measurement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bench.figures import Measured, Ratio, collect, ratio
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
