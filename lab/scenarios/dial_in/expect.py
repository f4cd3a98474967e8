"""See README.md beside this file."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any

from lab.lab import PRIVATE_ADDRESS, PUBLIC_ADDRESS, Lab
from lab.machines.expectations import ExpectationFailed
from lab.opening import ROOT
from lab.phones.models import CHROMEOS, IPHONE, OLD_ANDROID, WINDOWS
from lab.phones.phone import Credentials, DialFailed, Phone, Tunnel
from lab.phones.probe import PROBE, lay
from lab.progress import Checks
from lab.scenarios.dial_in.asked import PAGE, expect_peer, open_ports
from lab.scenarios.dial_in.outside import (
    cleartext_l2tp,
    no_secret_lying_around,
    port_scan,
    port_scan_control,
    strangers,
)
from lab.world.topology import (
    AZURE_HOST,
    CARRIER,
    METADATA,
    TUNNEL_ADDRESS,
    VNET_NEIGHBOUR,
    WEB,
    WEB_NAME,
)

CAPTURE = "/tmp/internet.pcap"
# What no phone may reach, and where each answers on its own side.
WALLED = {
    "instance-metadata": METADATA,
    "azure-host": AZURE_HOST,
    "vnet-neighbour": VNET_NEIGHBOUR,
}


def expect(lab: Lab, users: list[Credentials], checks: Checks) -> dict[str, Any]:
    """Check everything that the README of this scenario says; returns what else was seen."""
    phone = Phone(lab.world, PUBLIC_ADDRESS)
    alice, *others = users
    self_test(lab, checks)
    probe(lab, checks)
    tunnel = call_and_page(lab, phone, alice, checks)
    for user in others:
        with checks.check(f"dial-in-{user.user}") as detail:
            detail.append(phone.dial(user).address)
            phone.hang_up()
    for name, model in {"windows": WINDOWS, "chromeos": CHROMEOS}.items():
        with checks.check(f"dial-in-{name}") as detail:
            detail.append(str(replace(phone, model=model).dial(alice)))
            phone.hang_up()
    old_android(lab, replace(phone, model=OLD_ANDROID), alice, checks)
    strangers(phone, alice, checks)
    cleartext_l2tp(lab, phone, alice, checks)
    no_secret_lying_around(lab, users, lambda: port_scan_control(lab, checks), checks)
    port_scan(lab, checks)
    return {"client": asdict(tunnel) if tunnel else None}


def old_android(lab: Lab, phone: Phone, user: Credentials, checks: Checks) -> None:
    """Dial with modp1024 and nothing better: refused as shipped, served where that is allowed."""
    with checks.check("old-android-refused-by-default") as detail:
        try:
            tunnel = phone.dial(user)
        except DialFailed as failure:
            if failure.phase != "ipsec" or "NO_PROPOSAL_CHOSEN" not in failure.log:
                raise
            detail.append("no proposal chosen")
        else:
            raise ExpectationFailed(f"got in: {tunnel}")
    with modp1024_allowed(lab), checks.check("old-android-dials-in-where-allowed") as detail:
        tunnel = phone.dial(user)
        detail.append(str(tunnel))
        expect_peer(phone.run(PAGE), PUBLIC_ADDRESS)
        phone.hang_up()
        if "MODP_1024" not in tunnel.ike:
            raise ExpectationFailed(f"the group is another: {tunnel.ike}")
        tunnel = replace(phone, model=IPHONE).dial(user)
        phone.hang_up()
        if "MODP_2048" not in tunnel.ike:
            raise ExpectationFailed(f"who knows a better group gets {tunnel.ike}")


@contextmanager
def modp1024_allowed(lab: Lab) -> Iterator[None]:
    """Put there what `modp1024: allow` does, and away again."""
    path, reload = "/etc/swanctl/conf.d/modp1024.conf", "swanctl --load-conns"
    text = (ROOT / f"cloud_init/rootfs/l2tp+modp1024{path}").read_text(encoding="utf-8")
    lab.gateway.write({path: text})
    try:
        lab.gateway.succeed(reload)
        yield
    finally:
        lab.gateway.succeed(f"rm {path} && {reload}")


def self_test(lab: Lab, checks: Checks) -> None:
    """Note the gateway's own opinion, check by check."""
    report = json.loads(lab.gateway.execute("gateway-selftest --json").output)
    for result in report["checks"]:
        checks.add(f"selftest-{result['name']}", result["ok"], result["detail"])


def probe(lab: Lab, checks: Checks) -> None:
    """Ask what `pulumi up` waits for."""
    lay(lab.world)
    for port in (500, 4500):
        with checks.check(f"probe-hears-ike-on-{port}") as detail:
            # It gives the second version's answer half a second more: on a busy host too few.
            both = "grep 'accepts our proposal (SA).*accepts our proposal (SA)'"
            asked = f"{PROBE} --port {port} {PUBLIC_ADDRESS} | {both}"
            detail.append(lab.world.wait_until_succeeds(asked).strip())
    with checks.check("probe-hears-a-refused-port") as detail:
        done = lab.world.execute(f"{PROBE} {WEB}")
        detail.append(done.output.strip())
        if done.status != 4 or "port unreachable" not in done.output:
            raise ExpectationFailed(f"status {done.status}: {done.output}")


def call_and_page(lab: Lab, phone: Phone, user: Credentials, checks: Checks) -> Tunnel | None:
    """Call and fetch a page; returns the tunnel. Then look at what the wire saw of both."""
    tunnel = None
    capture(lab, "start")
    with checks.check("page-before-call-seen-by-eve"):
        page = phone.run(PAGE)
        expect_peer(page, CARRIER)
    with checks.check("dial-in") as detail:
        tunnel = phone.dial(user)
        detail.append(str(tunnel))
        if tunnel.auth != "MS-CHAP-V2":
            raise ExpectationFailed(f"authenticated by {tunnel.auth}")
    with checks.check("page-through-tunnel") as detail:
        page = phone.run(PAGE)
        expect_peer(page, PUBLIC_ADDRESS)
        detail.append("the server saw the gateway's address")
    walls(lab, phone, checks)
    with checks.check("phone-is-told-resolvers") as detail:
        told = re.findall(r"nameserver (\S+)", phone.run("cat /etc/ppp/resolv.conf"))
        detail.append(" ".join(told))
        for resolver in told:
            phone.run(f"dig +short +time=5 @{resolver} {WEB_NAME} A | grep -q .")
        if set(told) != {TUNNEL_ADDRESS}:
            raise ExpectationFailed(f"told {told} instead of {TUNNEL_ADDRESS}")
    phone.hang_up()
    capture(lab, "stop")
    wire(lab, checks)
    return tunnel


def walls(lab: Lab, phone: Phone, checks: Checks) -> None:
    """Reach for what is unreachable through the tunnel, and there for the gateway (control)."""
    reach = "curl --silent --fail --max-time 10 --output /dev/null http://{}/"
    for name, address in WALLED.items():
        with checks.check(f"wall-{name}") as detail:
            lab.gateway.succeed(reach.format(address))
            phone.run_and_fail(reach.format(address))
            detail.append(f"{address} answers the gateway and not the phone")
    for name, address in {"tunnel": TUNNEL_ADDRESS, "private": PRIVATE_ADDRESS}.items():
        with checks.check(f"wall-gateway-services-{name}") as detail:
            lab.gateway.succeed(f"timeout 5 bash -c 'exec 3<>/dev/tcp/{address}/22'")
            found = open_ports(phone.run(f"nmap -n -Pn -F --max-retries 1 {address}", 120))
            # The resolver, on the address that phones were told.
            wanted = ["53/tcp"] if name == "tunnel" else []
            if found != wanted:
                raise ExpectationFailed(f"open to phones on {address}: {found}, expected {wanted}")
            detail.append(f"sshd answers the gateway itself on {address}, and the phone {wanted}")
    with checks.check("gateway-answers-ping-inside"):
        phone.run(f"ping -c 1 -W 5 {TUNNEL_ADDRESS}")


def capture(lab: Lab, action: str) -> None:
    """Start or stop Eve, at the carrier's cable to the internet."""
    if action == "start":
        tcpdump = f"exec tcpdump --immediate-mode -U -i carrier -w {CAPTURE}"
        lab.world.start_unit("eve", tcpdump)
        lab.world.wait_until_succeeds(f"test -s {CAPTURE}")
    else:
        lab.world.stop_unit("eve")
        lab.world.fetch(CAPTURE, lab.directory / "internet.pcap")


def captured(lab: Lab, expression: str) -> int:
    """Returns how many packets Eve has that match."""
    return int(
        lab.world.succeed(f"tcpdump -n -r {CAPTURE} {shlex.quote(expression)} 2>/dev/null | wc -l")
    )


def wire(lab: Lab, checks: Checks) -> None:
    """Look at what Eve has in her capture."""
    with checks.check("wire-has-only-ike-and-esp-in-udp") as detail:
        seen = {
            "IKE": captured(lab, "udp port 500 or (udp port 4500 and udp[8:4] = 0)"),
            "ESP in UDP": captured(lab, "udp port 4500 and udp[8:4] != 0"),
            "L2TP": captured(lab, "udp port 1701"),
            "ESP": captured(lab, "esp"),
        }
        detail.append(str(seen))
        if not (seen["IKE"] and seen["ESP in UDP"]) or seen["L2TP"] or seen["ESP"]:
            raise ExpectationFailed(f"on the wire: {seen}")
    with checks.check("eve-reads-the-page-only-before-the-call") as detail:
        pages = int(lab.world.succeed(f"grep -a -c 'a page of the lab' {CAPTURE} || true"))
        detail.append(f"{pages} page in the clear, of two fetched")
        if pages != 1:
            raise ExpectationFailed(
                f"Eve read {pages} pages; the one before the call is the control"
            )
