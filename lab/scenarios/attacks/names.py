"""A phone that asks for names that nobody answers."""

from __future__ import annotations

from lab.lab import Lab
from lab.machines.expectations import ExpectationFailed
from lab.machines.hosts import PATIENCE
from lab.phones.phone import Phone
from lab.progress import Checks
from lab.scenarios.attacks.watch import no_watch
from lab.world.topology import TUNNEL_ADDRESS, WEB, WEB_NAME

UPSTREAMS = "ss -Haunp | grep -c '\"dnsmasq\"'"
SENT = "awk '/^Udp:/ {sent = $5} END {print sent}' /proc/net/snmp"
AT_ONCE = 3000


def flood(lab: Lab, phone: Phone) -> None:
    """Have the phone ask for 25 s, ten times as fast as it may (unit `flood`); return when it has
    asked for more names than the gateway looks up at once (dns-forward-max, 2,000)."""
    before = int(phone.run(SENT))
    phone.host.start_unit("flood", f"/lab/ask-names {TUNNEL_ADDRESS} 25 500")
    # Beside the one that listens: that from which it asks its upstreams, in vain.
    lab.gateway.wait_until_succeeds(f"test $({UPSTREAMS}) -ge 2")
    phone.host.wait_until_succeeds(f"test $({SENT}) -ge {before + AT_ONCE}")


def silent_names(lab: Lab, phone: Phone, beside: Phone, checks: Checks) -> None:
    """Have one phone ask for names that no upstream answers, ten times as fast as it may."""
    # Every name below the web server's leads to it (lab/world/files/up).
    names = " ".join(f"{number}.{WEB_NAME}" for number in range(10))
    with checks.check("attacks-names-beside-a-flood") as detail:
        flood(lab, phone)
        # What is refused is not asked again, what is lost is: a phone does the same.
        said = beside.run(f"dig +tries=4 +time=3 +short @{TUNNEL_ADDRESS} {names}", 150)
        answers = said.splitlines().count(WEB)
        detail.append(f"{answers} of 10 names of another phone")
        if answers != 10:
            raise ExpectationFailed(f"{detail.pop()}: {said}")
    with checks.check("attacks-self-test-and-reload-beside-a-flood"):
        lab.gateway.succeed("gateway-selftest --gate")
        with no_watch(lab):
            lab.gateway.succeed("systemctl reload nftables")
            lab.gateway.succeed('test -z "$(nft -j list set inet gateway ike_ports | grep 4500)"')
            lab.wait_for_ike(PATIENCE)
    lab.world.wait_for_end_of_unit("flood")
