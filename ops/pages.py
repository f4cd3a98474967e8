"""The page and the files for each user's phone, written by `python -m profiles`."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ops.cli import in_ci, unwatched
from ops.pulumi import Pulumi

DIRECTORY = Path("build/profiles")
"""In the clone, where git ignores it."""


def profiles(options: argparse.Namespace, pulumi: Pulumi) -> int:
    """Write each user's page and files to build/profiles, of a stack or of a settings file."""
    if options.settings:
        source = ["--settings", options.settings]
        out = DIRECTORY / Path(options.settings).stem
    else:
        source = ["--stack", pulumi.stack]
        out = DIRECTORY / pulumi.name
    server = ["--server", options.server] if options.server else []
    return _command(pulumi, [*source, *server], out, options.title).returncode


def after_up(pulumi: Pulumi, title: str) -> Path | None:
    """Write a stack's pages; returns their directory, or None where they are not written: on a
    CI machine, since they hold passwords, and where something is in the way, which is said."""
    if in_ci(pulumi.environment):
        return None
    out = DIRECTORY / pulumi.name
    done = _command(pulumi, ["--stack", pulumi.stack], out, title, quiet=True)
    if done.returncode:
        words = done.stderr.strip().splitlines() or ["it failed without a word"]
        print(
            f"the pages are not written ({words[-1]}); make profiles STACK={pulumi.stack}",
            file=sys.stderr,
        )
        return None
    # It names people.
    if unwatched(pulumi.environment):
        print(done.stderr, end="", file=sys.stderr)
    return out


def _command(
    pulumi: Pulumi, source: Sequence[str], out: Path, title: str, quiet: bool = False
) -> subprocess.CompletedProcess[str]:
    """A process of its own: rooms above this one are run, and not imported."""
    named = ["--title", title] if title else []
    return subprocess.run(
        [sys.executable, "-m", "profiles", *source, *named, "--out", str(out)],
        cwd=pulumi.directory,
        env=dict(pulumi.environment),
        stdin=subprocess.DEVNULL,
        capture_output=quiet,
        text=True,
        check=False,
    )
