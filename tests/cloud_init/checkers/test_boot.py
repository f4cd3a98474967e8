"""What the machine boots: GRUB's choice and the modules."""

from __future__ import annotations

import re

from tests.cloud_init.checkers.checking import GRUB, Broken, CheckedBy, complains, no_complaint
from tests.cloud_init.guest_tree import Guest


def grub(guest: Guest) -> str:
    """What the selection picks from a /boot with the cloud flavour ahead in version."""
    return guest.complaints(
        f"""
        cd /boot
        touch vmlinuz-6.12.57+deb13-cloud-amd64 vmlinuz-9.9.9+deb13-cloud-amd64
        touch vmlinuz-6.12.57+deb13-amd64 vmlinuz-7.3.4+deb13-amd64 vmlinuz-7.12.1+deb13-amd64
        touch config-9.9.9+deb13-amd64 initrd.img-9.9.9+deb13-amd64
        mkdir zold && touch zold/vmlinuz-9.9.9+deb13-amd64
        . {GRUB}
        echo "$GRUB_DEFAULT $GRUB_TOP_LEVEL"
        """,
        expected="0 /boot/vmlinuz-7.12.1+deb13-amd64",
    )


def modules(guest: Guest) -> str:
    """There is no checker that works without those modules: strictly one name a line.
    Whether the kernel has them, the lab sees."""
    names = ("lunch-gateway", "lunch-gateway-ikev2", "lunch-gateway-l2tp")
    texts = [guest.text(f"/etc/modules-load.d/{name}.conf") for name in names]
    lines = [line for text in texts for line in text.splitlines()]
    bad = [line for line in lines if not re.fullmatch(r"#.*|[a-z0-9_]+", line)]
    return f"not a module name: {bad}" if bad else ""


CHECKED_BY: CheckedBy = {
    GRUB: (grub,),
    "/etc/modules-load.d/lunch-gateway.conf": (modules,),
    "/etc/modules-load.d/lunch-gateway-ikev2.conf": (modules,),
    "/etc/modules-load.d/lunch-gateway-l2tp.conf": (modules,),
}

BROKEN: list[Broken] = [
    (grub, GRUB, " ! -name '*-cloud-*'", ""),
    (grub, GRUB, "sort -V", "sort"),
    (grub, GRUB, " -maxdepth 1", ""),
    (modules, "/etc/modules-load.d/lunch-gateway.conf", "esp4\n", "esp4 dummy\n"),
]

test_checker_has_no_complaint = no_complaint(CHECKED_BY)
test_checker_complains_about_a_broken_file = complains(BROKEN)
