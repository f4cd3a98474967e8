"""Machines that only pretend: what they are told is kept, what they say is prepared."""

from __future__ import annotations

import re
from pathlib import Path

from lab.machines.machine import Machine, Ran


class Pretender(Machine):
    """Answers a command by the first pattern found in it; else silently and with success."""

    def __init__(self, *answers: tuple[str, str]) -> None:
        super().__init__("pretender", Path(), Path(), [])
        self.answers_by = answers
        self.commands: list[str] = []

    def execute(self, command: str, timeout: float = 60, patience: float = 120) -> Ran:
        self.commands.append(command)
        for pattern, answer in self.answers_by:
            if re.search(pattern, command):
                return Ran(command, 0, answer)
        return Ran(command, 0, "")
