"""How a command of the lab ends, whatever happened: in one message and a status."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from lab.host import LabError
from lab.machines.expectations import ExpectationFailed, QemuFailed
from lab.progress import Progress, complain
from lab.remembered import of_this_command

TRY_AGAIN = os.EX_TEMPFAIL
"""75, sysexits.h: nothing is wrong with what was asked for."""


class Mistake(Exception):
    """What the user asked for, or a file, is wrong; its text is one line for the user."""


class Command(Protocol):
    """Options that say themselves which function they are for. Those with an ``out`` have a
    directory for results and evidence."""

    @property
    def function(self) -> Callable[[Any, Progress], int]:
        """Returns what is called with these options, and returns a status for the shell."""


def finish(options: Command) -> int:
    """Run ``options.function``, as `carry_out` does."""
    out: Path | None = getattr(options, "out", None)
    return carry_out(lambda progress: options.function(options, progress), out)


def carry_out(command: Callable[[Progress], int], out: Path | None) -> int:
    """Run a command and return the status for the shell: 0 well, 1 an expectation failed, 2 the
    user's mistake, or the lab can't go on, 75 the same by QEMU's fault, 130 interrupted. A mistake
    of the lab's own is raised.

    Args:
        command: returns 0 or 1, and raises what is told here.
        out: where it leaves its evidence, if it leaves some.
    """
    try:
        progress = Progress(phases=0, remembered=of_this_command())
    except LabError as error:
        complain(f"the lab can't go on: {error}")
        return 2
    # So that whoever ends us politely gets the machines and disks cleaned up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        status = command(progress)
        if status == 0:
            progress.ended_well()
        return status
    except Mistake as mistake:
        complain(str(mistake))
        return 2
    except LabError as error:
        where = f", in phase {progress.current!r}" if progress.current else ""
        complain(f"the lab can't go on{where}: {error}")
        return TRY_AGAIN if isinstance(error, QemuFailed) else 2
    except ExpectationFailed as failure:
        evidence = f"\nevidence: {out}" if out else ""
        complain(f"FAILED in phase {progress.current!r}: {failure}{evidence}")
        return 1
    except KeyboardInterrupt:
        complain(f"interrupted in phase {progress.current!r}")
        return 130
    except Exception:
        complain(f"a mistake of the lab's own, in phase {progress.current!r}:")
        raise
