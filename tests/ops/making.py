"""Make, as somebody types it, and what its commands were called with."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from tests.ops.conftest import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()

RECORDER = """#!/bin/sh
for each in "$@"; do printf '[%s]' "$each"; done
echo
"""
STAMPS = (".requirements", ".runtime", ".small")


def listed(variable: str) -> list[str]:
    """Returns the words of one of the Makefile's lists."""
    (text,) = re.findall(rf"^{variable} := ((?:.*\\\n)*.*)$", MAKEFILE, re.M)
    return str(text).replace("\\", "").split()


OF_AN_OUTER_MAKE = (*listed("VARIABLES"), "MAKEFLAGS", "MAKELEVEL", "MFLAGS")
"""`make test` hands these on, and a make within a make also says where it is."""


def make(
    *arguments: str, directory: Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    """By the full path, so that PATH may be anything."""
    outer = {name: text for name, text in os.environ.items() if name not in OF_AN_OUTER_MAKE}
    return subprocess.run(
        [str(shutil.which("make")), *arguments],
        cwd=directory,
        env={**outer, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def recording(clone: Path) -> Path:
    """Returns a clone in which all is installed, with a Python that says its arguments."""
    binaries = clone / ".venv/bin"
    binaries.mkdir(parents=True)
    for name in ("Makefile", "LICENSE", *(path.name for path in ROOT.glob("*requirements*"))):
        shutil.copy(ROOT / name, clone)
    shutil.copy(ROOT / "constraints.txt", clone)
    (clone / "ops").mkdir()
    for name in ("__init__.py", "meant.py"):
        shutil.copy(ROOT / "ops" / name, clone / "ops")
    for name in ("python", "pip"):
        (binaries / name).write_text(RECORDER)
        (binaries / name).chmod(0o755)
    for name in STAMPS:
        (clone / ".venv" / name).touch()
    return clone


def called(clone: Path, *arguments: str, **environment: str) -> str:
    """Returns what was said, and with it what Python was called with, each argument in brackets."""
    done = make(*arguments, directory=clone, **environment)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout
