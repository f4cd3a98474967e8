"""The operator without IPv4, as far as the commands tell."""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path

import pytest

from lab.world import ipv6_only, topology
from tests.lab.machines import Pretender
from tests.lab.test_topology import ADDRESS, STUB, code

SCRIPT = topology.FILE.with_name("ipv6-only")
PROGRAMS = ("ip", "nft", "sysctl", "systemd-run", "systemctl", "tayga", "tc")


def told(place: Path, command: str) -> list[str]:
    """What the world's machine is told to do, in order."""
    for name in PROGRAMS:
        (place / name).write_text(STUB)
        (place / name).chmod(0o755)
    (place / "run").mkdir(exist_ok=True)
    (place / "etc" / "netns" / "phone2").mkdir(parents=True, exist_ok=True)
    script = SCRIPT.read_text("utf-8").replace("/run/", f"{place}/run/")
    (place / "ipv6-only").write_text(script.replace("/etc/netns", f"{place}/etc/netns"))
    (place / "topology.env").write_bytes(topology.FILE.read_bytes())
    done = subprocess.run(
        ["sh", place / "ipv6-only", command, "phone phone4", "phone2"],
        env={"PATH": f"{place}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_it_takes_its_addresses_from_where_they_stand() -> None:
    text = code(SCRIPT.read_text("utf-8"))
    assert not ADDRESS.search(text)
    assert "2001:" not in text


def test_each_phone_keeps_the_number_of_its_line(tmp_path: Path) -> None:
    commands = told(tmp_path, "up")
    assert "ip -n phone2 address add 2001:db8:6:44::2/64 dev carrier nodad" in commands
    assert "ip -n clat address add 192.168.46.1/24 dev phone4" in commands
    mapped = (tmp_path / "run" / "tayga-clat.conf").read_text()
    assert "map 192.168.46.2 2001:db8:6:2::46\n" in mapped


def test_a_phone_without_ipv4_asks_a_resolver_that_makes_addresses(tmp_path: Path) -> None:
    resolver = tmp_path / "etc" / "netns" / "phone2" / "resolv.conf"
    told(tmp_path, "up")
    assert resolver.read_text() == "nameserver 2001:db8:6:4::53\n"
    asked = (tmp_path / "run" / "dns64.conf").read_text()
    assert "interface: 2001:db8:6:4::53\n" in asked
    assert "dns64-prefix: 2001:db8:64::/96\n" in asked
    told(tmp_path, "down")
    assert resolver.read_text() == "nameserver 8.8.8.8\n"


@pytest.mark.parametrize("phone", ["phone", "phone4", "phone2"])
def test_whoever_lost_a_line_gets_it_back(phone: str, tmp_path: Path) -> None:
    up, down = told(tmp_path, "up"), told(tmp_path, "down")
    if f"ip -n carrier link set dev {phone} netns clat" in up:
        assert f"ip -n clat link set dev {phone} netns carrier" in down
    else:
        assert f"ip -n {phone} -4 address flush dev carrier" in up
        assert f"ip -n {phone} address add 192.168.44.2/24 dev carrier" in down
    assert down.index("ip netns delete clat") > down.index(
        "systemctl stop tayga-clat tayga-carrier dns64"
    )


def test_ipv4_is_back_whatever_happened_without_it() -> None:
    world = Pretender()
    with (
        contextlib.suppress(ZeroDivisionError),
        ipv6_only.ipv6_only(world, ["phone"], ["phone2", "phone3"]),
    ):
        assert world.commands == ["/lab/ipv6-only up 'phone' 'phone2 phone3'"]
        raise ZeroDivisionError
    assert world.commands[-1] == "/lab/ipv6-only down 'phone' 'phone2 phone3'"
