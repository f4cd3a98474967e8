"""Who is where, and how they are wired up, in ip(8)'s own words.

    phone  10.2.2.100 ---- ppp0   10.2.2.1 \\
                                            gateway  eth0 10.1.0.4 ---- everything OUTSIDE
    phone2 10.2.2.101 ---- ipsec1 10.2.2.1 /

One came with L2TP and the other with IKEv2; which is which, TUNNELS in the environment says.
"""

from __future__ import annotations

import os

TUNNEL, TUNNEL2 = os.environ.get("TUNNELS", "ppp0 ipsec1").split()
"""The gateway's interfaces towards phone and phone2."""
GATEWAY = "10.1.0.4"
TUNNEL_GATEWAY = "10.2.2.1"
PUBLIC = "198.51.100.4"
"""The gateway's too, where it stands in the internet itself; in no network that is walled off."""
PHONE, PHONE2, PHONE3, NO_PHONE = "10.2.2.100", "10.2.2.101", "10.2.2.102", "10.2.2.150"
STRANGER = "192.0.2.66"
"""An address of the phone that the gateway did not give it."""
BEHIND_PHONE2 = "192.0.2.99"
"""An address that phone2 routes for."""

WEB = "203.0.113.80"
RESOLVER = "8.8.8.8"
ADMIN, NOT_ADMIN = "198.51.100.7", "198.51.100.8"
METADATA, AZURE_HOST = "169.254.169.254", "168.63.129.16"
ROUTER, NEIGHBOUR = "10.1.0.1", "10.1.0.9"
HOSTER_GATEWAY, HOSTER_HOST = "198.18.7.4", "198.18.7.9"
"""When the gateway stands in a network with public addresses: its own there, and a neighbour's."""
PRIVATE = ("192.168.100.1", "100.100.100.200", "10.200.0.5", "172.16.9.9")
"""A modem's page, Alibaba Cloud's metadata, a peered network, a site behind the router: all
beyond the gateway's own networks."""
RESERVED = ("0.1.2.3", "240.0.0.1")
"""Not for use on any network, but Linux would route them."""

# Without ARP, like PPP. Linux then takes its own hardware address for everybody's, so
# all have the same.
WIRE = "link add {} address {mac} arp off type veth peer {} netns {} address {mac} arp off\n"
WIRES = (("eth0", "eth0", "outside"), (TUNNEL, "ppp0", "phone"), (TUNNEL2, "ppp0", "phone2"))
MAC = "02:00:00:00:00:01"

GATEWAY_LINKS = f"""
link set eth0 up
addr add {GATEWAY}/24 dev eth0
route add default via {ROUTER}
link set {TUNNEL} mtu 1280 up
addr add {TUNNEL_GATEWAY} peer {PHONE}/32 dev {TUNNEL}
link set {TUNNEL2} mtu 1280 up
addr add {TUNNEL_GATEWAY} peer {PHONE2}/32 dev {TUNNEL2}
"""

PHONE_LINKS = """
link set lo up
link set ppp0 up
addr add {address} peer 10.2.2.1/32 dev ppp0
addr add {other}/32 dev lo
route add default via 10.2.2.1 src {address}
"""

# Knows the way to the phones, so that only the gateway's filter is in the way.
OUTSIDE_LINKS = f"""
link set lo up
link set eth0 up
addr add {ROUTER}/24 dev eth0
addr add {NEIGHBOUR}/24 dev eth0
addr add {HOSTER_HOST}/24 dev eth0
route add 10.2.2.0/24 via {GATEWAY}
""" + "".join(
    f"addr add {address}/32 dev lo\n"
    for address in (WEB, ADMIN, NOT_ADMIN, METADATA, AZURE_HOST, *PRIVATE, *RESERVED)
)

HOSTS = {
    "phone": PHONE_LINKS.format(address=PHONE, other=STRANGER),
    "phone2": PHONE_LINKS.format(address=PHONE2, other=BEHIND_PHONE2),
    "outside": OUTSIDE_LINKS,
    "bystander": "link set lo up",
}
