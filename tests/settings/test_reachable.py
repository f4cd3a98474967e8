"""Networks that phones reach although they are private: which, and what is made of them."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from itertools import combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settings import reachable
from settings.guest import SettingsError, parse
from tests.cloud_init.strategies import MINIMAL, networks


def read(*items: str) -> list[str]:
    return [str(network) for network in reachable.networks(list(items))]


@pytest.mark.parametrize(
    "network",
    [
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
        *("100.64.0.0/11", "100.96.0.0/14", "100.100.100.199/32", "100.100.100.201/32"),
        *("192.168.100.1/32", "100.127.255.255/32"),
    ],
)
def test_all_that_is_walled_off_can_be_opened_but_the_metadata(network: str) -> None:
    assert read(network) == [network]


def test_a_single_address_needs_no_prefix() -> None:
    assert read("192.168.1.20") == ["192.168.1.20/32"]


def test_what_overlaps_or_stands_twice_is_one() -> None:
    """nft refuses intervals that overlap."""
    assert read("192.168.1.20", "192.168.1.0/24", "192.168.1.0/24") == ["192.168.1.0/24"]
    assert read("192.168.0.0/24", "192.168.1.0/24") == ["192.168.0.0/23"]


def test_their_order_makes_no_other_guest() -> None:
    items = ["192.168.1.20", "10.7.0.0/16", "100.64.0.1"]
    assert {tuple(read(*order)) for order in permutations(items)} == {
        ("10.7.0.0/16", "100.64.0.1/32", "192.168.1.20/32")
    }


def test_sixteen_are_not_too_many() -> None:
    assert len(read(*(f"10.{number}.0.9" for number in range(16)))) == 16


def test_the_machines_own_network_can_be_opened() -> None:
    """A server in the LAN at home."""
    settings = parse(
        MINIMAL | {"vnetSubnet": "192.168.1.0/24", "reachableNetworks": ["192.168.1.9"]}
    )
    assert settings.reachable_networks == (IPv4Network("192.168.1.9/32"),)


def test_every_fault_gets_its_line() -> None:
    with pytest.raises(SettingsError) as caught:
        parse(MINIMAL | {"reachableNetworks": ["8.8.8.8", "192.168.1.1/24", "10.7.0.0/16", "x"]})
    first, second, third = caught.value.problems
    assert first.startswith("reachableNetworks: 8.8.8.8/32 lies in none of")
    assert "did you mean 192.168.1.0/24?" in second
    assert third.startswith("reachableNetworks: 'x' is not an IPv4 network")


@given(st.lists(networks("192.168.0.0/16", range(16, 33)), max_size=16))
def test_it_is_the_same_addresses_without_overlap(items: list[str]) -> None:
    found = reachable.networks(items)
    assert not any(one.overlaps(other) for one, other in combinations(found, 2))
    for item in map(IPv4Network, items):
        assert sum(item.subnet_of(network) for network in found) == 1
    for network in found:
        assert any(IPv4Address(network[0]) in IPv4Network(item) for item in items)
        assert any(IPv4Address(network[-1]) in IPv4Network(item) for item in items)
