"""``python -m tests.pictures.recording FILE``: record the first `make up` on a double of Azure.

What is typed is the command behind make's, on a terminal. A stand-in answers phones in the place of
the machine, so no figure of time in it is one of Azure's.
"""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from here.azure.behind import Behind
from here.cli.obtain import obtain
from here.project import Project
from lab.lab import PUBLIC_ADDRESS
from tests.here.stand_in import OPEN, OnStandIn, standing_in

COMMAND = "make up REGION=japaneast"
OWN_KEYS = {"PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE_FILE"}
"""Without them it is the first use: state and passphrase are made where they belong."""


def recorded(directory: Path) -> Iterator[tuple[float, str]]:
    """When each line ended, and the line; with ~ for the home, and … for the directory."""
    with standing_in(directory / "socket") as site:
        project = Project(directory, "dev")
        project.make(obtain(), Behind(str(site.path), PUBLIC_ADDRESS))
        command = OnStandIn(0, directory / OPEN).enter(project.ops("up", "--region=japaneast"))
        known = {name: each for name, each in project.environment.items() if name not in OWN_KEYS}
        for when, line in _lines(command, project.clone, known):
            own = line.replace(str(directory / "home"), "~")
            yield when, own.replace(str(directory), "…")


def _lines(command: list[str], where: Path, known: dict[str, str]) -> Iterator[tuple[float, str]]:
    """What a program says on a terminal that can't move its cursor."""
    reader, terminal = pty.openpty()
    began, left = time.monotonic(), b""
    with subprocess.Popen(
        command,
        cwd=where,
        env={**known, "TERM": "dumb"},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    ) as process:
        os.close(terminal)
        while said := _read(reader):
            *lines, left = (left + said).split(b"\n")
            for line in lines:
                yield round(time.monotonic() - began, 2), line.decode().rstrip("\r")
    os.close(reader)
    assert process.returncode == 0


def _read(reader: int) -> bytes:
    try:
        return os.read(reader, 65536)
    except OSError:
        # The other end is closed.
        return b""


def write(path: Path, directory: Path) -> None:
    """As an asciicast."""
    head = {"version": 2, "width": 96, "height": 50, "command": COMMAND}
    events = [[when, "o", f"{line}\r\n"] for when, line in recorded(directory)]
    text = "\n".join(json.dumps(each, ensure_ascii=False) for each in [head, *events])
    path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        write(Path(sys.argv[1]), Path(scratch))
