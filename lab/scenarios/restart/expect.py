"""See README.md beside this file."""

from __future__ import annotations

import re
from typing import Any

from lab.lab import IKE_PROBE, PUBLIC_ADDRESS, Lab
from lab.machines.expectations import ExpectationFailed, poll
from lab.phones.downloads import fetch_page
from lab.phones.phone import Credentials, Phone
from lab.phones.probe import PROBE, lay
from lab.progress import Checks

AZURES_DISKS = ("hv_vmbus", "hv_storvsc", "nvme")


def expect(lab: Lab, users: list[Credentials], checks: Checks) -> dict[str, Any]:
    """Check everything that the README of this scenario says."""
    lay(lab.world)
    fails_closed(lab, checks)
    initramfs(lab, checks)
    reboot(lab, Phone(lab.world, PUBLIC_ADDRESS), users[0], checks)
    return {}


def fails_closed(lab: Lab, checks: Checks) -> None:
    """Break the gateway: IKE is silent and the console says why. Mend it: it opens by itself."""
    with checks.check("broken-gateway-stays-closed") as detail:
        lab.gateway.succeed(
            "sysctl -qw net.ipv4.ip_forward=0 && systemctl restart --no-block nftables"
        )
        poll(
            lambda: re.search(r"FAIL +sysctls: .*ip_forward", lab.gateway.console.text()),
            "the reason on the serial console",
            180,
        )
        lab.world.fail(IKE_PROBE)
        heard = lab.world.execute(f"{PROBE} {PUBLIC_ADDRESS}")
        if heard.status != 1 or "silence" not in heard.output:
            raise ExpectationFailed(f"the probe hears more than silence: {heard.output}")
        lab.gateway.succeed("journalctl -u gateway-ready | grep -q 'FAIL  sysctls'")
        lab.gateway.succeed("grep -q ip_forward /run/lunch-gateway/selftest.json")
        detail.append("no answer to IKE; the reason is on the console, in the journal, in the file")
    with checks.check("mended-gateway-opens-again"):
        lab.gateway.succeed("sysctl -qw net.ipv4.ip_forward=1")
        lab.wait_for_ike()


def initramfs(lab: Lab, checks: Checks) -> None:
    """Look for what Azure's disks need. This machine's do not, so it is packed on purpose."""
    with checks.check("initramfs-has-what-azures-disks-need") as detail:
        # Some kernels have the bus built in.
        built_in = lab.gateway.succeed("cat /lib/modules/$(uname -r)/modules.builtin")
        packed = built_in + lab.gateway.succeed("lsinitramfs /boot/initrd.img-$(uname -r)", 120)
        missing = [name for name in AZURES_DISKS if f"/{name}.ko" not in packed]
        detail.append(
            f"{' '.join(AZURES_DISKS)}; {packed.count('.ko')} modules, built in or packed"
        )
        if missing:
            raise ExpectationFailed(f"missing: {missing}")


def reboot(lab: Lab, phone: Phone, user: Credentials, checks: Checks) -> None:
    """Reboot with a cloud kernel of a higher version in /boot, which GRUB must pass over."""
    before = lab.gateway.succeed("uname -r").strip()
    lab.gateway.succeed(
        "cp /boot/vmlinuz-*-cloud-amd64 /boot/vmlinuz-99.0.0-cloud-amd64 && update-grub", 120
    )
    with checks.check("grub-sees-the-decoy"):
        lab.gateway.succeed("grep -q vmlinuz-99.0.0-cloud-amd64 /boot/grub/grub.cfg")
    with checks.check("reboots-into-mainline-again") as detail:
        lab.gateway.reboot()
        lab.wait_for_ike()
        after = lab.gateway.succeed("uname -r").strip()
        detail.append(after)
        if after != before:
            raise ExpectationFailed(f"{before} before, {after} after the reboot")
    with checks.check("dial-in-after-reboot") as detail:
        detail.append(phone.dial(user).address)
        fetch_page(phone)
        phone.hang_up()
