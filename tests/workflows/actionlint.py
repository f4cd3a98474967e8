"""Gets actionlint: from PATH, the cache, or built from its published Go module."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from here.cli.obtain import GO_IN_A_HURRY
from lab.host import cache_directory

VERSION = "v1.7.12"
MODULE = "github.com/rhysd/actionlint/cmd/actionlint"
TIMEOUT = 600
"""Seconds. The build takes 12 on two cores, downloads included."""


class NoActionlint(RuntimeError):
    """There is none and no way to get one; says what to do."""


def obtain() -> Path:
    """The program.

    Raises:
        NoActionlint: it is not here and can't be built.
    """
    if on_path := shutil.which("actionlint"):
        return Path(on_path)
    cached = cache_directory() / f"actionlint-{VERSION}"
    if not cached.exists():
        _build(cached)
    return cached


def _build(target: Path) -> None:
    by_hand = "put actionlint on PATH (https://github.com/rhysd/actionlint), or Go 1.25 or later"
    if not shutil.which("go"):
        raise NoActionlint(f"no actionlint and no Go to build it with: {by_hand}")
    print(f"building actionlint {VERSION}", file=sys.__stderr__, flush=True)
    with TemporaryDirectory(prefix="actionlint-", dir=cache_directory()) as aside:
        done = subprocess.run(
            ["go", "install", f"{MODULE}@{VERSION}"],
            env={**GO_IN_A_HURRY, **os.environ, "GOBIN": aside, "GOFLAGS": ""},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        if done.returncode:
            raise NoActionlint(f"actionlint could not be built: {by_hand}\n{done.stdout[-1500:]}")
        # In one step, so that what is there is whole.
        Path(aside, "actionlint").rename(target)
