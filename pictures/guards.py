"""The guards over 24 hours in Japan, from the workflow's own cron lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from ops.ci.lunch import JAPAN, LAST_UP, SCHEDULE
from pictures.svg import box, drawing, element, stroke, words

LEFT, HOUR, TOP, ROW, WIDTH = 162, 24, 46, 42, 768
"""Pixels: where midnight lies, how long an hour is, where the rows begin, how high each is."""
DAYS = {"*": "every day", "1-5": "Monday to Friday"}
OURS, GUARD, AZURE = "var(--way-gateway-l2tp)", "var(--way-forward)", "var(--way-direct)"
MIDDLE: dict[str, Any] = {"text_anchor": "middle", "font_size": 12}


@dataclass(frozen=True)
class Start:
    """When the workflow starts an action, in Japan."""

    action: str
    days: str
    hour: float


@dataclass(frozen=True)
class Row:
    """A guard, and when it acts."""

    name: str
    days: str
    hours: tuple[float, ...]
    ink: str
    until: float | None = None
    """When it does not act any more, however late it starts."""
    note: str = ""


def starts(workflow: Path) -> list[Start]:
    """Return what the workflow's schedule starts.

    Raises:
        ValueError: a cron line that `ops.ci.lunch` or this drawing does not know.
    """
    # YAML reads the key "on" as a truth.
    schedule = yaml.safe_load(workflow.read_text(encoding="utf-8"))[True]["schedule"]
    return [start for line in schedule for start in _of_cron(line["cron"])]


def _of_cron(cron: str) -> Iterator[Start]:
    """Yield the starts of one line; in it the hours are UTC."""
    minute, hours, of_month, month, days = cron.split()
    if cron not in SCHEDULE or days not in DAYS or (of_month, month) != ("*", "*"):
        raise ValueError(f"the schedule {cron!r}: expected one of {', '.join(SCHEDULE)}")
    ahead = JAPAN.utcoffset(None) / timedelta(hours=1)
    for hour in hours.split(","):
        there = int(hour) + int(minute) / 60 + ahead
        if there >= 24 and days != "*":
            raise ValueError(f"the schedule {cron!r} begins on another day in Japan: draw that")
        yield Start(SCHEDULE[cron], DAYS[days], there % 24)


def stop(program: Path) -> float:
    """Return the hour that Pulumi.yaml gives as its example of `shutdownTime`.

    Raises:
        ValueError: it gives none.
    """
    settings = yaml.safe_load(program.read_text(encoding="utf-8"))["config"]
    found = re.search(r'such as "(\d\d):(\d\d)"', settings["shutdownTime"]["description"])
    if not found:
        raise ValueError(f'{program.name}: no example such as "13:30" in shutdownTime')
    return int(found[1]) + int(found[2]) / 60


def draw(root: Path) -> str:
    """Return the drawing of this repository's guards."""
    known = starts(root / ".github/workflows/lunch.yml")
    return plan(known, LAST_UP.hour + LAST_UP.minute / 60, stop(root / "Pulumi.yaml"))


def plan(known: list[Start], last_up: float, stops: float) -> str:
    """Return the drawing: a row for each guard, below the hours of a day."""
    (up,), (down,), guards = (_all(known, action) for action in ("up", "down", "guard"))
    late = f"started from {clock(last_up)} on, it does nothing"
    rows = (
        Row("make up", up.days, (up.hour,), OURS, until=last_up, note=late),
        Row("make down", down.days, (down.hour,), OURS),
        Row("make guard", guards[0].days, tuple(each.hour for each in guards), GUARD),
        Row("Azure's own stop", "by shutdownTime", (stops,), AZURE, note="for example"),
    )
    height = TOP + ROW * len(rows) + 14
    parts = (part for number, row in enumerate(rows) for part in _row(number, row))
    return drawing(WIDTH, height, _told(rows), *_hours(height - 14), *parts)


def _all(known: list[Start], action: str) -> list[Start]:
    return sorted((start for start in known if start.action == action), key=lambda one: one.hour)


def _told(rows: tuple[Row, ...]) -> str:
    """Return in words what the drawing shows."""
    told = (
        f"{row.name} at {', '.join(map(clock, row.hours))}, {row.days}"
        + (f" ({row.note})" if row.note else "")
        for row in rows
    )
    return f"A day in Japan: {'; '.join(told)}."


def _hours(bottom: float) -> list[str]:
    """Return the hours, every third with its number, and the shade of lunch."""
    lunch = box(_x(12), TOP - 8, HOUR, bottom - TOP + 8, fill="var(--lunch)", stroke="none", rx=0)
    parts = [lunch, words("lunch", _x(12.5), 14, fill="var(--muted)", **MIDDLE)]
    for hour in range(0, 25, 3):
        parts.append(stroke(f"M{_x(hour):g} {TOP - 8}V{bottom:g}", "var(--rule)", 1))
        parts.append(words(f"{hour}:00", _x(hour), 30, fill="var(--muted)", **MIDDLE))
    return parts


def _row(number: int, row: Row) -> list[str]:
    """Return a guard's name and days, and a dot with its time wherever it acts."""
    y = TOP + ROW * (number + 0.5)
    parts = [words(row.name, 8, y, font_weight="bold")]
    parts.append(words(row.days, 8, y + 16, fill="var(--muted)", font_size=12))
    end = _x(max(row.hours))
    if row.until is not None:
        end = _x(row.until)
        start = _x(min(row.hours))
        parts.append(box(start, y - 6, end - start, 12, fill=row.ink, stroke="none", opacity=0.35))
    for hour in row.hours:
        parts.append(element("circle", cx=_x(hour), cy=y, r=6, fill=row.ink))
        side = {"x": _x(hour) - 11, "text_anchor": "end"} if row.until else {"x": _x(hour) + 11}
        parts.append(words(clock(hour), y=y + 5, **side))
    if row.note:
        gap = 10 if row.until else 62
        parts.append(words(row.note, end + gap, y + 5, fill="var(--muted)", font_size=13))
    return parts


def _x(hour: float) -> float:
    return LEFT + HOUR * hour


def clock(hour: float) -> str:
    """Return 13.5 as "13:30"."""
    hours, minutes = divmod(round(hour * 60), 60)
    return f"{hours:02}:{minutes:02}"
