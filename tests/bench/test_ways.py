"""A phone has one VPN of its own at a time, and the gateway does what the way says."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from bench import plan
from bench.benchmark import Benchmark
from bench.records import Run
from bench.ways import WAYS
from lab import manners
from lab.manners import Manners
from lab.phones import transports
from lab.phones.phone import Credentials, Phone
from lab.phones.transports import Transports
from tests.bench.test_options import chosen
from tests.lab.machines import Pretender


class Client:
    """Notes what a phone's client is asked to do."""

    def __init__(self, name: str, done: list[str]) -> None:
        self.name, self.done = name, done
        self.up = False

    def dial(self, user: Credentials) -> None:
        self.done.append(f"{self.name} dials")

    def hang_up(self) -> None:
        self.done.append(f"{self.name} hangs up")


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    done: list[str] = []
    l2tp, ikev2 = Client("l2tp", done), Client("ikev2", done)
    monkeypatch.setattr(Phone, "dial", lambda _, user: l2tp.dial(user))
    monkeypatch.setattr(Phone, "hang_up", lambda _: l2tp.hang_up())
    monkeypatch.setattr(transports, "Ikev2Phone", lambda *_, **__: ikev2)
    return done


@pytest.fixture
def benchmark() -> Benchmark:
    phone = Phone(Pretender(), "192.0.2.1")
    gateway, user = Pretender(), Credentials("alice", "password", "key")
    return Benchmark(Transports(gateway, phone, user), Manners(gateway), chosen(), Run({}, []))


def take(benchmark: Benchmark, way: str) -> None:
    """Have its turn, on a line that does not matter."""
    (comparison,) = plan.product(["lossy-1"], ways=[way])
    benchmark.turn(comparison, WAYS[way], 1)


def test_one_of_its_own_clients_at_a_time(benchmark: Benchmark, done: list[str]) -> None:
    take(benchmark, "gateway-l2tp")
    take(benchmark, "gateway-ikev2")
    assert done[-2:] == ["l2tp hangs up", "ikev2 dials"]
    take(benchmark, "gateway-ikev2")
    assert done[-1] == "ikev2 dials", "it is up"
    benchmark.transports.open("direct")
    assert done[-1] == "ikev2 hangs up", "its route would take everything"


def test_a_new_comparison_begins_without_ikev2(benchmark: Benchmark, done: list[str]) -> None:
    take(benchmark, "gateway-ikev2")
    benchmark.transports.open("l2tp")
    assert "ikev2 hangs up" in done[done.index("ikev2 dials") :]


def test_quic_is_refused_on_its_way_only(benchmark: Benchmark, done: list[str]) -> None:
    gateway = benchmark.transports.gateway
    assert isinstance(gateway, Pretender)
    for name, refused in (("gateway-l2tp", True), ("gateway-quic", False)):
        gateway.commands.clear()
        take(benchmark, name)
        said = "\n".join(gateway.commands)
        assert "flush chain inet gateway quic" in said
        assert bool(re.search("add rule .* quic udp dport 443 reject", said)) == refused


def test_bursts_are_the_gateways_own_where_it_splits(benchmark: Benchmark, done: list[str]) -> None:
    """Whatever it booted with, and after another way had the kernel's."""
    gateway = benchmark.transports.gateway
    assert isinstance(gateway, Pretender)
    gateway.answers_by = ((r"sysctl -n net\.ipv4\.tcp_tso_rtt_log", "13\n"),)
    for name, bursts in (
        ("forward", 9),
        ("gateway-l2tp", 13),
        ("shadowsocks", 9),
        ("gateway-l2tp", 13),
    ):
        gateway.commands.clear()
        take(benchmark, name)
        said = "\n".join(gateway.commands)
        assert f"net.ipv4.tcp_tso_rtt_log={bursts} " in said, name


def test_towards_phones_the_gateways_own_bbr_unless_the_way_says_otherwise(
    benchmark: Benchmark, done: list[str]
) -> None:
    gateway = benchmark.transports.gateway
    assert isinstance(gateway, Pretender)
    for name, named in (
        ("gateway-l2tp", True),
        ("gateway-cubic", False),
        ("gateway-plain-bbr", False),
    ):
        gateway.commands.clear()
        take(benchmark, name)
        said = "\n".join(gateway.commands)
        assert "ip route change" in said
        assert ("ip route change $route congctl bbr.phone" in said) == named, name


def test_phones_routes_as_iproute2_shows_them(tmp_path: Path) -> None:
    """The words that `ip route change` is given, for phones' routes only."""
    listing = (
        "default via 10.1.0.1 dev eth0 proto dhcp src 10.1.0.4 metric 100\n"
        "10.2.2.0/24 dev ipsec1 scope link congctl bbr.phone\n"
        "10.2.2.100 dev ppp0 proto kernel scope link src 10.2.2.1 congctl cubic\n"
        "10.2.2.101 dev ppp1 proto kernel scope link src 10.2.2.1\n"
    )
    (tmp_path / "ip").write_text(
        f'#!/bin/sh\n[ "$2" = change ] && echo "$@" || cat <<END\n{listing}END\n'
    )
    (tmp_path / "ip").chmod(0o755)
    done = subprocess.run(
        ["sh", "-c", manners.phones_routes("bbr.phone")],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == (
        "route change 10.2.2.0/24 dev ipsec1 scope link congctl bbr.phone\n"
        "route change 10.2.2.100 dev ppp0 proto kernel scope link src 10.2.2.1 congctl bbr.phone\n"
        "route change 10.2.2.101 dev ppp1 proto kernel scope link src 10.2.2.1 congctl bbr.phone\n"
    )


def test_other_vpns_are_let_in_and_reach_the_site_by_an_address_of_their_own(
    benchmark: Benchmark, done: list[str]
) -> None:
    world, gateway = benchmark.transports.phone.world, benchmark.transports.gateway
    assert isinstance(world, Pretender)
    assert isinstance(gateway, Pretender)
    world.answers_by = (("wg genkey", "\n".join(["secret1", "public1", "secret2", "public2"])),)
    take(benchmark, "wireguard")
    asked, told = "\n".join(world.commands), "\n".join(gateway.commands)
    assert "nsg udp dport 51820 accept" in asked
    assert "input udp dport 51820 accept" in told
    assert "secret1 > /run/wg.key" in told
    assert "peer public2 " in told
    assert "secret2 > /run/wg.key" in asked
    assert "peer public1 " in asked
    assert "ip route replace 198.18.4.81 dev wg0" in asked
    take(benchmark, "shadowsocks")
    asked, told = "\n".join(world.commands), "\n".join(gateway.commands)
    assert "nsg tcp dport 8388 accept" in asked
    for port in (5201, 8080, 443):
        assert f"-l {port} -L 198.18.4.82:{port} " in asked, "each load's"


def test_what_a_transport_needs_is_done_once(benchmark: Benchmark, done: list[str]) -> None:
    gateway = benchmark.transports.gateway
    assert isinstance(gateway, Pretender)
    for name in ("shadowsocks", "direct", "shadowsocks"):
        take(benchmark, name)
    assert "\n".join(gateway.commands).count("install --yes") == 1


def test_after_shadowsocks_was_opened_the_gateway_is_told_anew(
    benchmark: Benchmark, done: list[str]
) -> None:
    """Its server began with a sysctl of its own."""
    gateway = benchmark.transports.gateway
    assert isinstance(gateway, Pretender)
    take(benchmark, "forward-cubic")
    (comparison,) = plan.product(["lossy-1"], ways=["shadowsocks"])
    benchmark.prepare(comparison)
    gateway.commands.clear()
    take(benchmark, "forward-cubic")
    assert "tcp_congestion_control=cubic" in "\n".join(gateway.commands)
