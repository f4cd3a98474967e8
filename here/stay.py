"""A gateway that is left standing here: the commands of `make` act on it as on one of Azure's.

Its stack is called ``here``. What stands behind it begins with `make up` and ends with `make down`;
settings and secrets stay.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from here import computer, door, ground
from here.azure.arm import erase
from here.azure.behind import Behind
from here.cli.obtain import CliError, obtain
from here.project import PROJECT, ROOT, Project
from here.standing import said, started, waited_for
from lab.host import LabError, base_directory, made
from lab.lab import PUBLIC_ADDRESS
from lab.machines.expectations import poll
from lab.progress import Progress

STACK = "here"
ASK_NOBODY = frozenset({"user", "new-key", "profiles", "output", "preview", "backup"})
"""These need nothing that stands, and no network."""
WAIT = 60
"""Seconds until what stands behind Azure has ended."""


def directory() -> Path:
    """Returns where it lies: in no clone, which may be cleaned while it stands."""
    return base_directory("XDG_DATA_HOME", ".local/share") / PROJECT / STACK


def carry_out(arguments: Sequence[str], phone: str, progress: Progress) -> int:
    """Carry out one of make's commands; returns its status.

    Args:
        arguments: those of ``python -m ops``, but for the stack.
        phone: an address of this computer at which phones may dial in, for ``up``; or empty.
        progress: of what stands behind Azure.

    Raises:
        LabError: this computer can't do it; with what is missing.
    """
    out, command = directory(), arguments[0]
    if command == "up":
        _refuse(out, phone)
    elif not _settings(Project(out, STACK)).exists():
        raise LabError("no stack here yet; make up HERE=yes")
    made(out, "XDG_DATA_HOME", 0o700)
    project, more = _project(out), []
    if command == "up":
        if not stands(out):
            _begin(out, phone, progress)
            more = ["--refresh"] if _lose_machines(project) else []
        _configure(project, phone)
    status = _run(project, _computer(out), [*arguments, *more])
    if command == "down" and status == 0:
        end(out)
        print("nothing of it runs on this computer any more")
    return status


def _refuse(out: Path, phone: str) -> None:
    """Raises `LabError` where it can't begin: before a Pulumi is fetched, and images are built."""
    if not stands(out):
        computer.require()
        if phone:
            door.require(phone)
    elif phone:
        raise LabError(f"PHONE: it stands already; make down STACK={STACK} comes first")


def stands(out: Path) -> bool:
    """Returns whether what stands behind Azure is there, and is ours."""
    with suppress(OSError):
        words = Path(f"/proc/{_told(out, 'pid')}/cmdline").read_bytes().split(b"\0")
        return b"here.ground" in words and str(out).encode() in words
    return False


def _told(out: Path, name: str) -> int:
    """Returns a process's number; 0 if nothing stands."""
    told = out / ground.STANDS
    return int(json.loads(told.read_text())[name]) if told.exists() else 0


def _project(out: Path) -> Project:
    project = Project(out, STACK)
    try:
        project.make(obtain(), Behind(str(out / ground.SOCKET), PUBLIC_ADDRESS))
    except CliError as error:
        raise LabError(str(error)) from None
    # Pages lie where those of every stack lie.
    (ROOT / "build").mkdir(exist_ok=True)
    project.link("build", ROOT / "build")
    return project


def _computer(out: Path) -> computer.Computer | None:
    return computer.Computer(_told(out, "computer")) if stands(out) else None


def _begin(out: Path, phone: str, progress: Progress) -> None:
    with progress.phase("packages, images, Pulumi, the world", 120, lambda: said(out)):
        process = started(out, *(["--phone", phone] if phone else []))
        try:
            waited_for(out, STACK, process)
        except BaseException:
            process.terminate()
            raise
    if phone:
        print(f"UDP 500 and 4500 of {phone} lead to it now, until make down STACK={STACK}")


def _lose_machines(project: Project) -> bool:
    """Have Azure lose a machine whose ground ended before this one; returns whether it did."""
    with project.azure.open() as known:
        lost = [key for key in known if "/virtualmachines/" in key]
        for key in lost:
            erase(known, key)
        for entry in known.values():
            entry.get("own", {}).pop("vm", None)
    return bool(lost)


def _configure(project: Project, phone: str) -> None:
    """Set what is other here than on Azure."""
    settings = {"readyTimeout": "40"}
    if phone:
        settings |= {"serverName": phone, "dnsServers[0]": door.RESOLVER}
    if not _settings(project).exists():
        _pulumi(project, "stack", "init", STACK)
    for key, text in settings.items():
        _pulumi(project, "config", "set", "--path", key, "--stack", STACK, given=text)


def _settings(project: Project) -> Path:
    """Returns the stack's file: it is there from the first ``up`` on, and stays."""
    return project.clone / f"Pulumi.{STACK}.yaml"


def _pulumi(project: Project, *arguments: str, given: str = "") -> None:
    ran = project.run(["pulumi", *arguments, "--non-interactive"], given=given)
    if ran.status:
        raise LabError(f"pulumi {arguments[0]}: {ran.text.strip()[-300:]}")


def _run(project: Project, own: computer.Computer | None, arguments: Sequence[str]) -> int:
    """Run it before the user's eyes, on the computer that has a way to the gateway if one has."""
    command = project.ops(*arguments)
    if own and arguments[0] not in ASK_NOBODY:
        command = own.enter(command)
    environment = {**project.environment, "TERM": os.environ.get("TERM", "dumb")}
    process = subprocess.Popen(command, cwd=project.clone, env=environment)
    while True:
        # Pulumi hears the terminal's Ctrl-C too, saves what it made, and ends.
        with suppress(KeyboardInterrupt):
            return process.wait()


def end(out: Path) -> None:
    """End what stands behind Azure, and remove what only it needed."""
    if stands(out):
        os.kill(_told(out, "pid"), signal.SIGTERM)
        poll(lambda: None if stands(out) else True, "what stands behind Azure ends", WAIT)
    for name in (ground.STANDS, ground.SOCKET, ground.LOG, "custom-data"):
        (out / name).unlink(missing_ok=True)
    for left in (out / "evidence").glob("*"):
        left.unlink()
