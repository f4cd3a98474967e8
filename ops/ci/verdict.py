"""What a pull request's commit changes of the guest, judged by main's code from its files alone.

Nothing of the commit is run: files that are data are rendered by the renderer beside this
module, and files that are code are named, for a person to judge.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ops.ci import guests
from ops.ci.tree import Tree, checked_commit, copy, parting, tree
from ops.cli import PROJECT_DIRECTORY, OpsError

HARMLESS = (
    *("README.md", "README.ja.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE"),
    *("profiles/", "docs/", "lab/", "bench/", "pictures/", "tests/", ".github/ISSUE_TEMPLATE/"),
)
"""What nothing that makes or changes a gateway reads. All else can shape the guest, whatever
it is called: a list of what can't is right also for a file that nobody has thought of."""


@dataclass(frozen=True)
class Verdict:
    """What was looked at, and what it came to."""

    base: str
    """The commit from which the pull request parted."""
    head: str
    changed: tuple[str, ...] = ()
    """Paths of the files that differ and can shape the guest."""
    failed: Mapping[str, str] = field(default_factory=dict)
    """By choice: why its guest could not be rendered."""
    same: tuple[str, ...] = ()
    """Choices whose guest is the same, byte for byte."""
    different: Mapping[str, tuple[guests.Guest, guests.Guest]] = field(default_factory=dict)
    """By choice: the guest before and after."""

    @property
    def code(self) -> tuple[str, ...]:
        """Changed files that no renderer of ours may touch."""
        return tuple(path for path in self.changed if not is_data(path))

    @property
    def data(self) -> tuple[str, ...]:
        """Changed files that were rendered, or should have been."""
        return tuple(path for path in self.changed if is_data(path))


def is_data(path: str) -> bool:
    """Say whether the renderer reads this file and nothing runs it here."""
    return path == guests.EXAMPLE or path.startswith(guests.ROOTFS)


def can_shape(path: str) -> bool:
    """Say whether a change of this file may change a guest."""
    folders = tuple(name for name in HARMLESS if name.endswith("/"))
    return path not in HARMLESS and not path.startswith(folders)


def judge(base: str, head: str, directory: Path = PROJECT_DIRECTORY) -> Verdict:
    """The verdict on ``head``, a pull request to the branch at ``base``.

    Raises:
        OpsError: git can't compare the two.
    """
    parted = parting(checked_commit(base), checked_commit(head), directory)
    before, after = tree(parted, directory), tree(head, directory)
    paths = sorted({*before, *after})
    changed = tuple(p for p in paths if before.get(p) != after.get(p) and can_shape(p))
    if not any(map(is_data, changed)):
        return Verdict(parted, head, changed)
    one, other = (_rendered(files, directory) for files in (before, after))
    failed = {
        choice: f"{commit[:9]}: {guest[choice]}"
        for commit, guest in ((parted, one), (head, other))
        for choice in guests.CHOICES
        if isinstance(guest[choice], str)
    }
    good = {
        choice: (a, b)
        for choice in guests.CHOICES
        if not isinstance(a := one[choice], str) and not isinstance(b := other[choice], str)
    }
    same = tuple(choice for choice, (a, b) in good.items() if a == b)
    different = {choice: both for choice, both in good.items() if choice not in same}
    return Verdict(parted, head, changed, failed, same, different)


def _rendered(files: Tree, directory: Path) -> Mapping[str, guests.Guest | str]:
    data = {path: entry for path, entry in files.items() if is_data(path)}
    with tempfile.TemporaryDirectory(prefix="lunch-gateway-") as out:
        try:
            copy(data, Path(out), directory)
            return guests.rendered(Path(out))
        except OpsError as error:
            return dict.fromkeys(guests.CHOICES, str(error))
