"""See README.md beside this file."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

from lab.lab import PUBLIC_ADDRESS, Lab
from lab.machines.expectations import ExpectationFailed, poll
from lab.machines.hosts import PATIENCE
from lab.phones.downloads import fetch_page
from lab.phones.ikev2 import Ikev2Phone
from lab.phones.in_the_clear import no_answer_in_the_clear
from lab.phones.models import ANDROID, IPHONE, WINDOWS
from lab.phones.phone import Credentials, DialFailed, Phone
from lab.progress import Checks
from lab.scenarios.attacks.names import silent_names
from lab.scenarios.attacks.watch import no_watch
from lab.world import sites
from lab.world.sites import PORTS, SITE
from lab.world.topology import METADATA

CONNECTIONS = 50
CALLS = 400
RULES = "/etc/nftables.conf"
GIVES_UP = 320
"""Seconds: pppd's questions, shortened below, and twice xl2tpd's 127."""
PRIVATE = ("192.168.100.1", "100.100.100.200", "10.200.0.5", "172.16.9.9")
REACH = "curl --silent --fail --max-time 10 --output /dev/null http://{}/"
XL2TPD, PPP = "/etc/xl2tpd/xl2tpd.conf", "/etc/ppp/options.xl2tpd"
TWO_ADDRESSES = (
    f"cp -a {XL2TPD} {PPP} /run/ && sed -i 's/^ip range = .*/ip range = 10.2.2.100-10.2.2.101/'"
    f" {XL2TPD} && sed -i 's/^lcp-echo-interval .*/lcp-echo-interval 5/' {PPP}"
    " && systemctl restart xl2tpd"
)
ALL_ADDRESSES = f"cp -a /run/xl2tpd.conf {XL2TPD} && cp -a /run/options.xl2tpd {PPP}"
ALL_TAKEN = "WARN  l2tp_calls: 2 calls hold 2 addresses, 2 phones are there"
SOCKETS = "ss --no-header --tcp --numeric dst {} | wc -l"


def expect(lab: Lab, users: list[Credentials], checks: Checks) -> dict[str, Any]:
    """Check everything that the README of this scenario says; returns what else was seen."""
    user = users[0]
    sites.serve(lab.world)
    vanish = checks.wants("attacks-third-", "attacks-vanished-")
    with two_vanish(lab, user, checks) if vanish else nullcontext():
        two_beside(lab, users, checks)
        if checks.wants("attacks-many-"):
            many_calls(lab, user, checks)
    if checks.wants("attacks-xl2tpd-"):
        crash(lab, user, checks)
    if checks.wants("attacks-other-", "attacks-dial-in-after-"):
        other_address(lab, user, checks)
    return {}


def two_beside(lab: Lab, users: list[Credentials], checks: Checks) -> None:
    """Do what two phones must not notice, or be kept from, that are in by IKEv2."""
    walls, names = checks.wants("attacks-wall-"), checks.wants("attacks-names-", "attacks-self-")
    rules = checks.wants("attacks-mistake-", "attacks-flushed-")
    split = checks.wants("attacks-split-")
    if not (walls or names or rules or split):
        return
    phone = Ikev2Phone(lab.world, PUBLIC_ADDRESS, "phone", ANDROID)
    beside = Ikev2Phone(lab.world, PUBLIC_ADDRESS, "phone5")
    with checks.check("attacks-dial-in"):
        phone.dial(users[0])
        beside.dial(users[1])
    if walls:
        private_networks(lab, phone, checks)
    if names:
        silent_names(lab, phone, beside, checks)
    if rules:
        mistake_in_the_rules(lab, phone, users[0], checks)
    if split:
        split_without_routing(lab, phone, checks)
    for each in (phone, beside):
        each.hang_up()


@contextmanager
def two_vanish(lab: Lab, user: Credentials, checks: Checks) -> Iterator[None]:
    """Have the two phones vanish that have the only two addresses, and a third one dial after
    that. What is done between must not touch xl2tpd."""
    holder = Phone(lab.world, PUBLIC_ADDRESS, "phone2", IPHONE)
    other = Phone(lab.world, PUBLIC_ADDRESS, "phone3", WINDOWS)
    third = Phone(lab.world, PUBLIC_ADDRESS, "phone4", IPHONE)
    lab.gateway.succeed(TWO_ADDRESSES)
    address = ""
    try:
        with checks.check("attacks-two-phones-vanish"):
            address = holder.dial(user).address
            other.dial(user)
            hold_open(lab, holder)
            expect_sockets(lab, address, CONNECTIONS)
            # The control: there are no more than two, and the gateway knows.
            lab.gateway.succeed(f"gateway-selftest | grep -q '{ALL_TAKEN}'")
            for phone in (holder, other):
                phone.break_off()
            lab.world.stop_unit("hold-open")
        began = time.monotonic()
        yield
        with checks.check("attacks-third-phone-gets-an-address") as detail:
            poll(lambda: try_to_dial(third, user), "a third phone is in", GIVES_UP)
            detail.append(f"in {time.monotonic() - began:.0f} s after the others vanished")
            fetch_page(third)
        with checks.check("attacks-vanished-phone-holds-no-connection") as detail:
            if not address:
                raise ExpectationFailed("no phone held any before")
            # The one that is given up first need not be the one that held them.
            lab.gateway.wait_until_succeeds(f"test $({SOCKETS.format(address)}) = 0", 30)
            detail.append(f"none towards {address} is left")
    finally:
        for phone in (holder, other, third):
            phone.hang_up()
        lab.gateway.succeed(f"{ALL_ADDRESSES} && systemctl restart xl2tpd")


def hold_open(lab: Lab, phone: Phone) -> None:
    lab.world.succeed("rm -rf /run/hold-open")
    phone.host.start_unit("hold-open", f"/lab/hold-open {SITE} {PORTS['page']} {CONNECTIONS}")
    lab.world.wait_until_succeeds("test -e /run/hold-open/opened")


def expect_sockets(lab: Lab, address: str, wanted: int) -> None:
    """Count the gateway's sockets towards the phone that has this address."""
    found = int(lab.gateway.succeed(SOCKETS.format(address)))
    if found < wanted:
        raise ExpectationFailed(f"{found} sockets towards {address}, expected {wanted}")


def console_says(lab: Lab, words: str) -> None:
    """Wait until they stand on the gateway's console."""
    console = lab.gateway.console
    poll(lambda: words in console.text() or None, f"the console says {words}", PATIENCE)


def try_to_dial(phone: Phone, user: Credentials) -> bool | None:
    with suppress(DialFailed):
        phone.connect(user)
        return True
    return None


def private_networks(lab: Lab, phone: Phone, checks: Checks) -> None:
    """Ask for networks beyond Azure's router, which knows the way."""
    for address in PRIVATE:
        lab.world.succeed(f"ip -n azure address replace {address}/32 dev lo")
    for address in PRIVATE:
        with checks.check(f"attacks-wall-{address}"):
            lab.gateway.succeed(REACH.format(address))
            phone.run_and_fail(REACH.format(address))


def mistake_in_the_rules(lab: Lab, phone: Phone, user: Credentials, checks: Checks) -> None:
    """Restart nftables with a mistake in its rules, and then flush them all."""
    stranger = Phone(lab.world, PUBLIC_ADDRESS, "phone6")
    stranger.configure(user)
    with checks.check("attacks-mistake-in-the-rules"):
        lab.gateway.succeed(f"cp -a {RULES} /run/rules && echo 'mistake {{' >>{RULES}")
        try:
            lab.gateway.fail("systemctl restart nftables")
            walled(lab, phone)
            fetch_page(phone)
            no_answer_in_the_clear(stranger)
        finally:
            lab.gateway.succeed(f"cp -a /run/rules {RULES} && systemctl restart nftables")
    with checks.check("attacks-flushed-rules"):
        lab.gateway.succeed("nft flush ruleset")
        try:
            no_answer_in_the_clear(stranger)
        finally:
            lab.gateway.succeed("systemctl restart nftables")
        lab.wait_for_ike(PATIENCE)
        walled(lab, phone)
        fetch_page(phone)


def walled(lab: Lab, phone: Phone) -> None:
    lab.gateway.succeed(REACH.format(METADATA))
    phone.run_and_fail(REACH.format(METADATA))


def split_without_routing(lab: Lab, phone: Phone, checks: Checks) -> None:
    for name, command in {
        "rule": "ip rule delete fwmark 0x10000000 lookup 100",
        "route": "ip route flush table 100",
    }.items():
        with checks.check(f"attacks-split-without-its-{name}"):
            lab.gateway.succeed(command)
            try:
                fetch_page(phone)
                lab.gateway.fail("gateway-selftest")
                lab.gateway.succeed("gateway-selftest --gate")
            finally:
                lab.gateway.succeed("systemctl restart gateway-split")
            fetch_page(phone)


def crash(lab: Lab, user: Credentials, checks: Checks) -> None:
    """Have a phone with the shared key end xl2tpd; the other phone has done nothing."""
    villain = Phone(lab.world, PUBLIC_ADDRESS, "phone2", IPHONE)
    victim = Phone(lab.world, PUBLIC_ADDRESS, "phone3", WINDOWS)
    with checks.check("attacks-xl2tpd-comes-back") as detail:
        for phone in (villain, victim):
            phone.dial(user)
        before = lab.gateway.succeed("pidof xl2tpd")
        if (said := "xl2tpd ended (") in lab.gateway.console.text():
            raise ExpectationFailed("the console says of a restart that it was a crash")
        villain.run(f"/lab/l2tp-crash {PUBLIC_ADDRESS} {IPHONE.source_port} icrq")
        began = time.monotonic()
        gone = victim.on_phone("swanctl --list-sas --ike gateway 2>/dev/null | grep -q ESTABLISHED")
        lab.world.wait_until_succeeds(f"! {gone}", 30)
        detail.append(f"the other phone heard of it after {time.monotonic() - began:.1f} s")
        lab.gateway.wait_until_succeeds("pidof xl2tpd")
        if lab.gateway.succeed("pidof xl2tpd") == before:
            raise ExpectationFailed("xl2tpd lives: has Debian mended it? Then this has no subject")
        console_says(lab, said)
        for phone in (villain, victim):
            phone.hang_up()
            phone.dial(user)
            fetch_page(phone)
        detail.append(f"both are in again after {time.monotonic() - began:.0f} s")
    for phone in (villain, victim):
        phone.hang_up()


def many_calls(lab: Lab, user: Credentials, checks: Checks) -> None:
    """Send first messages as fast as ike-scan does, from behind a phone's own NAT."""
    phone = Ikev2Phone(lab.world, PUBLIC_ADDRESS, "phone", ANDROID)
    guess = "ike-scan --retry=1 --interval=5 --file=/run/targets --sport=0 --quiet"
    with checks.check("attacks-many-calls-from-one-address") as detail:
        lab.world.succeed(f"yes {PUBLIC_ADDRESS} | head -n {CALLS} >/run/targets")
        lab.world.succeed(Phone(lab.world, PUBLIC_ADDRESS, "phone6").on_phone(guess))
        counter = lab.gateway.succeed("nft list counter inet gateway ike_braked")
        braked = int(re.findall(r"packets (\d+)", counter)[0])
        detail.append(f"{braked} of {CALLS} ignored")
        if not 0 < braked < CALLS:
            raise ExpectationFailed(detail.pop())
        phone.dial(user)
        fetch_page(phone)
    phone.hang_up()


def other_address(lab: Lab, user: Credentials, checks: Checks) -> None:
    """Give the gateway another address, as by DHCP: beside the old one, which stays so that the
    world finds the gateway. After each start charon gives out the same marks, here to two phones
    that look alike."""
    before = Phone(lab.world, PUBLIC_ADDRESS, "phone2", WINDOWS)
    after = Phone(lab.world, PUBLIC_ADDRESS, "phone3", WINDOWS)
    own = "grep -q 10.1.0.77 /etc/swanctl/conf.d/own-addresses.conf"
    change = "ip address {} 10.1.0.77/24 dev $(ip -4 route show default | awk '{{print $5}}')"
    with checks.check("attacks-other-address"):
        # A watch of the timer's own that began before is not the one that sees the address.
        with no_watch(lab):
            lab.gateway.succeed(f"! {own} && {change.format('add')}")
            try:
                lab.gateway.succeed(f"systemctl start gateway-watch && {own}", 120)
                said = "does not fit our address any more; restarting strongswan"
                console_says(lab, said)
                lab.wait_for_ike(PATIENCE)
                before.dial(user)
            finally:
                lab.gateway.succeed(f"{change.format('del')} && systemctl start gateway-watch", 120)
        lab.gateway.fail(own)
        lab.wait_for_ike(PATIENCE)
    with checks.check("attacks-dial-in-after-charon-began-anew"):
        after.dial(user)
        fetch_page(after)
    for phone in (before, after):
        phone.hang_up()
