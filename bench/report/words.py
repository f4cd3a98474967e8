"""Sentences that are computed from the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from statistics import median
from typing import Any

from bench.records import About, Row
from bench.report.compare import DIRECT, GOODPUT, Group, Verdict, number
from bench.report.modes import OURS, mode_of, rank

HEADLINE = ("lossy-1", "far", 1, "down", "bulk")
"""The line that the headline is about: the phone's own client, a far gateway, random loss."""

PATHS = {"far": "gateway far away", "near": "gateway nearby"}

SETTINGS = {
    "rate": "{} Mbit/s",
    "delay": "{} ms one way",
    "queue": "queue {} ms",
    "loss": "loss {} %",
    "burst": "burst {} KB",
}


def headline(groups: Iterable[Group], about: About) -> str:
    """What it comes to, in plain words; empty if it was not measured."""
    for each in groups:
        if (each.scenario, each.path, each.flows, each.direction, each.load) == HEADLINE:
            figures = [each.value(mode, GOODPUT) for mode in (OURS, "forward", DIRECT)]
            if None not in figures:
                ours, forward, direct = (number(figure) for figure in figures)
                return (
                    f"{_line(about)}, one download runs at {ours} Mbit/s through this gateway,"
                    f" {forward} through a plain VPN and {direct} without a VPN."
                )
    return ""


def _line(about: About) -> str:
    line = about.get("scenarios", {}).get(HEADLINE[0], {})
    if "rate" in line and "loss" in line:
        loss = f"{line['loss']}\N{NO-BREAK SPACE}%"
        return f"On a {line['rate']} Mbit/s line that loses {loss} of its packets"
    return f"On the line “{HEADLINE[0]}”"


def tally(duels: Iterable[Verdict]) -> dict[str, Counter[str]]:
    """Per other mode how often this gateway is "ahead", "level" and "behind"."""
    counts: dict[str, Counter[str]] = {}
    for duel in sorted(duels, key=lambda duel: rank(duel.rival)):
        counts.setdefault(mode_of(duel.rival).label, Counter())[duel.outcome] += 1
    return counts


def place(group: Group) -> str:
    """Which comparison a verdict is about."""
    return f"{group.scenario}, {path_name(group.path)}, {group.title}"


def path_name(path: str) -> str:
    return PATHS.get(path, path)


def describe(settings: dict[str, Any]) -> str:
    """A line's settings, as far as they are set."""
    shown = {key: value for key, value in settings.items() if key != "what" and value is not None}
    parts = (SETTINGS.get(key, f"{key} {{}}").format(value) for key, value in shown.items())
    return " · ".join(part.replace(" ", "\N{NO-BREAK SPACE}") for part in parts)


def lunch(rows: Iterable[Row]) -> str:
    """Medians between 12 and 13 o'clock, best first; empty if nobody measured then."""
    figures: dict[str, list[float]] = {}
    for row in rows:
        if row["goodput_mbps"] is not None and 12 <= clock(row["hour"]) < 13:
            figures.setdefault(row["mode"], []).append(row["goodput_mbps"])
    if OURS not in figures or len(figures) == 1:
        return ""
    said = {OURS: "through this gateway", "forward": "through a plain VPN", DIRECT: "without a VPN"}
    ranked = sorted(((median(found), mode) for mode, found in figures.items()), reverse=True)
    parts = [f"{number(figure)} {said.get(mode, f'({mode})')}" for figure, mode in ranked]
    return f"From 12 to 13 o'clock, Mbit/s (medians): {', '.join(parts)}."


def clock(hour: str | None) -> float:
    """ "12:15" as 12.25; -1 without a time."""
    if not hour:
        return -1
    hours, _, minutes = hour.partition(":")
    return int(hours) + int(minutes or 0) / 60
