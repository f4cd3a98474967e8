"""The way in for a real phone: what is opened, and what is refused with which words."""

from __future__ import annotations

import errno
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from here import door
from lab.host import LabError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def ports(monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """Two that anybody may take."""
    with socket.socket(type=socket.SOCK_DGRAM) as one, socket.socket(type=socket.SOCK_DGRAM) as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        free = (one.getsockname()[1], two.getsockname()[1])
    monkeypatch.setattr(door, "PORTS", free)
    return free


def refused(address: str) -> str:
    with pytest.raises(LabError) as refusal:
        door.require(address)
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


def test_free_ports_are_left_free(ports: tuple[int, int]) -> None:
    door.require("127.0.0.1")
    door.require("127.0.0.1")


def test_a_port_that_is_taken_is_named(ports: tuple[int, int]) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", ports[1]))
        assert f"PHONE: UDP {ports[1]} of 127.0.0.1 is taken" in refused("127.0.0.1")


@pytest.mark.parametrize("address", ["192.0.2.7", "no-address"])
def test_another_computers_address_is_refused(ports: tuple[int, int], address: str) -> None:
    assert f"PHONE: {address} is no IPv4 address of this computer" in refused(address)


def test_who_may_not_is_told_what_allows_it() -> None:
    why = door._why(OSError(errno.EACCES, "Permission denied"), "192.0.2.7", 500)
    assert "only root may listen to UDP 500" in why
    assert "ip_unprivileged_port_start=500" in why


def test_who_may_not_is_refused() -> None:
    """A user without rights, on a net where the sysctl is as the kernel sets it."""
    ask = "from here import door; door.require('0.0.0.0')"
    done = subprocess.run(
        ["unshare", "--user", "--net", "--", sys.executable, "-c", ask],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "LabError: PHONE: only root may listen to UDP 500; run make as root" in done.stderr


def test_both_ports_lead_into_the_world() -> None:
    world = ["-smp", "2", "-netdev", "user,id=up", "-netdev", "stream,id=vnet"]
    *_, up, _, stream = door.opened(world, "192.0.2.7")
    assert up == (
        "user,id=up,hostfwd=udp:192.0.2.7:500-10.0.2.15:500,hostfwd=udp:192.0.2.7:4500-10.0.2.15:4500"
    )
    assert stream == "stream,id=vnet"
