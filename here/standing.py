"""Bring up what stands behind Azure, and a project in front of it; and take both away again."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from here import computer, ground
from here.azure.behind import Behind
from here.cli.obtain import Cli, CliError, obtain
from here.project import ROOT, Project
from lab.host import LabError
from lab.lab import PUBLIC_ADDRESS
from lab.machines.machine import Machine

LONGEST = 1800
"""Seconds for the ground. Images are built once, which takes minutes."""
DIES_WITH_US = ("setpriv", "--pdeathsig", "TERM", "--")
GOODBYE = 60
"""Seconds for its end."""


@dataclass(frozen=True)
class Standing:
    """Everything to lead a gateway's life with."""

    project: Project
    computer: computer.Computer
    world: Machine
    """Spoken to by its agent: another process has started it."""
    socket: str
    """Of what stands behind Azure."""
    pids: list[int]
    """Of the processes that must be gone in the end."""


@dataclass
class _Obtaining:
    """Pulumi, got ready beside the images."""

    cli: Cli | None = None
    error: str = ""
    thread: threading.Thread = field(init=False)

    def begin(self) -> None:
        self.thread = threading.Thread(target=self._obtain, daemon=True)
        self.thread.start()

    def _obtain(self) -> None:
        try:
            self.cli = obtain(lambda line: print(f"    {line}", flush=True))
        except CliError as error:
            self.error = str(error)

    def end(self) -> Cli:
        self.thread.join()
        if self.cli is None:
            raise LabError(self.error)
        return self.cli


@contextmanager
def standing(out: Path, stack: str, *, keeps: bool) -> Iterator[Standing]:
    """Yields all of it; whatever happens, its processes are gone afterwards.

    Args:
        out: an empty directory for it.
        stack: its name.
        keeps: whether disks with its secrets may be kept.

    Raises:
        LabError: this computer can't do it; with what is missing.
    """
    # However we end, it ends with us.
    process = started(out, "--keep" if keeps else "", before=DIES_WITH_US)
    try:
        yield waited_for(out, stack, process)
    finally:
        process.terminate()
        process.wait(GOODBYE)


def started(out: Path, *options: str, before: Sequence[str] = ()) -> subprocess.Popen[bytes]:
    """Start what stands behind Azure; ``before`` stands before its command."""
    (out / ground.STANDS).unlink(missing_ok=True)
    words = [*before, sys.executable, "-m", "here.ground", str(out), *filter(None, options)]
    with (out / ground.LOG).open("wb") as log:
        return subprocess.Popen(
            words,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # By itself it also outlives the terminal.
            start_new_session=not before,
        )


def waited_for(out: Path, stack: str, process: subprocess.Popen[bytes]) -> Standing:
    """Returns all of it as soon as it stands, with a project before it.

    Raises:
        LabError: it ended; with its last words.
    """
    obtaining = _Obtaining()
    obtaining.begin()
    stands, until = out / ground.STANDS, time.monotonic() + LONGEST
    while not stands.exists():
        if process.poll() is not None or time.monotonic() > until:
            raise LabError(f"what stands behind Azure does not: {said(out)}")
        time.sleep(0.2)
    return before_it(out, stack, obtaining.end())


def before_it(out: Path, stack: str, cli: Cli) -> Standing:
    """Returns all of what stands already."""
    told = json.loads((out / ground.STANDS).read_text())
    behind = Behind(str(out / ground.SOCKET), PUBLIC_ADDRESS)
    project = Project(out, stack)
    project.make(cli, behind)
    world = Machine("world", out / "evidence", Path(told["scratch"]), [])
    own = computer.Computer(told["computer"])
    return Standing(project, own, world, behind.socket, [told["pid"], told["computer"]])


def said(out: Path) -> str:
    """Returns the last line that the ground has said."""
    log = out / ground.LOG
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return lines[-1] if lines else ""


def starts(out: Path) -> list[str]:
    """Returns what the machines began with, in order, in the words of `here.kept`."""
    text = (out / ground.LOG).read_text(errors="replace")
    return re.findall(r"the machine starts with (.*)", text)


def removed(out: Path) -> None:
    """Remove the directory of a run."""
    shutil.rmtree(out, ignore_errors=True)
