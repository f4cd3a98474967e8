"""Which private networks phones reach all the same: the value of ``reachableNetworks``."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, collapse_addresses
from typing import Any

from settings.values import PRIVATE_NETWORKS, BadValue, network, shown

RANGES = (*PRIVATE_NETWORKS, IPv4Network("100.64.0.0/10"))
"""RFC 1918 and RFC 6598. The guest walls phones off from all of it, attached or not: behind the
machine's router lie other people's things, and some of a cloud's."""

MAX_NETWORKS = 16

ALIBABA_METADATA = IPv4Address("100.100.100.200")
"""Alibaba Cloud's instance metadata: hands the user-data, every secret in it, to whoever asks.
Other clouds have theirs in a range that can't be opened."""


def networks(value: Any) -> tuple[IPv4Network, ...]:
    """Networks and single addresses, sorted; what overlaps or touches becomes one. The same
    networks in another order are the same guest, whose machine is not replaced."""
    if not isinstance(value, list) or len(value) > MAX_NETWORKS:
        raise BadValue(
            f"{shown(value)} is not a list of at most {MAX_NETWORKS} IPv4 networks or addresses"
        )
    faults: list[str] = []
    read: list[IPv4Network] = []
    for item in value:
        try:
            read.append(_network(item))
        except BadValue as bad:
            faults += bad.told
    if faults:
        raise BadValue(*faults)
    return tuple(collapse_addresses(read))


def _network(item: Any) -> IPv4Network:
    wanted = network(item, "192.168.1.0/24", "in " + ", ".join(map(str, RANGES)), _network)
    if not any(wanted.subnet_of(each) for each in RANGES):
        raise BadValue(
            f"{wanted} lies in none of {', '.join(map(str, RANGES))}, and nothing else can be"
            " opened; phones reach the internet without it"
        )
    if ALIBABA_METADATA in wanted:
        raise BadValue(
            f"{wanted} holds {ALIBABA_METADATA}, where Alibaba Cloud tells every secret of a"
            " machine; name smaller networks without it"
        )
    return wanted
