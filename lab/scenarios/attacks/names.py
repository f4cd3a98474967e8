"""A phone that asks for names that nobody answers."""

from __future__ import annotations

from lab.lab import Lab
from lab.phones.phone import Phone
from lab.world.topology import TUNNEL_ADDRESS

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
