"""Each shipped file through the checker that its own program brings, on the guest's release.

Whatever a checker prints beyond what is expected is a failure: systemd-analyze and swanctl
print "Unknown key" or "discarded" and exit 0. And every checker has to complain about
files broken on purpose, or it would guard nothing.

A module a daemon: its checkers, the files that they check, and rows of what they must find.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.cloud_init.guest_tree import Guest

Checker = Callable[[Guest], str]
"""Says what is wrong with the guest's files, or nothing."""

CheckedBy = dict[str, tuple[Checker, ...]]
"""Guest paths to those of a module's checkers that read them."""

Broken = tuple[Checker, str, str, str]
"""Which checker has to complain if, in which file, which text becomes which other."""

UNITS = "/etc/systemd/system"
SBIN = "/usr/local/sbin"
GRUB = "/etc/default/grub.d/50-lunch-gateway.cfg"
IP_UP = "/etc/ppp/ip-up.d/lunch-gateway"
TUNNEL_SPLIT = f"{UNITS}/gateway-tunnel.service.d/10-lunch-gateway-split.conf"


def checkers_of(checked_by: CheckedBy) -> list[Checker]:
    """Each checker once, in the same order in every process."""
    found = {checker for checkers in checked_by.values() for checker in checkers}
    return sorted(found, key=lambda checker: checker.__name__)


def no_complaint(checked_by: CheckedBy) -> Callable[[Checker, Guest], None]:
    """The test that a module's checkers have no complaint about what we ship."""

    @pytest.mark.parametrize(
        "checker", checkers_of(checked_by), ids=lambda checker: checker.__name__
    )
    def has_no_complaint(checker: Checker, guest: Guest) -> None:
        assert checker(guest) == ""

    return has_no_complaint


def complains(rows: Iterable[Broken]) -> Callable[[Checker, str, str, str, Guest, Path], None]:
    """The test that a module's checkers complain about each broken file."""

    @pytest.mark.parametrize(
        ("checker", "path", "old", "new"),
        [pytest.param(*row, id=f"{row[0].__name__}-{row[3].strip()}") for row in rows],
    )
    def complains_about_a_broken_file(
        checker: Checker, path: str, old: str, new: str, guest: Guest, tmp_path: Path
    ) -> None:
        broken = guest.altered(tmp_path / "out", path, lambda text: text.replace(old, new, 1))
        assert checker(broken) != ""

    return complains_about_a_broken_file
