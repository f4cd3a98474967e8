"""See README.md beside this file."""

from __future__ import annotations

from typing import Any

from lab.lab import PUBLIC_ADDRESS, Lab
from lab.machines.expectations import ExpectationFailed
from lab.phones import downloads, page
from lab.phones.downloads import congestion_control
from lab.phones.phone import Credentials, Phone
from lab.progress import Checks
from lab.world import sites
from lab.world.line import Line, impose, narrow, release

LOSSY = Line(rate=10, delay=55, queue=50, loss=1)
CALM = Line(rate=10, delay=55, queue=50)
AT_LEAST = 3.0
"""Times the goodput of forwarding."""
NARROW = 1280
"""Bytes: the smallest MTU that a path has, IPv6's."""


def expect(lab: Lab, users: list[Credentials], checks: Checks) -> dict[str, Any]:
    """Check everything that the README of this scenario says; returns what else was seen."""
    phone = Phone(lab.world, PUBLIC_ADDRESS)
    sites.serve_iperf(lab.world)
    with checks.check("split-dial-in"):
        phone.dial(users[0])
    goodput = faster(lab, phone, checks)
    in_order(lab, phone, checks)
    over_a_narrow_path(lab, phone, checks)
    fails_open(lab, phone, checks)
    phone.hang_up()
    return {"split": goodput}


def faster(lab: Lab, phone: Phone, checks: Checks) -> dict[str, float]:
    """Download split and forwarded on the same line, one after the other; returns both."""
    goodput: dict[str, float] = {}
    impose(lab.world, LOSSY)
    with checks.check("split-runs-bbr-towards-phone") as detail:
        detail.append(congestion_control(lab.gateway, phone, "bbr.phone"))
    with checks.check("split-is-faster-than-forwarding") as detail:
        goodput["split_mbps"] = downloads.download(phone)
        lab.gateway.succeed("systemctl stop haproxy")
        goodput["forward_mbps"] = downloads.download(phone)
        lab.gateway.succeed("systemctl start haproxy")
        ratio = goodput["split_mbps"] / goodput["forward_mbps"]
        detail.append(f"{goodput} Mbit/s: {ratio:.1f} times")
        if ratio < AT_LEAST:
            raise ExpectationFailed(f"only {ratio:.1f} times forwarding: {goodput}")
    release(lab.world)
    return goodput


def in_order(lab: Lab, phone: Phone, checks: Checks) -> None:
    """Load pages: each connection is paced for itself, and IPsec numbers all of them together."""
    sites.serve(lab.world)
    impose(lab.world, CALM)
    with checks.check("split-esp-in-order") as detail:
        thrown_away = page.replays(phone, sites.SITE)
        detail.append(f"the phone threw away {thrown_away} of some 1600 packets each")
        if min(thrown_away):
            raise ExpectationFailed(f"each page loses some: {thrown_away}")
    release(lab.world)


def over_a_narrow_path(lab: Lab, phone: Phone, checks: Checks) -> None:
    """Upload and download where the site's packets, and ours to it, had better be small."""
    with checks.check("split-carries-over-a-narrow-path"), narrow(lab.world, NARROW):
        downloads.carry_both_ways(phone)


def fails_open(lab: Lab, phone: Phone, checks: Checks) -> None:
    """Fetch pages with HAProxy, without it, and with it again."""
    for name, before in {
        "split-page": "systemctl start haproxy",
        "split-stopped-still-forwards": "systemctl stop haproxy",
        "split-killed-still-works": "systemctl start haproxy && systemctl kill -s KILL haproxy",
    }.items():
        with checks.check(name):
            lab.gateway.succeed(before)
            downloads.fetch_page(phone)
    with checks.check("split-comes-back"):
        lab.gateway.wait_for_unit("haproxy")
        lab.gateway.wait_until_succeeds("gateway-selftest >/dev/null")
        downloads.fetch_page(phone)
    with checks.check("split-plain-bbr-where-bbr-phone-is-missing") as detail:
        lab.gateway.succeed("systemctl stop gateway-bbr-phone")
        lab.gateway.succeed("gateway-selftest --gate | grep -q '^WARN  bbr_phone: '")
        detail.append(congestion_control(lab.gateway, phone, "bbr"))
        lab.gateway.succeed("systemctl start gateway-bbr-phone", 120)
        lab.gateway.wait_until_succeeds("gateway-selftest >/dev/null")
        detail.append(congestion_control(lab.gateway, phone, "bbr.phone"))
