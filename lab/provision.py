"""From a fresh image and user-data to a gateway that answers IKE, once per pair of both."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from lab import host, kept, yardstick
from lab.images.gateway import gateway_image
from lab.lab import IKE_ASKED, IKE_AWAITED, Lab, firmware
from lab.machines.expectations import ExpectationFailed, poll
from lab.progress import Progress

LASTING = 4
"""Times that the self-test must complain of the same thing, some 50 s apart, to be given up: on a
slow host a daemon may not be there at its first."""
PHASES = 3
"""How many phases `provision` announces."""


@dataclass(frozen=True)
class Provisioned:
    """A gateway that has been set up, and how that went."""

    disk: str
    kernels: list[str]
    """The kernel of each boot until IKE answered, in order."""
    ready_seconds: float
    """Lasted from power-on to IKE's first answer, by the clock on the wall."""
    world_boot_seconds: float
    """What the world's own boot took, by its own clock: how slow the host was then."""
    selftest_before_ike: bool
    """Whether the self-test had passed when IKE answered first."""
    first_boot: dict[str, float]
    """What took how many seconds of it, by the clocks of the kernels; what is left of
    `ready_seconds` is firmware, boot loader and the restart."""
    processor_seconds: float
    """For so long QEMU kept the host's processors busy for it, from power-on to IKE."""
    yardstick: dict[str, dict[str, float]]
    """What the same work takes there and here: see `lab.yardstick`."""

    def told(self) -> dict[str, Any]:
        """Returns what a run's result says of it: all but its place here."""
        told = asdict(self)
        del told["disk"], told["selftest_before_ike"]
        return {"boots": len(self.kernels), **told}


def earlier(user_data: Path) -> Provisioned | None:
    """Returns the gateway that an earlier run provisioned with the same image and user-data."""
    disk = disk_of(user_data.read_bytes())
    record = disk.with_suffix(".json")
    if not record.exists():
        return None
    host.used(disk)
    return Provisioned(**json.loads(record.read_text()))


def disk_of(user_data: bytes) -> Path:
    """Returns where the disk is kept that this user-data set up on this very image, or would be."""
    told = [field.name for field in fields(Provisioned)]
    name = host.digest(gateway_image().identity, user_data, *told)
    return host.cache_directory() / f"provisioned-{name}.qcow2"


def provision(progress: Progress, lab: Lab, user_data: Path) -> Provisioned:
    """Boot a fresh image with this user-data until IKE answers; keep it as it runs, and its disk.

    The world runs already; the gateway is off before and after.

    Raises:
        ExpectationFailed: the gateway says that it failed, or says nothing for too long.
    """
    disk = disk_of(user_data.read_bytes())
    record = disk.with_suffix(".json")
    record.unlink(missing_ok=True)
    lab.insert_disk(gateway_image().disk)
    outcome = _follow(progress, lab, disk)
    with progress.phase("keep it as it runs, shut down and keep the disk", 30):
        # What belongs to the set-up shall be over: its last act is this clean-up.
        lab.gateway.wait_until_succeeds("test -e /var/lib/lunch-gateway/scrubbed", 300)
        outcome = replace(outcome, yardstick=yardstick.measure(lab.gateway))
        kept.keep(progress, lab.gateway, state_of(lab, outcome))
        lab.gateway.shut_down()
        lab.gateway_disk.replace(disk)
    # For whoever needs its packages with other user-data (here/kept.py).
    disk.with_suffix(".user-data").write_bytes(user_data.read_bytes())
    record.write_text(json.dumps(asdict(outcome)))
    host.forget_all_but(host.KEEP, "provisioned-*.qcow2")
    return outcome


def state_of(lab: Lab, gateway: Provisioned) -> Path | None:
    """Returns where this very gateway is kept as it runs: see `lab.kept.state_of`."""
    record = json.dumps(asdict(gateway))
    return kept.state_of(lab.gateway, Path(gateway.disk), record, firmware())


def power_on(lab: Lab) -> None:
    """Power the gateway on with a fresh disk, and a console that has said nothing."""
    lab.gateway.console.log.unlink(missing_ok=True)
    lab.insert_disk(gateway_image().disk)
    lab.gateway.start()


def _follow(progress: Progress, lab: Lab, disk: Path) -> Provisioned:
    """Follow both boots, from power-on to the first answer to IKE."""
    began = time.monotonic()
    lab.gateway.start()
    until_ready(progress, lab)
    ready, busy = time.monotonic() - began, lab.gateway.processor_seconds
    world = lab.world.succeed("systemctl show --value --property FinishTimestampMonotonic")
    return Provisioned(
        str(disk),
        kernels(lab),
        round(ready, 1),
        round(int(world) / 1e6, 1),  # microseconds, org.freedesktop.systemd1(5)
        selftest_passed(lab),
        phases(lab.gateway.console.text()),
        round(busy, 1),
        {},
    )


MARKS = {
    "kernel and cloud-init": "gateway-setup: begins",
    "package lists": "gateway-setup: the mirror answers",
    "packages and kernel": "gateway-setup: ok",
    "second boot": "gateway-ready: phones can dial in",
}
"""How the console says that a phase is over."""


def phases(console: str) -> dict[str, float]:
    """Returns how long each of `MARKS` took, in seconds; none that is not there."""
    seconds: dict[str, float] = {}
    before = 0.0
    for name, words in MARKS.items():
        if said := re.search(rf"^\[ *([\d.]+)\] .*{re.escape(words)}", console, re.MULTILINE):
            # The clock begins anew with the second kernel.
            before = 0.0 if name == "second boot" else before
            seconds[name], before = round(float(said[1]) - before, 1), float(said[1])
    return seconds


def until_ready(progress: Progress, lab: Lab) -> None:
    """Follow a gateway that was powered on until it answers IKE.

    Raises:
        ExpectationFailed: as `provision`.
    """
    detail = lab.gateway.console.last_line
    with progress.phase("first boot: packages and the kernel are installed", 300, detail):
        poll(
            lambda: _first_boot_ended(lab),
            "the gateway reboots into the mainline kernel",
            2400,
            lab.gateway.follow_reboot,
        )
    with progress.phase("second boot: the mainline kernel, until IKE answers", 60, detail):
        poll(lambda: _answers_ike(lab), "IKE answers", 900, lab.gateway.check_alive)


def selftest_passed(lab: Lab) -> bool:
    """Returns whether the self-test, before it opened the door, had nothing to say at all."""
    return bool(json.loads(lab.gateway.succeed("cat /run/lunch-gateway/selftest.json"))["ok"])


def expect_whole(lab: Lab) -> None:
    """See that the self-test says nothing, and that no package is half there.

    Raises:
        ExpectationFailed: otherwise.
    """
    if not selftest_passed(lab):
        said = re.findall(r"(?:FAIL|WARN)  .*", lab.gateway.console.text())
        raise ExpectationFailed(f"the self-test says: {'; '.join(said[-5:])}")
    expect_no_half_package(lab)


def expect_no_half_package(lab: Lab) -> None:
    """See that no package is half there.

    Raises:
        ExpectationFailed: otherwise.
    """
    if half := lab.gateway.succeed("dpkg --audit").strip():
        raise ExpectationFailed(f"dpkg --audit says: {half[:300]}")


def kernels(lab: Lab) -> list[str]:
    """Returns the kernels that the gateway's serial console has seen start, in order."""
    return re.findall(r"^\[ *0\.0+\] Linux version (\S+)", lab.gateway.console.text(), re.MULTILINE)


def _first_boot_ended(lab: Lab) -> bool | None:
    if failed := re.search(r"gateway-setup: FAILED: .*", lab.gateway.console.plain()):
        raise ExpectationFailed(failed[0])
    answers = lab.world.execute(IKE_ASKED, 120).status == 0
    # Asking ends with the answer. So if the next kernel runs by now, it was the second boot's.
    if "-cloud-" not in (kernels(lab) or ["-cloud-"])[-1]:
        return True
    if answers:
        raise ExpectationFailed("IKE answers during the first boot, before any self-test")
    return None


def _answers_ike(lab: Lab) -> bool | None:
    failed = Counter(re.findall(r"gateway-ready\[\d+\]: (FAIL +\w+)", lab.gateway.console.plain()))
    if lasting := [name for name, times in failed.items() if times >= LASTING]:
        raise ExpectationFailed(f"the self-test says, {LASTING} times: {'; '.join(lasting)}")
    return lab.world.execute(IKE_AWAITED, 120).status == 0 or None
