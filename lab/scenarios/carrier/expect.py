"""See README.md beside this file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import mean
from typing import Any

from lab.lab import PRIVATE_ADDRESS, PUBLIC_ADDRESS, Lab
from lab.machines.expectations import ExpectationFailed
from lab.phones import downloads
from lab.phones.downloads import fetch_page, fetch_page_at_once
from lab.phones.ikev2 import Ikev2Phone
from lab.phones.libreswan import LibreswanPhone
from lab.phones.models import ANDROID, CHROMEOS, IOS, IPHONE, NETWORK_MANAGER, WINDOWS
from lab.phones.phone import Credentials, Phone
from lab.progress import Checks
from lab.world import line
from lab.world.topology import GATEWAY_NAME, PHONES

STARVES = 1 / 3
"""Such a part of what the phones have on average; less is not a share any more."""
REDIALS = 15
"""Seconds, or on a slow host this many times what the first call took. A gateway that clings to the
old call costs minutes."""
SLOWER = 1.5
QUIET = 20
"""Seconds without a packet from a phone before it sleeps, well within pppd's own questions (every
30): charon counts the quiet too, from the last packet."""
NAP = 100
"""Seconds: pppd gives up after 120 (lcp-echo), xl2tpd left alone gave up after 88. charon looks
every 30 seconds. With a dpd_timeout of 120 it gave up after 95 once, and not after 100 or
110 another day: test_ipsec_outlives_pppds_question_to_a_silent_phone is what always sees that."""
GIVES_UP = 240
"""Seconds after which the gateway has surely given up a silent L2TP phone: pppd after four
questions, measured 145."""
SPIS = "swanctl --list-sas --ike gateway 2>/dev/null | awk '$1 == \"in\" {print substr($2, 1, 8)}'"
"""Prints those of ESP towards the phone, one per line, as strongSwan does; its own grumbling about
plugins apart."""

Train = list[tuple[Phone, Credentials]]
"""The phones, and whose each is."""


def expect(lab: Lab, users: list[Credentials], checks: Checks) -> dict[str, Any]:
    """Check everything that the README of this scenario says; returns what else was seen."""
    train = passengers(lab, users)
    with all_in(train, checks) as those_in:
        goodput = download_together(lab, those_in, checks)
        new_keys(those_in, checks)
        forgotten(lab, those_in, checks)
    with checks.check("carrier-l2tp-sleeps-and-wakes-up") as detail:
        sleeps(lab, users[0], lambda: redials(lab, users[0], checks), detail)
    return {"ten_phones_mbps": goodput}


def passengers(lab: Lab, users: list[Credentials]) -> Train:
    """Returns the phones, and whose each is."""
    w, server = lab.world, PUBLIC_ADDRESS
    phones = (
        Ikev2Phone(w, server, "phone", ANDROID),
        Ikev2Phone(w, server, "phone2", IOS),
        Phone(w, server, "phone3", WINDOWS),
        Phone(w, server, "phone4", WINDOWS),
        Phone(w, server, "phone5", CHROMEOS),
        Phone(w, server, "phone6", IPHONE),
        # By chance, or because it wants to hear what is meant for phone6.
        Phone(w, server, "phone7", IPHONE),
        Ikev2Phone(w, server, "phone8", NETWORK_MANAGER),
        LibreswanPhone(w, server, "phone9", protocol="ikev2", called=GATEWAY_NAME),
        LibreswanPhone(w, server, "phone10", protocol="l2tp", called=PRIVATE_ADDRESS),
    )
    assert [phone.namespace for phone in phones] == list(PHONES)
    return [(phone, users[number % 2]) for number, phone in enumerate(phones)]


@contextmanager
def all_in(train: Train, checks: Checks) -> Iterator[Train]:
    """Have all dial in, one after the other, and hang up in the end. Yields who got in."""
    those_in: dict[str, tuple[Phone, Credentials]] = {}
    try:
        for phone, user in train:
            with checks.check(f"carrier-{phone.namespace}-dials-in") as detail:
                tunnel = phone.dial(user)
                detail.append(str(tunnel))
                if tunnel.address in those_in:
                    raise ExpectationFailed(f"{tunnel.address} is taken")
                those_in[tunnel.address] = phone, user
        with checks.check("carrier-all-are-in") as detail:
            fetch_page_at_once([phone for phone, _ in those_in.values()])
            detail.append(" ".join(those_in))
        yield list(those_in.values())
    finally:
        for phone, _ in train:
            phone.hang_up()


def download_together(lab: Lab, train: Train, checks: Checks) -> dict[str, float]:
    """Have everybody download at once; returns the goodput of each, Mbit/s."""
    with checks.check("carrier-none-starves") as detail:
        goodput = downloads.download_at_once(lab.world, [phone for phone, _ in train])
        share = min(goodput.values()) / mean(goodput.values())
        detail.append(f"the least has {share:.2f} of the average: {goodput} Mbit/s")
        if share < STARVES:
            raise ExpectationFailed(detail.pop())
        return goodput
    return {}


def new_keys(train: Train, checks: Checks) -> None:
    """Have one of two phones that look alike change its keys."""
    alike = [phone for phone, _ in train if phone.model == WINDOWS]
    with checks.check("carrier-l2tp-outlives-its-keys") as detail:
        if len(alike) < 2:
            raise ExpectationFailed("no two phones that look alike are in")
        first = "|".join(alike[0].run(SPIS).split())
        alike[0].run("swanctl --rekey --child gateway")
        new = alike[0].on_phone(f"{SPIS} | grep -vE '{first}'")
        alike[0].world.wait_until_succeeds(new)
        # Longer than what is under way with the old keys.
        for _ in range(3):
            for phone in alike:
                fetch_page(phone)
            time.sleep(2)
        detail.append("both go on")


def forgotten(lab: Lab, train: Train, checks: Checks) -> None:
    """Give all phones other ports from one moment to the next."""
    with checks.check("carrier-forgets-its-mappings") as detail, line.other_ports(lab.world):
        fetch_page_at_once([phone for phone, _ in train])
        detail.append("everybody goes on")


def redials(lab: Lab, user: Credentials, checks: Checks) -> None:
    """Have an L2TP phone go elsewhere, and dial anew: nothing tells its gateway where it went."""
    phone = Phone(lab.world, PUBLIC_ADDRESS)
    with checks.check("carrier-l2tp-redials-on-another-network") as detail:
        try:
            first = seconds_to_a_page(phone, user)
            phone.change_to_wifi()
            phone.break_off()
            took = seconds_to_a_page(phone, user)
        finally:
            phone.change_back()
            phone.hang_up()
        detail.append(f"a page after {took:.1f} s, at the first call after {first:.1f} s")
        if took > max(REDIALS, SLOWER * first):
            raise ExpectationFailed(f"no page within {REDIALS} s, {detail.pop()}")


def seconds_to_a_page(phone: Phone, user: Credentials) -> float:
    began = time.monotonic()
    phone.connect(user)
    fetch_page(phone)
    return time.monotonic() - began


def sleeps(lab: Lab, user: Credentials, meanwhile: Callable[[], None], detail: list[str]) -> None:
    """Have one phone sleep for a moment, another until the gateway has given it up; what is done
    meanwhile must not touch them."""
    nap = Phone(lab.world, PUBLIC_ADDRESS, "phone2")
    night = Phone(lab.world, PUBLIC_ADDRESS, "phone3", WINDOWS)
    try:
        lost, kept = night.dial(user).address, nap.dial(user).address
        time.sleep(QUIET)
        began = time.monotonic()
        for phone in (nap, night):
            phone.sleep()
        nap.wake_after(NAP)
        meanwhile()
        nap.wait_until_awake(NAP + 20)
        fetch_page(nap)
        detail.append(f"after {NAP} s still {kept}")
        lab.gateway.wait_until_succeeds(f"! ip -o address | grep -q 'peer {lost}/'", GIVES_UP)
        detail.append(f"after at most {time.monotonic() - began:.0f} s {lost} is free")
        night.wake()
        night.hang_up()
        night.dial(user)
        fetch_page(night)
    finally:
        for phone in (nap, night):
            phone.wake()
            phone.hang_up()
