"""Whether what was measured keeps the promises of `bench.lines`."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from bench.lines import SCENARIOS, Bar
from bench.records import Promise, Row

GENEROUS = 0.4
"""Where one short run decides, on a machine that others may use: what noise does not reach
(a split on a busy machine: 4 times forwarding) and a broken split, which is forwarding, does
not pass. Only a page may take longer than forwarded, half as long again: its gain is within
its noise (0.81 to 0.94 of forwarding's time seen), and what is guarded against is a split
that does harm (ADR 15: twice to five times the time)."""


def judge(rows: Sequence[Row], generous: bool = False) -> list[Promise]:
    """Every promise that these rows can decide."""
    verdicts = []
    for name, scenario in SCENARIOS.items():
        for bar in scenario.bars:
            mine, other = _row(rows, name, bar, bar.mode), _row(rows, name, bar, bar.against)
            if bar.against == "limit":
                other = mine
            if mine and other:
                verdicts += _verdicts(name, bar, mine, other, GENEROUS if generous else 1.0)
    return verdicts


def _row(rows: Sequence[Row], scenario: str, bar: Bar, mode: str) -> Row | None:
    wanted = {
        "scenario": scenario,
        "path": bar.path,
        "mode": mode,
        "direction": bar.direction,
        "load": bar.load,
    }
    found: list[Row] = [
        row
        for row in rows
        if all(_figure(row, key) == value for key, value in wanted.items())
        and (row["flows"] == 1 or row["load"] == "page")
    ]
    return found[-1] if found else None


def _verdicts(scenario: str, bar: Bar, mine: Row, other: Row, leniency: float) -> list[Promise]:
    key = "limit_mbps" if bar.against == "limit" else bar.figure
    ratio, detail = _ratio(_figure(mine, bar.figure), _figure(other, key))
    if (least := mine["load_time_limit_s"]) is not None:
        detail += f"; the line allows {least:g}"
    where = f"{scenario}, {bar.path}, {bar.direction}, {bar.load}"
    name = f"{where}: {bar.figure} of {bar.mode} to {bar.against}"
    ends = [
        ("at least", round(bar.at_least * leniency, 3), 1),
        ("at most", round(bar.at_most / leniency, 3), -1),
    ]
    return [
        Promise(
            name=name,
            value=ratio,
            bar=end,
            sense=sense,
            ok=ratio is not None and sign * ratio >= sign * end,
            detail=detail,
        )
        for sense, end, sign in ends
        if 0 < end < float("inf")
    ]


def _figure(row: Mapping[str, object], key: str) -> Any:
    return row[key]


def _ratio(mine: Any, other: Any) -> tuple[float | None, str]:
    """Of two numbers; of two sorted lists, the worst of each place with its like."""
    if isinstance(mine, list) and isinstance(other, list):
        if len(mine) != len(other):
            return None, f"{len(mine)} neighbours and {len(other)}"
        # Who had nothing before can't lose it.
        ratios = [a / b for a, b in zip(mine, other, strict=True) if b]
        detail = f"medians {statistics.median(mine):.2f} and {statistics.median(other):.2f} Mbit/s"
        return (round(min(ratios), 3) if ratios else None), detail
    if mine is None or other is None:
        return None, "not measured"
    return round(mine / other, 3) if other else None, f"{mine:g} to {other:g}"
