"""How long each phase took when the same command last ended well on this machine."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lab.host import alone, cache_directory

ROOT = Path(__file__).parents[1]
COMMANDS = 20
"""So many commands' phases are kept."""


@dataclass
class Remembered:
    """What is known of one command's phases; nothing, if it never ended well here."""

    command: str = ""
    """Names the command; with none, nothing is read or kept."""
    phases: list[tuple[str, float, float]] = field(default_factory=list)
    """Of its last run, in order: each phase's name, the seconds that its author thought usual
    (with kept machines they are others), and those that it took."""

    def usually(self, name: str, thought: float) -> float:
        """Returns how many seconds a phase takes here; what its author thought if it never ran."""
        found = [took for known, usual, took in self.phases if (known, usual) == (name, thought)]
        return found[-1] if found else thought

    def left(self, name: str, thought: float) -> float | None:
        """Returns the seconds from this phase's beginning to the command's end; None where the
        last run did not have this phase."""
        known = [(phase, usual) for phase, usual, _ in self.phases]
        if (name, thought) not in known:
            return None
        return sum(took for _, _, took in self.phases[known.index((name, thought)) :])

    def keep(self, phases: Sequence[tuple[str, float, float]]) -> None:
        """Keep the phases of a run that ended well."""
        if not (self.command and phases):
            return
        with alone("times"):
            others = {name: told for name, told in _read().items() if name != self.command}
            newest = dict(list(others.items())[1 - COMMANDS :])
            _file().write_text(json.dumps({**newest, self.command: list(phases)}))


def of_this_command() -> Remembered:
    """Returns what is known of the command that this process was started as, if it is one of a
    room's (``python -m ROOM …``)."""
    program, *words = sys.argv
    room = Path(program).resolve().parent
    if room.parent != ROOT:
        return Remembered()
    command = " ".join([room.name, *_without_out(words)])
    return Remembered(command, _read().get(command, []))


def _without_out(words: Sequence[str]) -> list[str]:
    """Returns them without --out DIR: where results go takes no time."""
    before = ["", *words]
    return [
        word
        for last, word in zip(before, words, strict=False)
        if last != "--out" and word.partition("=")[0] != "--out"
    ]


def _file() -> Path:
    return cache_directory() / "times.json"


def _read() -> dict[str, list[tuple[str, float, float]]]:
    """Returns what is kept; what can't be read is nothing."""
    try:
        told = json.loads(_file().read_text())
        return {
            str(command): [(str(name), float(usual), float(took)) for name, usual, took in phases]
            for command, phases in told.items()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
