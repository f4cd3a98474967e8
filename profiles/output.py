"""Writing what holds secrets: for its owner only, where git won't take it along, and all
of it or nothing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from profiles.account import ProfileError
from settings.whole import replacing

MARKER = ".written-by-clients"
"""Stands in every directory that we wrote. Without it we replace nothing."""


def write(out: Path, people: Mapping[str, Mapping[str, bytes]]) -> None:
    """Write a directory for each person (mode 0700) with their files (0600), in place of
    what an earlier run wrote to ``out``.

    Args:
        out: the directory; what stands above it is made where it is missing.
        people: file content by file name, by user name.

    Raises:
        ProfileError: ``out`` is not ours to replace, or git could pick it up.
        OSError: writing failed. What was there before is there still.
    """
    # Through links: the directory that they lead to is the one to replace.
    out = Path(os.path.realpath(out))
    _refuse_foreign(out)
    refuse_git(out)
    with replacing(out) as new:
        _write(new / MARKER, b"python -m profiles replaces everything here.\n")
        for user, files in people.items():
            (new / user).mkdir(mode=0o700)
            for name, content in files.items():
                _write(new / user / name, content)


def refuse_git(out: Path) -> None:
    """Raises `ProfileError` if ``out`` lies in a git repository that does not ignore it:
    the next ``git add .`` would publish everybody's password."""
    above = next((path for path in out.parents if path.exists()), out)
    if not any((path / ".git").exists() for path in (out, *out.parents)):
        return
    # Asked about a file in it, since a pattern may name directories only.
    ignored = _git(above, "check-ignore", "--quiet", str(out / MARKER))
    tracked = _git(above, "ls-files", "--error-unmatch", "--", str(out))
    if ignored != 0 or tracked == 0:
        raise ProfileError(
            f"{out}: lies in a git repository that does not ignore it, and these files hold"
            " passwords; choose a directory outside of it, or one under build/ here"
        )


def _git(directory: Path, *arguments: str) -> int:
    """Return its exit status; without git nobody can say that the place is safe."""
    # A hook's environment names its own repository.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", "-C", str(directory), *arguments], env=clean, capture_output=True, check=False
        )
    except FileNotFoundError:
        return 128
    return done.returncode


def _refuse_foreign(out: Path) -> None:
    if not out.exists():
        return
    if not out.is_dir():
        raise ProfileError(f"{out}: is a file; name a new directory")
    if any(out.iterdir()) and not (out / MARKER).exists():
        raise ProfileError(f"{out}: holds files that this command did not write; name a new one")


def _write(path: Path, content: bytes) -> None:
    """Nobody else can read it at any moment, whatever the umask."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
