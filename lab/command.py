"""How a command of the lab ends, whatever happened: in one message and a status."""

from __future__ import annotations

import argparse
import signal
import sys

from lab.host import LabError
from lab.machines.machine import ExpectationFailed
from lab.progress import Progress, complain


def finish(options: argparse.Namespace) -> int:
    """Run ``options.function`` and return the status for the shell: 0 well, 1 an expectation
    failed, 2 the lab can't go on, 130 interrupted. A mistake of the lab's own is raised."""
    progress = Progress(phases=0)
    # So that whoever ends us politely gets the machines and disks cleaned up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        status: int = options.function(options, progress)
        return status
    except LabError as error:
        complain(f"the lab can't go on, in phase {progress.current!r}: {error}")
        return 2
    except ExpectationFailed as failure:
        complain(f"FAILED in phase {progress.current!r}: {failure}\nevidence: {options.out}")
        return 1
    except KeyboardInterrupt:
        complain(f"interrupted in phase {progress.current!r}")
        return 130
    except Exception:
        complain(f"a mistake of the lab's own, in phase {progress.current!r}:")
        raise
