"""See README.md beside this file."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from lab import provision
from lab.images import disk
from lab.lab import IKE_ASKED, SEED, Lab
from lab.machines.expectations import ExpectationFailed, poll
from lab.phones.phone import Credentials
from lab.progress import Checks
from lab.world import mirror

LONG = 2400
"""Seconds for what takes minutes: on a busy host ten times as many."""
LOG = "/var/log/gateway-setup.log"
LEFT = 200_000_000
"""Bytes that are left on the disk. apt's lists take 140 MB of them, packages 143 more."""
IN_ITS_WAY = (
    "systemctl stop chrony; date --set='5 years'"
    f" && fallocate -l $(($(df --block-size=1 --output=avail / | tail -n 1) - {LEFT})) /fill"
)
RIGHT_TIME = "date --set='5 years ago' && systemctl start chrony"
CUTS = {
    "while-unpacking": "Unpacking linux-image",
    "in-the-initramfs": "update-initramfs: Generating",
}
"""What apt's log says when the power is cut."""
NO_KERNEL = {
    "/etc/apt/preferences.d/lab": (
        "Package: linux-image-*-amd64\nPin: release n=trixie-backports\nPin-Priority: -1\n"
    )
}
"""The metapackage is there, and no image that it depends on."""
NOT_WHOLE = "Failed loading yaml blob|the user-data did not arrive whole"


def expect(lab: Lab, users: list[Credentials], checks: Checks) -> dict[str, Any]:
    """Check everything that the README of this scenario says; returns what else was seen."""
    _everything_in_its_way(lab, checks)
    _without_backports_kernel(lab, checks)
    _cut_off_user_data(lab, checks)
    return {"first_boot_kernels": provision.kernels(lab)}


def _everything_in_its_way(lab: Lab, checks: Checks) -> None:
    _power_on(lab, IN_ITS_WAY)
    lines: dict[str, tuple[str, Callable[[], object]]] = {
        "no-way-to-the-mirror": ("connect|No route", lambda: mirror.a_hotels_page(lab.world)),
        "a-page-for-lists": ("NOSPLIT|signed|parse", lambda: mirror.as_ever(lab.world)),
        "lists-have-expired": ("expired", lambda: lab.gateway.succeed(RIGHT_TIME)),
        "disk-nearly-full": (
            "enough free space|No space left",
            lambda: lab.gateway.succeed("rm /fill"),
        ),
    }
    for name, (words, mend) in lines.items():
        with checks.check(f"first-boot-{name}") as details:
            details.append(_says(lab, f"gateway-setup: waiting, .*(?:{words})"))
        mend()
    for name, words in CUTS.items():
        with checks.check(f"first-boot-power-cut-{name}") as details:
            lab.gateway.wait_until_succeeds(f"grep -q '{words}' {LOG}", LONG)
            details.append(f"at: {lab.gateway.console.last_line()}")
        lab.gateway.stop()
        lab.gateway.start()
        lab.gateway.wait_until_up(LONG)
    with checks.check("first-boot-ends-ready"):
        provision.until_ready(checks.progress, lab)
        provision.expect_whole(lab)
    lab.gateway.stop()


def _without_backports_kernel(lab: Lab, checks: Checks) -> None:
    with checks.check("first-boot-stables-kernel") as details:
        _power_on(lab, lambda: lab.gateway.write(NO_KERNEL))
        mirror.as_ever(lab.world)
        details.append(_says(lab, "gateway-setup: backports' kernel can't be had"))
        provision.until_ready(checks.progress, lab)
        provision.expect_no_half_package(lab)
        details.append(lab.gateway.succeed("uname -r").strip())
    mirror.as_ever(lab.world)
    lab.gateway.stop()


def _cut_off_user_data(lab: Lab, checks: Checks) -> None:
    """Hand half of the user-data over, as a cloud might."""
    whole = (lab.directory / "guest" / "user-data").read_bytes()
    (half := lab.scratch / "half").write_bytes(whole[: len(whole) // 2])
    (seed := lab.scratch / SEED).unlink(missing_ok=True)
    disk.seed_disk(half, "lunch-gateway", seed)
    with checks.check("first-boot-user-data-cut-off") as details:
        provision.power_on(lab)
        details.append(_says(lab, NOT_WHOLE))
        lab.gateway.wait_until_up(LONG)
        lab.gateway.wait_until_succeeds("test -e /run/cloud-init/result.json", LONG)
        _expect_closed(lab)
    lab.gateway.stop()


def _power_on(lab: Lab, then: str | Callable[[], None]) -> None:
    """Power a fresh machine on that finds no mirror; do the rest when it takes commands."""
    mirror.unreachable(lab.world)
    provision.power_on(lab)
    lab.gateway.wait_until_up(LONG)
    if isinstance(then, str):
        lab.gateway.succeed(then)
    else:
        then()


def _says(lab: Lab, words: str) -> str:
    """Returns the line of the console, which is waited for.

    Raises:
        ExpectationFailed: it does not come, or IKE answers.
    """

    def line() -> str | None:
        found = re.search(rf"[^\n]*(?:{words})[^\n]*", lab.gateway.console.plain())
        return found and found[0].strip()

    said = poll(line, f"the console says {words}", LONG, lab.gateway.check_alive)
    _expect_closed(lab)
    return said


def _expect_closed(lab: Lab) -> None:
    if lab.world.execute(IKE_ASKED, 120).status == 0:
        raise ExpectationFailed("IKE answers before the gateway is set up")
