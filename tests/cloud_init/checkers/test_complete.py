"""No file is shipped without a checker, and no checker is trusted that was not seen to complain."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from tests.cloud_init.checkers.checking import CheckedBy, Checker, checkers_of
from tests.cloud_init.checkers.test_interpreters import python
from tests.cloud_init.guest_tree import Guest

HERE = Path(__file__)
MODULES = [
    import_module(f"{__package__}.{path.stem}")
    for path in sorted(HERE.parent.glob("test_*.py"))
    if path != HERE
]
CHECKED_BY: list[CheckedBy] = [module.CHECKED_BY for module in MODULES]


def test_every_shipped_file_has_a_checker(guest: Guest) -> None:
    files = {path for path in (guest.out / "rootfs").rglob("*") if path.is_file()}
    paths = {"/" + path.relative_to(guest.out / "rootfs").as_posix() for path in files}
    assert paths | {"user-data"} == {path for checked_by in CHECKED_BY for path in checked_by}


def test_every_checker_was_seen_to_complain() -> None:
    seen: set[Checker] = {row[0] for module in MODULES for row in module.BROKEN}
    # By a test of its own, since no row can break a script so that only Python minds.
    seen |= {python}
    assert seen == {checker for checked_by in CHECKED_BY for checker in checkers_of(checked_by)}
