"""See README.md beside this file."""

from __future__ import annotations

import re
from typing import Any

from lab.lab import PUBLIC_ADDRESS, Lab
from lab.machines.expectations import ExpectationFailed
from lab.phones.downloads import carry_both_ways_at_once, fetch_page_at_once
from lab.phones.ikev2 import Ikev2Phone
from lab.phones.models import ANDROID, IOS, IPHONE, WINDOWS
from lab.phones.phone import Credentials, Phone
from lab.progress import Checks
from lab.world import sites
from lab.world.ipv6_only import ipv6_only, narrow_lines
from lab.world.topology import CARRIER, GATEWAY_NAME, NAT64, WEB

BEHIND_CLAT, NATIVE = ("phone", "phone4"), ("phone2", "phone3")
NARROW = 1358
"""Bytes: what a line carries where the operator itself tunnels (docs/phones.md)."""


def expect(lab: Lab, users: list[Credentials], checks: Checks) -> dict[str, Any]:
    """Check everything that the README of this scenario says; returns nothing else."""
    phones = passengers(lab)
    for number in range(len(phones)):
        sites.serve_iperf(lab.world, port=sites.PORTS["iperf"] + number)
    with ipv6_only(lab.world, BEHIND_CLAT, NATIVE):
        without_ipv4(phones["ikev2"], checks)
        transport_mode(lab, users[0], checks)
        try:
            for number, (name, phone) in enumerate(phones.items()):
                with checks.check(f"nat64-{name}-dials-in") as detail:
                    detail.append(str(phone.dial(users[number % 2])))
            all_at_once(lab, list(phones.values()), checks)
            carry(phones, checks, "")
            narrow_lines(lab.world, NATIVE, NARROW)
            # L2TP first: once the others have taught the gateway how narrow it is behind the
            # address that they share, it sends fragments, which tayga wants a checksum of.
            for names in (("clat-l2tp",), ("clat-ikev2", "ikev2")):
                carry({name: phones[name] for name in names}, checks, "-narrow")
        finally:
            for phone in phones.values():
                phone.hang_up()
    return {}


def passengers(lab: Lab) -> dict[str, Phone]:
    """Returns the phones, by what is said of them in a check's name."""
    w, server, name = lab.world, PUBLIC_ADDRESS, GATEWAY_NAME
    return {
        "clat-l2tp": Phone(w, server, "phone", WINDOWS),
        "clat-ikev2": Ikev2Phone(w, server, "phone4", ANDROID),
        "ikev2": Ikev2Phone(w, server, "phone2", IOS, called=name, looks_up=True),
    }


def transport_mode(lab: Lab, user: Credentials, checks: Checks) -> None:
    """Have a phone without IPv4 agree on L2TP's IPsec, by name."""
    phone = Phone(lab.world, GATEWAY_NAME, "phone3", IPHONE)
    with checks.check("nat64-l2tp-agrees-on-ipsec"):
        phone.start_ipsec(user)
    phone.hang_up()


def without_ipv4(phone: Phone, checks: Checks) -> None:
    """Have it reach the web through the NAT64, and not otherwise."""
    with checks.check("nat64-is-the-only-way"):
        phone.host.wait_until_succeeds(f"ping -q -c 1 -W 5 {NAT64}{WEB}")
        phone.run_and_fail(f"ping -q -c 1 -W 5 {WEB}")


def all_at_once(lab: Lab, phones: list[Phone], checks: Checks) -> None:
    """Have all fetch a page at once, and the gateway see one address with a port for each."""
    with checks.check("nat64-all-are-in") as detail:
        fetch_page_at_once(phones)
        sas = lab.gateway.succeed("swanctl --list-sas")
        seen = set(re.findall(rf"@ {re.escape(CARRIER)}\[(\d+)\]", sas))
        detail.append(f"behind {CARRIER}, from ports {' '.join(sorted(seen))}")
        if len(seen) < len(phones):
            raise ExpectationFailed(detail.pop())


def carry(phones: dict[str, Phone], checks: Checks, lines: str) -> None:
    """Have a megabyte go each way by each phone, all at once."""
    failed = carry_both_ways_at_once(list(phones.values()))
    for name, phone in phones.items():
        with checks.check(f"nat64-{name}-carries{lines}"):
            if said := failed.get(phone.namespace):
                raise ExpectationFailed(said)
