"""Phones' interfaces: their routes, and what networkd and udev read."""

from __future__ import annotations

import re

from tests.cloud_init.checkers.checking import (
    IP_UP,
    TUNNEL_SPLIT,
    UNITS,
    Broken,
    CheckedBy,
    complains,
    no_complaint,
)
from tests.cloud_init.guest_tree import Guest

NETWORKD = "/etc/systemd/networkd.conf.d/lunch-gateway.conf"
LINK = "/etc/systemd/network/10-lunch-gateway-phones.link"
PHONES_RULES = "/etc/udev/rules.d/90-lunch-gateway-phones.rules"


def tunnel(guest: Guest) -> str:
    """The interface for IKEv2 phones as its unit makes it, twice; a dummy stands in where the
    kernel has no such interfaces, so the command is read for its words."""
    unit = guest.text(f"{UNITS}/gateway-tunnel.service")
    starting = "\n".join(re.findall(r"^ExecStart=(.*)$", unit, re.M))
    if "type xfrm if_id 1" not in starting:
        return "no interface of type xfrm with the number of ikev2.conf"
    starting = starting.replace("type xfrm if_id 1", "type veth peer name unused")
    return guest.complaints(
        f"""
        set -ea
        . /etc/lunch-gateway/tunnel.env
        {starting}
        {starting}
        ip -brief link show dev ipsec1 | grep -o UP, | head -n 1
        cat /sys/class/net/ipsec1/mtu 2>/dev/null || ip link show ipsec1 | grep -o 'mtu [0-9]*'
        ip route show dev ipsec1 | xargs
        """,
        expected="UP,\nmtu 1280\n10.2.2.0/24 scope link linkdown",
    )


def phones_routes(guest: Guest) -> str:
    """What a phone's route says afterwards; reno stands in for what no kernel here has."""
    (after,) = re.findall("^ExecStartPost=-(.*)$", guest.text(TUNNEL_SPLIT), re.M)
    return guest.complaints(
        f"""
        set -ea
        . /etc/lunch-gateway/tunnel.env
        ip link add ppp0 type veth peer name phone
        ip link add ipsec1 type veth peer name unused
        for name in ppp0 phone ipsec1 unused; do ip link set $name up; done
        ip addr add 10.2.2.1 peer 10.2.2.100/32 dev ppp0
        ip route add $SUBNET dev ipsec1
        run-parts --list /etc/ppp/ip-up.d | grep lunch
        sed -i s/bbr.phone/reno/ {IP_UP}
        PPP_IFACE=ppp0 PPP_LOCAL=10.2.2.1 PPP_REMOTE=10.2.2.100 {IP_UP}
        {after.replace("bbr.phone", "reno")}
        ip -4 route show | grep -E "ppp0|ipsec1" | sort | sed "s/ $//"
        """,
        expected=f"{IP_UP}\n10.2.2.0/24 dev ipsec1 scope link congctl reno\n"
        "10.2.2.100 dev ppp0 proto kernel scope link src 10.2.2.1 congctl reno",
    )


def networkd(guest: Guest) -> str:
    """networkd only logs what it does not know: strictly these lines."""
    known = {"[Network]", "ManageForeignRoutingPolicyRules=no", "ManageForeignRoutes=no"}
    return _unknown_lines(guest.text(NETWORKD), known)


def udev(guest: Guest) -> str:
    """That it has the effect, the self-test sees."""
    return guest.complaints(f"udevadm verify --no-summary {PHONES_RULES}")


def udev_link(guest: Guest) -> str:
    """As networkd. That it has the effect, the self-test sees."""
    numbers = {"OriginalName=ppp* ipsec1", "GenericSegmentOffloadMaxBytes=8192"}
    return _unknown_lines(guest.text(LINK), {"[Match]", "[Link]", *numbers})


def _unknown_lines(text: str, known: set[str]) -> str:
    bad = [line for line in text.splitlines() if line and line[0] != "#" and line not in known]
    return f"unknown: {bad}" if bad else ""


CHECKED_BY: CheckedBy = {
    "/etc/lunch-gateway/tunnel.env": (tunnel,),
    NETWORKD: (networkd,),
    LINK: (udev_link,),
    PHONES_RULES: (udev,),
    IP_UP: (phones_routes,),
    f"{UNITS}/gateway-tunnel.service": (tunnel,),
    TUNNEL_SPLIT: (phones_routes,),
}

BROKEN: list[Broken] = [
    (tunnel, f"{UNITS}/gateway-tunnel.service", "if_id 1", "if_id 2"),
    (tunnel, f"{UNITS}/gateway-tunnel.service", "route replace", "route add"),
    (tunnel, "/etc/lunch-gateway/tunnel.env", "MTU=1280", "MTU=1281"),
    (phones_routes, TUNNEL_SPLIT, "route change", "route add"),
    (phones_routes, IP_UP, '"$PPP_LOCAL"', '"$PPP_REMOTE"'),
    (phones_routes, IP_UP, "proto kernel ", ""),
    (networkd, NETWORKD, "ManageForeignRoutes", "ManageForeinRoutes"),
    (udev, PHONES_RULES, "RUN+=", "RUNS+="),
    (udev, PHONES_RULES, 'root fq"', "root fq"),
    (udev_link, LINK, "MaxBytes", "MaxByte"),
]

test_checker_has_no_complaint = no_complaint(CHECKED_BY)
test_checker_complains_about_a_broken_file = complains(BROKEN)
