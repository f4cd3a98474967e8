"""A working day: how fast a download runs, hour by hour, from committed records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench import records
from bench.figures import collect
from bench.records import Mistake, Run
from bench.report import charts, sections
from bench.ways import DIRECT, OURS, label
from pictures.svg import of_chart

SHOWN = (OURS, DIRECT, "forward")


@dataclass(frozen=True, kw_only=True)
class Words:
    """What the picture says in one language. Words in braces are filled in."""

    title: str
    """To those who can't see it, before the medians of lunch."""
    at_lunch: str
    """What these begin with; empty: all of it as the report says it."""
    limit: str
    lunch: str
    stands: Mapping[str, str] = field(default_factory=lambda: sections.STANDS)
    ways: Mapping[str, str] = field(default_factory=lambda: {way: label(way) for way in SHOWN})


ENGLISH = Words(
    title="A download over a modelled working day on an emulated line, {date}, {at}, and what the"
    " line could carry. ",
    at_lunch="",
    limit="stroke: the line's limit",
    lunch="shaded: lunch",
)
# Short enough for the room that the chart leaves to English ones.
JAPANESE = Words(
    title="再現した回線での、モデル化した一日のダウンロードの速さと、回線の上限({date}、{at})。",
    at_lunch="12 時台の中央値(Mbit/s): ",
    limit="線: 回線の上限",
    lunch="色の部分: 昼休み",
    stands={"far": "遠いゲートウェイ", "near": "近いゲートウェイ"},
    ways={OURS: "この VPN", DIRECT: "VPN なし", "forward": "普通の VPN"},
)


def newest(results: Path) -> Path | None:
    """Return the last day that was measured; None if no records of one are committed."""
    return max(results.glob("*-day.jsonl"), default=None)


def draw(path: Path, said: Words = ENGLISH) -> str:
    """Return the drawing of the day that a file of records holds, with these words.

    Raises:
        Mistake: it can't be read, or lacks a way's download.
    """
    try:
        return picture(records.read(path), said)
    except LookupError as error:
        raise Mistake(f"{path}: no download over a day by {error.args[0]}") from None


def picture(run: Run, said: Words = ENGLISH) -> str:
    """Return the drawing of a run: the far gateway's day if it has one, else the near one's.

    Raises:
        LookupError: it has none, or not of every way.
    """
    known = {
        at: day
        for (at, direction), day in sections.days(collect(run.records)).items()
        if direction == "down"
    }
    at = "far" if "far" in known else "near"
    if at not in known:
        raise LookupError(OURS)
    curves = {way: known[at].curves[way] for way in SHOWN}
    told = said.title.format(date=run.about.get("date"), at=said.stands[at])
    chart = charts.day(curves, known[at].limit, told + _at_lunch(curves, said))
    for way, name in said.ways.items():
        chart = chart.replace(f">{label(way)}<", f">{name}<")
    return of_chart(chart, said.limit, said.lunch)


def _at_lunch(curves: Mapping[str, charts.Curve], said: Words) -> str:
    if not said.at_lunch:
        return sections.lunch(curves)
    medians = {
        way: median(value for hour, value in points.items() if 12 <= hour < 13)
        for way, points in curves.items()
    }
    figures = (f"{said.ways[way]} {sections.number(value)}" for way, value in medians.items())
    return said.at_lunch + "、".join(figures)
