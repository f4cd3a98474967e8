"""A machine's serial console: firmware, boot loader, kernel and systemd, in one log."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f]")
"""Control sequences (ECMA-48, 5.4) and characters, but for tab and newline."""
_STAMP = re.compile(r"^\[ *[\d.]+\] (?:\S+\[\d+\]: )?")
_DYING = re.compile(r"(?:Oops|RIP: 0010|Kernel panic)[^\r\n]*")
_HALF_PATCHED = "Oops: int3"
"""Linux ran into a breakpoint that it had set, and removed, to patch its own code."""


@dataclass(frozen=True)
class Console:
    """What QEMU appends to `log` across restarts; the file may not be there yet."""

    log: Path

    def text(self) -> str:
        """Returns all of it, as it came."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def plain(self) -> str:
        """Returns all of it as one reads it: systemd colours lines by how serious they are."""
        return _ESCAPES.sub("", self.text())

    def last_line(self) -> str:
        """Returns the newest line, whoever wrote it, without colours and time stamp."""
        lines = self.plain().splitlines()
        said = (_STAMP.sub("", line).strip() for line in reversed(lines))
        return next(filter(None, said), "")[:100]

    def died_of_qemu(self) -> bool:
        """Returns whether the kernel died of what QEMU before 8.1 does to two processors of which
        one patches code (`lab.lab.build`). No machine with one processor, no gateway, can."""
        return _HALF_PATCHED in self.text()

    def last_words(self) -> str:
        """Says why the machine may be silent, on one line: what a dying kernel said, and how
        far the console came."""
        found = _DYING.findall(self.text())
        said = "; ".join(found[-3:]) or "nothing of a panic"
        return f"{self.log} says {said} and ends with '{self.last_line()}'"
