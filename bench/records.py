"""What was measured, and kept: a file of JSON objects, first what the run is about, then each
measurement. All else is computed from it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from lab.command import Mistake as Mistake  # who reads records must know it

VERSION = 1
"""Of the file's form. A new figure needs no new one: it is absent from older files."""

Value = float | list[float] | None
"""Of a figure; None where it can't be seen."""

BOTH, LOADS = ("down", "up"), ("bulk", "page", "today", "https")
"""What `Case` says of directions and loads."""

About = dict[str, Any]
"""What stands first: ``version``, and where the records come from; what is absent is not shown.
``lines`` has per name what the line stands for, and its numbers; ``settings`` are the gateway's;
``seconds`` each flow counted; ``generous`` says how the promises are judged."""


class Case(NamedTuple):
    """What is the same for all ways that may be compared with each other."""

    line: str
    """A key of `bench.lines.LINES`; ``day``; or the numbers of a line of the user's own."""
    gateway_at: str = "far"
    """Where the gateway stands: ``far`` or ``near``."""
    flows: int = 1
    """TCP connections at the same time."""
    direction: str = "down"
    """``down`` to the phone, or ``up``."""
    load: str = "bulk"
    """``bulk``: as much as possible; ``page``: a web page of many parts; ``today``: one of as many
    origins as they have now; ``https``: a large file, by QUIC where that gets through."""
    hour: str | None = None
    """Of the day, ``12:15``."""

    @property
    def label(self) -> str:
        """Return the line, and of a day's line the hour."""
        return f"{self.line} {self.hour or ''}".strip()

    @property
    def is_page(self) -> bool:
        """Return whether what counts is when it is there, and not how fast it comes."""
        return self.load in ("page", "today")

    @property
    def first_figure(self) -> str:
        """Return which figure such measurements are compared by, if nobody names another."""
        return "load_time_s" if self.is_page else "goodput_mbps"


@dataclass(frozen=True, kw_only=True)
class Record:
    """One measurement. One that could not be carried has a goodput of 0 and no other figure
    but the limits."""

    case: Case
    way: str
    """A key of `bench.ways.WAYS`."""
    seed: int
    """Of the losses: the same ones for the same seed."""
    repeat: int
    """How many rounds came before, in its run."""
    place: int
    """In its round, from 0."""
    figures: Mapping[str, Value]
    """Each with its unit in its name: what was measured, and what `bench.limits` allows."""

    @property
    def identity(self) -> tuple[object, ...]:
        """Return what no two records of a file have in common."""
        return self.case, self.way, self.seed

    def told(self) -> dict[str, Any]:
        """Return the object that the file has of it."""
        numbers = {"seed": self.seed, "repeat": self.repeat, "place": self.place}
        seen = {key: value for key, value in self.figures.items() if value is not None}
        return {**self.case._asdict(), "way": self.way, **numbers, **seen}


@dataclass(frozen=True)
class Run:
    """What a file of records holds."""

    about: About
    records: list[Record]
    file: Path | None = field(default=None, compare=False)
    """Where `keep` writes; None: nowhere."""

    def keep(self, record: Record) -> None:
        """Add a record, to the file at once."""
        if self.file:
            append(self.file, record.told())
        self.records.append(record)


def differences(before: About, after: About) -> list[str]:
    """Return in what the two runs themselves differ, as far as they say."""
    keys = [key for key in before if key in after and key not in ("lines", "command")]
    return [f"{key}: {before[key]}, then {after[key]}" for key in keys if before[key] != after[key]]


def append(path: Path, told: Mapping[str, Any]) -> None:
    """Add an object at once, so that whatever happens next leaves it there."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(told, allow_nan=False) + "\n")


def read(path: Path) -> Run:
    """Return what a file holds.

    Raises:
        Mistake: it can't be read, is cut off, of another version, or wrong by hand.
    """
    try:
        *objects, rest = path.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise Mistake(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Mistake(f"{path} is no text: a file of records was expected") from None
    if rest:
        remedy = (
            f"remove what stands there, and `python -m bench run --into {path}` measures it again"
        )
        raise Mistake(f"{path}:{len(objects) + 1}: cut off: {remedy}")
    if not objects:
        raise Mistake(f"{path} is empty: a file of records was expected")
    about: About = {}
    records: dict[tuple[object, ...], Record] = {}
    for number, each in enumerate(objects, 1):
        try:
            if number == 1:
                about = _about(_object(each))
                continue
            record = _record(_object(each))
            if records.setdefault(record.identity, record) is not record:
                raise ValueError("this was measured before, with the same seed: remove one of them")
        except (ValueError, RecursionError) as error:
            what = "no JSON" if isinstance(error, json.JSONDecodeError) else str(error)
            raise Mistake(f"{path}:{number}: {what}") from None
    return Run(about, list(records.values()), path)


def _object(text: str) -> dict[str, Any]:
    told = json.loads(text, parse_constant=_refuse)
    if not isinstance(told, dict):
        raise ValueError("an object was expected")
    return told


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")


def _about(told: dict[str, Any]) -> About:
    version, lines = told.get("version"), told.get("lines", {})
    if version is None:
        raise ValueError('no "version", so this is no file of records')
    if version != VERSION:
        reads = f"this benchmark reads {VERSION}: use the commit that wrote it"
        raise ValueError(f"of version {version!r}, and {reads}")
    each = [told.get("settings", {}), lines, *(lines.values() if isinstance(lines, dict) else ())]
    if not all(isinstance(one, dict) for one in each):
        raise ValueError('"settings" and each of "lines" must be objects')
    return told


def _number(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value < 1e15


def _count(value: Any) -> bool:
    return type(value) is int and _number(value)


HOUR = re.compile(r"\d\d:\d\d")
EXPECTED: dict[str, tuple[str, Callable[[Any], object]]] = {
    **dict.fromkeys(("line", "way"), ("a name", lambda value: value and isinstance(value, str))),
    "gateway_at": ("near or far", ("near", "far").__contains__),
    "flows": ("a whole number from 1", lambda value: _count(value) and value > 0),
    "direction": ("down or up", BOTH.__contains__),
    "load": ("bulk, page, today or https", LOADS.__contains__),
    "hour": ("null or like 12:15", lambda value: value is None or HOUR.fullmatch(str(value))),
    **dict.fromkeys(("seed", "repeat", "place"), ("a whole number", _count)),
    "goodput_mbps": ("a number", _number),
    "limit_mbps": ("a number above 0", lambda value: _number(value) and value > 0),
}
"""What a record can't do without."""
A_LIST = "a list of numbers", lambda value: isinstance(value, list) and all(map(_number, value))
LISTS = dict.fromkeys(("rtts_ms", "neighbours_mbps", "page_times_s"), A_LIST)
"""The figures that are lists. The others are numbers."""


def _record(told: dict[str, Any]) -> Record:
    for key, value in {**dict.fromkeys(EXPECTED), **told}.items():
        what, fits = {**EXPECTED, **LISTS}.get(key, ("a number", _number))
        if not fits(value):
            raise ValueError(f"{key} must be {what}, not {value!r:.40}")
    case = Case(**{key: told.pop(key, None) for key in Case._fields})
    asked = {key: told.pop(key) for key in ("way", "seed", "repeat", "place")}
    return Record(case=case, **asked, figures=told)
