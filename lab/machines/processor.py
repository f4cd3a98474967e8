"""How long a process has kept processors busy: that is the same on a host with much else to do."""

from __future__ import annotations

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
"""A second's, by which the kernel counts."""


def seconds(process: int) -> float:
    """Returns the processor seconds of all threads of a process, its own and the kernel's for it.
    One that has ended has them until it was waited for (proc_pid_stat(5), utime and stime)."""
    # A name may have blanks and brackets in it.
    told = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / TICKS
