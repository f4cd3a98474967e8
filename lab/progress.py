"""What the lab is doing, for how long, and what is left; and what came of it."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.machines.expectations import ExpectationFailed
from lab.remembered import Remembered

HEARTBEAT = 30
"""Seconds between two signs of life in a long phase."""


@dataclass
class Progress:
    """Numbered phases on standard output; flushed line by line, for logs without a terminal."""

    phases: int = 1
    current: str = ""
    remembered: Remembered = field(default_factory=Remembered)
    """What this machine needed last time."""
    _number: int = 0
    _took: list[tuple[str, float, float]] = field(default_factory=list)
    _start: float = field(default_factory=time.monotonic)

    @contextmanager
    def phase(
        self, name: str, usually: float, detail: Callable[[], str] = lambda: ""
    ) -> Iterator[None]:
        """Announce a phase and how many seconds it takes, on this machine if it ever ran here, or
        else usually; and what is left of all. Then say how long it took. While it lasts, `detail`
        is asked now and then what is going on."""
        self._number += 1
        self.current = name
        left = self.remembered.left(name, usually)
        of_all = "" if left is None else f"; about {span(left)} left"
        self._say(f"{name} (usually {span(self.remembered.usually(name, usually))}{of_all})")
        began, ended = time.monotonic(), threading.Event()
        threading.Thread(target=self._beat, args=(name, began, ended, detail), daemon=True).start()
        try:
            yield
        finally:
            ended.set()
        took = time.monotonic() - began
        self._took.append((name, usually, round(took, 1)))
        self._say(f"{name}: done in {span(took)}")

    def ended_well(self) -> None:
        """Keep how long each phase took, for the next time."""
        self.remembered.keep(self._took)

    def note(self, text: str) -> None:
        """Print one line within a phase."""
        self._say(text)

    def _beat(
        self, name: str, began: float, ended: threading.Event, detail: Callable[[], str]
    ) -> None:
        while not ended.wait(HEARTBEAT):
            self._say(f"{name}: still at it, {span(time.monotonic() - began)}  {detail()}".rstrip())

    def _say(self, text: str) -> None:
        elapsed = span(time.monotonic() - self._start)
        print(f"[{self._number}/{self.phases}] {elapsed:>6}  {text}", flush=True)


GREEN, RED = 32, 31
"""As terminals know them (ECMA-48, SGR)."""


def outcome(good: bool, bad: str = "FAIL") -> str:
    """Returns the word that the line of a check begins with, in colour where that is wanted."""
    word = "ok  " if good else bad
    return f"\033[{GREEN if good else RED}m{word}\033[0m" if in_colour() else word


def in_colour() -> bool:
    """Returns whether a person reads standard output and wants colours (no-color.org), or whoever
    reads it for one says so (force-color.org)."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty()


def span(seconds: float) -> str:
    """Returns a duration as people say it."""
    return f"{seconds:.0f} s" if seconds < 60 else f"{seconds // 60:.0f}:{seconds % 60:02.0f} min"


@dataclass
class Checks:
    """The expectations about the gateway, and whether each was met."""

    progress: Progress
    results: list[dict[str, Any]] = field(default_factory=list)
    only: Sequence[str] = ()
    """What is looked at for the sake of these alone, by their names. Empty: for all there are."""

    def wants(self, *beginnings: str) -> bool:
        """Returns whether anybody waits for checks whose names begin so; a scenario may leave out
        what nobody waits for."""
        return not self.only or any(name.startswith(beginnings) for name in self.only)

    @contextmanager
    def check(self, name: str) -> Iterator[list[str]]:
        """Yields a list for one expectation: what is appended becomes the detail. If it is not
        met, that is recorded and the next one follows."""
        details: list[str] = []
        try:
            yield details
        except ExpectationFailed as failure:
            self.add(name, False, str(failure))
        else:
            self.add(name, True, "; ".join(details))

    def add(self, name: str, ok: bool, detail: str) -> None:
        """Record an expectation that was examined elsewhere."""
        self.results.append({"name": name, "ok": ok, "detail": detail})
        first_line = detail.partition("\n")[0][:160]
        self.progress.note(f"{outcome(ok)}  {name}: {first_line}")

    @property
    def ok(self) -> bool:
        return bool(self.results) and all(result["ok"] for result in self.results)


def write_result(path: Path, result: Any) -> None:
    """Write JSON whole or not at all."""
    write_whole(path, json.dumps(result, indent=2) + "\n")


def write_whole(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    partial = path.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def complain(text: str) -> None:
    """Print one message for the user, apart from the results."""
    print(text, file=sys.stderr, flush=True)
