"""A commit's files as git keeps them: names, modes and bytes. Nothing of it is checked out,
so no link is followed, nothing is run, and no file is read because another one says so."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ops.cli import PROJECT_DIRECTORY, OpsError

LARGEST = 262_144
"""Bytes of one file that is worth reading; the whole guest may have a quarter of that."""

MOST = 1_000
"""Files of one guest that are worth reading; it has some 50."""

TIMEOUT = 60
"""Seconds for one command of git's."""

_COMMIT = re.compile(r"[0-9a-f]{40}")
_PLAIN = re.compile(r"(?:/(?!\.{1,2}(?:/|$)|\.git(?:/|$))[!-.0-~]+)+", re.IGNORECASE)
"""A path, with a slash before it: printable ASCII without spaces, and nothing that leads out."""


@dataclass(frozen=True)
class Entry:
    """What git notes of one file."""

    mode: str
    """100644 or 100755 for a file; anything else is none: a link, another repository."""
    id: str
    size: int
    """Bytes; 0 for another repository."""


Tree = Mapping[str, Entry]
"""By path. What is no UTF-8 in a path stands there as a lone surrogate."""


def git(*arguments: str, given: bytes = b"", directory: Path = PROJECT_DIRECTORY) -> bytes:
    """Return what git prints.

    Raises:
        OpsError: it failed, or took more than `TIMEOUT` seconds.
    """
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=directory,
            input=given,
            capture_output=True,
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise OpsError(f"git {arguments[0]} took more than {TIMEOUT} s") from None
    if done.returncode:
        words = done.stderr.decode(errors="replace").split("\n")[0][:200]
        raise OpsError(f"git {arguments[0]}: {words or 'failed without a word'}")
    return done.stdout


def checked_commit(text: str) -> str:
    """A commit's full hash, which is the only name that means one thing.

    Raises:
        OpsError: it is none.
    """
    if not _COMMIT.fullmatch(text):
        raise OpsError("COMMIT is not a commit's 40 hexadecimal digits")
    return text


def resolved(name: str, called: str, directory: Path = PROJECT_DIRECTORY) -> str:
    """The full hash of a commit that somebody names in his own clone.

    Args:
        name: a branch, a tag, a hash.
        called: what the line begins with if there is no such commit.
        directory: the clone.

    Raises:
        OpsError: there is none.
    """
    wanted = ("--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    try:
        return git("rev-parse", *wanted, directory=directory).decode().strip()
    except OpsError:
        raise OpsError(
            f"{called}: {name!r} is no commit of this clone; expected a branch, a tag or a hash,"
            " such as main or origin/main"
        ) from None


def parting(base: str, head: str, directory: Path) -> str:
    """The commit from which ``head`` went its own way: what a pull request is compared with.

    Raises:
        OpsError: there is none, or more than one.
    """
    try:
        found = git("merge-base", "--all", base, head, directory=directory).decode().split()
    except OpsError as error:
        raise OpsError(f"it has no commit in common with {base[:9]} ({error})") from None
    if len(found) != 1:
        raise OpsError(f"it parted from {base[:9]} at {len(found)} commits; expected one")
    return found[0]


def tree(commit: str, directory: Path) -> Tree:
    """Every file of a commit."""
    listed = git("ls-tree", "-r", "-l", "-z", "--full-tree", commit, directory=directory)
    entries = {}
    for line in listed.split(b"\0")[:-1]:
        facts, _, path = line.partition(b"\t")
        mode, _, id_, size = facts.decode().split()
        number = int(size) if size.isdigit() else 0
        entries[path.decode(errors="surrogateescape")] = Entry(mode, id_, number)
    return entries


def copy(files: Tree, out: Path, directory: Path) -> None:
    """Write these files below ``out``, bytes and executable bit as they are.

    Raises:
        OpsError: one of them is not an ordinary file of an ordinary name and size.
    """
    if len(files) > MOST:
        raise OpsError(f"{len(files)} files; expected at most {MOST}")
    for path, entry in files.items():
        if fault := _fault(path, entry):
            raise OpsError(f"{path}: {fault}")
    ids = "".join(f"{entry.id}\n" for entry in files.values())
    answer = git("cat-file", "--batch", given=ids.encode(), directory=directory)
    for path, entry in files.items():
        # One line that tells what comes, the content, and one line's end.
        _, _, answer = answer.partition(b"\n")
        content, answer = answer[: entry.size], answer[entry.size + 1 :]
        target = out / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        except OSError as error:
            raise OpsError(f"{path}: {error.strerror}") from None
        target.chmod(0o755 if entry.mode == "100755" else 0o644)


def _fault(path: str, entry: Entry) -> str:
    if not _PLAIN.fullmatch(f"/{path}"):
        return "the name is not printable ASCII without spaces"
    if entry.mode not in ("100644", "100755"):
        kinds = {"120000": "a symbolic link", "160000": "another repository"}
        return f"{kinds.get(entry.mode, f'of mode {entry.mode}')}; expected a file"
    return f"{entry.size} bytes; expected at most {LARGEST}" if entry.size > LARGEST else ""
