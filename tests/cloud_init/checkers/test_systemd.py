"""Units: each alone, their sandboxes, and the whole boot."""

from __future__ import annotations

import shlex

from tests.cloud_init.checkers.checking import (
    TUNNEL_SPLIT,
    UNITS,
    Broken,
    CheckedBy,
    complains,
    no_complaint,
)
from tests.cloud_init.guest_tree import Guest

STRONGSWAN = f"{UNITS}/strongswan.service.d/10-lunch-gateway.conf"


def systemd(guest: Guest) -> str:
    """Each unit alone, and then the whole boot, which finds ordering cycles."""
    texts = {
        path.name: path.read_text(encoding="utf-8")
        for path in (guest.out / f"rootfs{UNITS}").glob("*.*")
        if path.is_file()
    }
    enabled = [name for name, text in texts.items() if "[Install]" in text]
    return guest.complaints(
        f"""
        set -e
        systemd-analyze verify --man=no {shlex.join(texts)} strongswan.service
        for daemon in strongswan haproxy xl2tpd gateway-resolver unbound; do
            # Of 10; without a sandbox 9.6. What it says is a table.
            systemd-analyze security --offline=yes --threshold=32 $daemon.service >/tmp/said 2>&1 ||
                tail -n 1 /tmp/said
        done
        systemctl --quiet enable strongswan {shlex.join(enabled)} 2>/dev/null
        ln -s /usr/lib/systemd/system/cloud-init.target {UNITS}/multi-user.target.wants/
        systemd-analyze verify --man=no multi-user.target
        """
    )


CHECKED_BY: CheckedBy = {
    f"{UNITS}/gateway-bbr-phone.service": (systemd,),
    f"{UNITS}/gateway-resolver.service": (systemd,),
    f"{UNITS}/gateway-watch.service": (systemd,),
    f"{UNITS}/gateway-watch.timer": (systemd,),
    f"{UNITS}/nftables.service.d/10-lunch-gateway.conf": (systemd,),
    f"{UNITS}/gateway-split.service": (systemd,),
    f"{UNITS}/haproxy.service.d/10-lunch-gateway.conf": (systemd,),
    f"{UNITS}/cloud-init-local.service.d/10-lunch-gateway.conf": (systemd,),
    f"{UNITS}/gateway-ready.service": (systemd,),
    f"{UNITS}/gateway-scrub.service": (systemd,),
    f"{UNITS}/gateway-setup.service": (systemd,),
    f"{UNITS}/gateway-tunnel.service": (systemd,),
    TUNNEL_SPLIT: (systemd,),
    STRONGSWAN: (systemd,),
    f"{UNITS}/unbound.service": (systemd,),
    f"{UNITS}/xl2tpd.service": (systemd,),
}

BROKEN: list[Broken] = [
    (systemd, f"{UNITS}/gateway-bbr-phone.service", "Type=oneshot", "Type=one-shot"),
    (systemd, f"{UNITS}/gateway-resolver.service", "DynamicUser=yes", "DynamikUser=yes"),
    (systemd, f"{UNITS}/unbound.service", "DynamicUser=yes", "DynamikUser=yes"),
    (systemd, f"{UNITS}/gateway-ready.service", "sbin/gateway-ready", "sbin/gateway-redy"),
    (systemd, f"{UNITS}/gateway-ready.service", "RestartSec", "RestatSec"),
    (systemd, f"{UNITS}/gateway-ready.service", "After=", "After=cloud-final.service "),
    (
        systemd,
        f"{UNITS}/cloud-init-local.service.d/10-lunch-gateway.conf",
        "After=",
        "After=cloud-final.service ",
    ),
    (systemd, f"{UNITS}/gateway-scrub.service", "Type=oneshot", "Type=one-shot"),
    (systemd, f"{UNITS}/gateway-setup.service", "sbin/gateway-setup", "sbin/gateway-set"),
    (systemd, f"{UNITS}/gateway-setup.service", "cloud-init.service", "cloud-final.service"),
    (systemd, STRONGSWAN, "=always", "=alwyas"),  # codespell:ignore
    (systemd, f"{UNITS}/gateway-tunnel.service", "Type=oneshot", "Type=one-shot"),
    *(
        (systemd, f"{UNITS}/{unit}", "SystemCallFilter=@system-service", "UMask=0077")
        for unit in (
            "xl2tpd.service",
            "haproxy.service.d/10-lunch-gateway.conf",
            "strongswan.service.d/10-lunch-gateway.conf",
        )
    ),
    (systemd, f"{UNITS}/xl2tpd.service", "RestartSec=1", "RestartSec=one"),
]

test_checker_has_no_complaint = no_complaint(CHECKED_BY)
test_checker_complains_about_a_broken_file = complains(BROKEN)
