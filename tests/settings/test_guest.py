"""Good values, and what follows from them."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from settings import values
from settings.guest import (
    GUEST_KEYS,
    REDACTED,
    parse,
)
from settings.machine import MACHINE_KEYS
from tests.cloud_init.strategies import MINIMAL, passwords, psks, settings_maps, user_names


def test_example_is_valid_and_names_every_guest_key_but_the_optional_one(
    raw: dict[str, Any],
) -> None:
    parse(raw)
    assert set(raw) >= GUEST_KEYS - {"sshSource"}
    assert set(raw) <= GUEST_KEYS | MACHINE_KEYS


@pytest.mark.parametrize(
    ("key", "value", "field", "expected"),
    [
        ("psk", "x" * 16, "psk", "x" * 16),
        ("psk", "a b$c#d;e=f{g}h%i", "psk", "a b$c#d;e=f{g}h%i"),
        ("users", {"a": '"\\"\\\\\'#" and more !'}, "users", {"a": '"\\"\\\\\'#" and more !'}),
        ("users", {"a": "x" * 16}, "users", {"a": "x" * 16}),
        ("users", {"a.b_c@d-e": "x" * 128}, "users", {"a.b_c@d-e": "x" * 128}),
        ("tunnelSubnet", "192.168.9.0/27", "tunnel_subnet", IPv4Network("192.168.9.0/27")),
        ("tunnelSubnet", "172.16.0.0/16", "tunnel_subnet", IPv4Network("172.16.0.0/16")),
        ("reachableNetworks", [], "reachable_networks", ()),
        ("reachableNetworks", None, "reachable_networks", ()),
        ("mtu", 576, "mtu", 576),
        ("mtu", "1410", "mtu", 1410),
        ("sshSource", "", "ssh_source", None),
        ("sshSource", None, "ssh_source", None),
        ("sshSource", "203.0.113.7", "ssh_source", IPv4Network("203.0.113.7/32")),
        ("phoneToPhone", "True", "phone_to_phone", True),
        ("phoneToPhone", False, "phone_to_phone", False),
        ("quic", "allow", "quic", "allow"),
        ("quic", "reject", "quic", "reject"),
        ("quic", None, "quic", "reject"),
        ("modp1024", "allow", "modp1024", "allow"),
        ("modp1024", None, "modp1024", "reject"),
        ("protocols", ["l2tp"], "protocols", ("l2tp",)),
        ("protocols", ["ikev2", "l2tp"], "protocols", ("l2tp", "ikev2")),
        ("protocols", None, "protocols", ("l2tp", "ikev2")),
        ("serverName", "VPN.example.org.", "server_name", "vpn.example.org"),
        ("serverName", "203.0.113.5", "server_name", "203.0.113.5"),
        ("serverName", "", "server_name", None),
        ("dnsLabel", "anything", "psk", MINIMAL["psk"]),
    ],
)
def test_good_value(key: str, value: Any, field: str, expected: Any) -> None:
    assert getattr(parse(MINIMAL | {key: value}), field) == expected


@given(settings_maps())
def test_any_valid_map_is_accepted_and_consistent(raw: dict[str, Any]) -> None:
    settings = parse(raw)
    first, last = settings.l2tp_range
    assert settings.tunnel_gateway in settings.tunnel_subnet
    assert settings.tunnel_gateway < first < last < settings.tunnel_subnet.broadcast_address
    assert int(last) - int(first) >= 3
    first, above = settings.ikev2_range
    assert last < first < above < settings.tunnel_subnet.broadcast_address
    assert int(above) - int(first) >= 3
    assert not settings.tunnel_subnet.overlaps(settings.vnet_subnet)


@given(psks, user_names, passwords)
def test_settings_show_no_secret(psk: str, user: str, password: str) -> None:
    settings = replace(parse(MINIMAL), psk=psk, users={user: password})
    shown = repr(replace(settings, psk="", users={}))
    assume(psk not in shown and password not in shown)
    assert psk not in repr(settings)
    assert password not in repr(settings)
    assert set(settings.redacted().users) == {"user-1@redacted" if "@" in user else "user-1"}
    assert {settings.redacted().psk, *settings.redacted().users.values()} == {REDACTED}


@given(st.sampled_from(values.TUNNEL_PREFIXES), st.integers(0, 255))
def test_every_subnet_size_has_room_for_phones(prefix: int, octet: int) -> None:
    network = IPv4Network(f"10.{octet}.0.0/{prefix}")
    assume(not network.overlaps(IPv4Network("192.168.255.0/24")))
    settings = parse(MINIMAL | {"tunnelSubnet": str(network), "vnetSubnet": "192.168.255.0/24"})
    first, last = settings.l2tp_range
    assert {first, last} <= set(network.hosts()) - {settings.tunnel_gateway}


DIALS = 6
"""Of one phone in three minutes, from the same port or others, none of which it hangs up."""


def test_the_smallest_subnet_holds_a_phone_that_dials_again_and_again() -> None:
    """charon believes a silent phone for 195 s (dpd_delay and strongSwan's retransmissions), pppd
    for 150: count every call as believed, and somebody else gets in all the same."""
    smallest = f"10.2.2.0/{max(values.TUNNEL_PREFIXES)}"
    settings = parse(MINIMAL | {"tunnelSubnet": smallest})
    for first, last in (settings.l2tp_range, settings.ikev2_range):
        assert int(last) - int(first) + 1 >= DIALS + 1
    assert settings.l2tp_range[1] < settings.ikev2_range[0]


def test_a_24_has_the_range_of_the_article() -> None:
    assert [str(address) for address in parse(MINIMAL).l2tp_range] == ["10.2.2.100", "10.2.2.150"]
    assert [str(each) for each in parse(MINIMAL).ikev2_range] == ["10.2.2.160", "10.2.2.250"]
