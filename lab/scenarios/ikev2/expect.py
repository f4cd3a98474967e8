"""See README.md beside this file."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from lab.lab import PRIVATE_ADDRESS, PUBLIC_ADDRESS, Lab
from lab.machines.expectations import ExpectationFailed
from lab.phones import page
from lab.phones.downloads import congestion_control, fetch_page
from lab.phones.ikev2 import Ikev2Phone
from lab.phones.models import ANDROID, CHROMEOS_IKEV2, IOS, MAC, NETWORK_MANAGER
from lab.phones.phone import Credentials, DialFailed, Phone
from lab.progress import Checks
from lab.world import sites
from lab.world.line import Line, impose, other_ports, release
from lab.world.topology import (
    AZURE_HOST,
    CAFE,
    GATEWAY_NAME,
    METADATA,
    TUNNEL_ADDRESS,
    VNET_NEIGHBOUR,
    WEB_NAME,
)

REACH = "curl --silent --fail --max-time 10 --output /dev/null http://{}/"
WALLED = {
    "instance-metadata": METADATA,
    "azure-host": AZURE_HOST,
    "vnet-neighbour": VNET_NEIGHBOUR,
}
TOWARDS_PHONES = "ss -H -t -i -n state established dst {}"
CALM = Line(rate=10, delay=55, queue=50)
SECRETS = "/etc/swanctl/conf.d/ikev2-secrets.conf"
RELOAD = "swanctl --load-creds --clear --noprompt"
BELIEVED = "swanctl --list-sas --noblock 2>/dev/null | grep -c \"remote '{}' @\""
"""Counts a user's calls, as the gateway knows them."""


def expect(lab: Lab, users: list[Credentials], checks: Checks) -> dict[str, Any]:
    """Check everything that the README of this scenario says; returns what else was seen."""
    phone = Ikev2Phone(lab.world, PUBLIC_ADDRESS)
    sites.serve_iperf(lab.world)
    makers(phone, users, checks)
    inside(lab, phone, users[0], checks)
    in_order(lab, replace(phone, model=ANDROID), users[0], checks)
    strangers(lab, phone, users[0], checks)
    company(lab, phone, users[0], checks)
    moves(lab, phone, users[0], checks)
    lasts(lab, phone, users[0], checks)
    again(lab, phone, users[0], checks)
    return {}


@contextmanager
def dialled(phone: Phone, user: Credentials) -> Iterator[str]:
    """Call, and hang up in the end; yields the phone's address in the tunnel."""
    try:
        yield phone.dial(user).address
    finally:
        phone.hang_up()


def makers(phone: Ikev2Phone, users: list[Credentials], checks: Checks) -> None:
    """Dial with what each maker's client proposes, by address and by name; and as every user."""
    models = {
        "ios": IOS,
        "mac": MAC,
        "android": ANDROID,
        "chromeos": CHROMEOS_IKEV2,
        "network-manager": NETWORK_MANAGER,
    }
    for name, model in models.items():
        with checks.check(f"ikev2-{name}") as detail:
            called = replace(phone, model=model, called=GATEWAY_NAME if name == "mac" else "")
            with dialled(called, users[0]):
                detail.append(str(called.tunnel()))
                fetch_page(called)
    named = replace(phone, called=GATEWAY_NAME)
    # Some makers' Androids (strongswan#2101).
    bytes_ = replace(phone, model=ANDROID, names_as="keyid")
    with checks.check("ikev2-user-named-by-bytes") as detail, dialled(bytes_, users[0]) as address:
        detail.append(address)
    for user in users[1:]:
        with checks.check(f"ikev2-dial-in-{user.user}") as detail, dialled(named, user) as address:
            detail.append(address)


def inside(lab: Lab, phone: Ikev2Phone, user: Credentials, checks: Checks) -> None:
    """Look at resolver, split and walls, as with L2TP."""
    with checks.check("ikev2-dial-in") as detail:
        detail.append(str(phone.dial(user)))
    with checks.check("ikev2-phone-is-told-the-resolver"):
        if (told := phone.told_resolvers()) != {TUNNEL_ADDRESS}:
            raise ExpectationFailed(f"told {told} instead of {TUNNEL_ADDRESS}")
        phone.run(f"dig +short +time=5 @{TUNNEL_ADDRESS} {WEB_NAME} A | grep -q .")
        phone.run_and_fail(f"dig +short +time=5 @{TUNNEL_ADDRESS} {WEB_NAME} AAAA | grep .")
    with checks.check("ikev2-page-through-tunnel"):
        fetch_page(phone)
    with checks.check("ikev2-split-runs-bbr-towards-phone") as detail:
        address = phone.tunnel().address
        detail.append(congestion_control(lab.gateway, phone, "bbr.phone", address))
    for name, address in WALLED.items():
        with checks.check(f"ikev2-wall-{name}") as detail:
            lab.gateway.succeed(REACH.format(address))
            phone.run_and_fail(REACH.format(address))
            detail.append(f"{address} answers the gateway and not the phone")
    with checks.check("ikev2-wall-gateway-services"):
        for address in (TUNNEL_ADDRESS, PRIVATE_ADDRESS):
            lab.gateway.succeed(f"timeout 5 bash -c 'exec 3<>/dev/tcp/{address}/22'")
            phone.run_and_fail(f"timeout 5 bash -c 'exec 3<>/dev/tcp/{address}/22'")
    phone.hang_up()


def in_order(lab: Lab, phone: Ikev2Phone, user: Credentials, checks: Checks) -> None:
    """Load pages over six connections, on the phone with the narrowest replay window."""
    sites.serve(lab.world)
    impose(lab.world, CALM)
    with checks.check("ikev2-esp-in-order") as detail, dialled(phone, user):
        thrown_away = page.replays(phone, sites.SITE)
        window = f"a window of {phone.model.replay_window}"
        detail.append(f"with {window} {thrown_away} of some 1600 packets thrown away")
        if min(thrown_away):
            raise ExpectationFailed(f"each page loses some, with {window}: {thrown_away}")
    release(lab.world)


def strangers(lab: Lab, phone: Ikev2Phone, user: Credentials, checks: Checks) -> None:
    """Dial with one thing wrong each, and right again. All who ever dialled in know L2TP's key."""
    wrong = {
        "wrong-password": replace(user, password=user.password + "x"),
        "unknown-user": replace(user, user="mallory"),
        "shared-key-as-password": replace(user, password=user.psk),
        "unknown-user-with-shared-key": replace(user, user="mallory", password=user.psk),
    }
    for name, credentials in wrong.items():
        with checks.check(f"ikev2-{name}") as detail:
            refused(phone, credentials)
            detail.append("refused")
    with checks.check("ikev2-called-by-a-name-that-is-not-its-own"):
        refused(replace(phone, called="other.example.test"), user)
    with checks.check("ikev2-own-password-under-anothers-name"):
        refused(replace(phone, called=user.user), replace(user, user="bob"))
    bytes_ = replace(phone, names_as="keyid")
    for name, credentials in {
        "own-password": replace(user, user="bob"),
        "shared-key": replace(user, password=user.psk),
    }.items():
        with checks.check(f"ikev2-{name}-under-a-name-in-bytes"):
            refused(bytes_, credentials)
    with checks.check("ikev2-removed-user"):
        remove = f"cp -a {SECRETS} /run/kept && sed -i s/:{user.user}$/:x/ {SECRETS}"
        lab.gateway.succeed(f"{remove} && {RELOAD}")
        try:
            refused(phone, user)
        finally:
            lab.gateway.succeed(f"cp -a /run/kept {SECRETS} && rm /run/kept && {RELOAD}")
    with checks.check("ikev2-right-credentials-after-wrong-ones"), dialled(phone, user):
        fetch_page(phone)


def refused(phone: Ikev2Phone, credentials: Credentials) -> None:
    """Be refused by the gateway itself: a client that finds the gateway wanting also fails."""
    try:
        tunnel = phone.dial(credentials)
    except DialFailed as failure:
        if "received AUTHENTICATION_FAILED" not in failure.log:
            raise
    else:
        raise ExpectationFailed(f"got in: {tunnel}")


def company(lab: Lab, phone: Ikev2Phone, user: Credentials, checks: Checks) -> None:
    """Dial from one user's three devices behind one carrier's NAT, L2TP among them."""
    second = replace(phone, namespace="phone2", called=GATEWAY_NAME)
    third = Phone(lab.world, PUBLIC_ADDRESS, "phone3")
    with (
        checks.check("ikev2-three-devices-behind-one-nat") as detail,
        dialled(phone, user) as one,
        dialled(second, user) as two,
        dialled(third, user) as l2tp,
    ):
        detail.append(f"{one} {two} {l2tp}")
        if len({one, two, l2tp}) != 3:
            raise ExpectationFailed(f"they share addresses: {one} {two} {l2tp}")
        for device in (phone, second, third):
            fetch_page(device)
        for other in (two, l2tp):
            phone.run_and_fail(f"ping -c 1 -W 3 {other}")
        phone.run(f"ping -c 1 -W 5 {TUNNEL_ADDRESS}")


def moves(lab: Lab, phone: Ikev2Phone, user: Credentials, checks: Checks) -> None:
    """Go from mobile data to a Wi-Fi and back while it downloads: the download goes on."""
    download = f"iperf3 --client {sites.SITE} --reverse --time 25 --bitrate 5M"
    with (
        checks.check("ikev2-download-survives-change-of-network") as detail,
        dialled(phone, user) as address,
    ):
        lab.world.succeed("rm -f /run/moved")
        phone.host.start_unit("moving", f"{download} >/run/moving && mv /run/moving /run/moved")
        seen = TOWARDS_PHONES.format(address)
        lab.gateway.wait_until_succeeds(f"{seen} | grep -q bytes_acked")
        phone.change_to_wifi()
        try:
            lab.gateway.wait_until_succeeds(f"swanctl --list-sas | grep -q '@ {CAFE}'")
            fetch_page(phone)
        finally:
            phone.change_back()
        lab.world.wait_until_succeeds("test -e /run/moved", 120)
        detail.append(f"still {address}")
        if (now := phone.tunnel().address) != address:
            raise ExpectationFailed(f"{address} before, {now} after")


def lasts(lab: Lab, phone: Ikev2Phone, user: Credentials, checks: Checks) -> None:
    """Stay past every lifetime, shortened to seconds, and through a nap."""
    short = replace(phone, rekey=10)
    with checks.check("ikev2-outlives-its-keys") as detail, dialled(short, user) as address:
        first = lab.gateway.succeed("ip xfrm state | grep 'proto esp' | sort")
        lab.world.wait_until_succeeds(
            f"test $(journalctl -o cat -u {phone.namespace}-ipsec --since=-60s"
            " | grep -c 'rekeyed between') -ge 2",
        )
        if lab.gateway.succeed("ip xfrm state | grep 'proto esp' | sort") == first:
            raise ExpectationFailed("ESP still has its first keys")
        fetch_page(phone)
        detail.append(f"keys of both changed, {address} kept")
    with checks.check("ikev2-wakes-up-where-it-was") as detail, dialled(phone, user) as address:
        fell_asleep = lab.gateway.succeed("date +%s").strip()
        phone.sleep()
        # Longer than the gateway takes to ask (dpd_delay), shorter than it takes to give up.
        asked_again = f"journalctl -o cat -u strongswan --since=@{fell_asleep}"
        lab.gateway.wait_until_succeeds(f"{asked_again} | grep -q 'retransmit 1 of request'")
        phone.wake()
        fetch_page(phone)
        detail.append(f"still {address}")


def again(lab: Lab, phone: Ikev2Phone, user: Credentials, checks: Checks) -> None:
    """Dial again without a goodbye, from the carrier's same port and from another, while the
    gateway believes each old call. Last of all: what it believes changes for three minutes."""
    with checks.check("ikev2-dials-again-and-again") as detail:
        began = time.monotonic()
        for _ in range(2):
            phone.connect(user)
            phone.break_off()
        with other_ports(lab.world):
            phone.connect(user)
            phone.break_off()
        with dialled(phone, user) as address:
            fetch_page(phone)
            believed = int(lab.gateway.succeed(BELIEVED.format(user.user)))
        detail.append(f"{address} at the fourth call, after {time.monotonic() - began:.0f} s")
        if believed < 4:
            raise ExpectationFailed(f"only {believed} calls were believed: nothing was tried")
