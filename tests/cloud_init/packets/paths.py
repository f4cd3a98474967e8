"""Sites that full packets don't reach: what the split carries there, and what gets there without.

phone ---- gateway ---- outside ---- site
     1280         1500        the path's MTU, both ways
"""

from __future__ import annotations

import contextlib
import itertools
import select
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.cloud_init.packets.hosts import GATEWAY, PHONE
from tests.cloud_init.packets.layout import Layout, expect, run

SITE = "203.0.113.90"
LINKS_BEHIND = f"""
link set lo up
link set eth0 up
addr add {SITE}/32 dev eth0
route add default dev eth0
"""
AMOUNT = 100_000
"""Bytes: many full packets."""
PATIENCE = 2
"""Seconds. What gets through does within a tenth of one."""
ICMP = {
    "with ICMP": "destroy table ip path\n",
    "without ICMP": """
        table ip path {
            chain output {
                type filter hook output priority filter
                icmp type destination-unreachable drop
            }
        }
    """,
}
"""What the router's own nft is told, by what a sender hears of a packet that is too large."""


class Row(NamedTuple):
    """One row: how a phone gets to its site, what it does there, and what is in between."""

    way: str
    direction: str
    mtu: int
    icmp: str


PATHS = [
    Row(*row)
    for row in itertools.product(
        ("split", "forwarded"), ("up", "down"), (1500, 1400, 1280), reversed(ICMP)
    )
]


def narrow_paths(net: Layout) -> None:
    """All of it arrives, split and forwarded: the split is never worse than no split."""
    site = behind(net)
    for way, paths in itertools.groupby(PATHS, lambda path: path.way):
        with haproxy(net) if way == "split" else contextlib.nullcontext():
            for path in paths:
                make(net, path)
                expect(" ".join(map(str, path)), carried(net, site, path), AMOUNT)


def behind(net: Layout) -> socket.socket:
    """A listener on a host that lies behind the router `outside`."""
    net.add_behind("outside", "site", LINKS_BEHIND)
    with net.inside("outside"):
        run(f"ip route add {SITE} dev site")
        Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
        # Told each time: many rows take less than a second.
        Path("/proc/sys/net/ipv4/icmp_ratelimit").write_text("0")
    net.wait_for_link("outside", SITE)
    return net.listen("site", 80)


def make(net: Layout, path: Row) -> None:
    """What the router carries, and whether it says so; what was learned before is forgotten."""
    with net.inside("outside"):
        run("nft -f -", ICMP[path.icmp])
        for host, device in ((SITE, "site"), (GATEWAY, "eth0")):
            run(f"ip route replace {host} dev {device} mtu {path.mtu}")
    for host in ("gateway", "phone", "site"):
        with net.inside(host):
            run("ip route flush cache")


@contextlib.contextmanager
def haproxy(net: Layout) -> Iterator[None]:
    """HAProxy as shipped. Here it is root: a namespace may have no other users."""
    run("sed -i 's/^haproxy:x:[0-9]*/haproxy:x:0/' /etc/passwd /etc/group")
    run("nft -f /etc/nftables.conf")
    net.split_routing()
    with subprocess.Popen(["haproxy", "-f", "/etc/haproxy/haproxy.cfg"]) as process:
        try:
            deadline = time.monotonic() + 10
            while not run("ss -Hltn sport = :3129"):
                assert time.monotonic() < deadline, "HAProxy does not listen"
            yield
        finally:
            process.kill()


def carried(net: Layout, listener: socket.socket, path: Row) -> int:
    """How many bytes of those that were sent arrived within `PATIENCE`."""
    with net.inside("phone"):
        phone = socket.create_connection((SITE, 80), timeout=PATIENCE)
    listener.settimeout(PATIENCE)
    site = listener.accept()[0]
    with phone, site:
        here = f"ss -Htn state established dst {PHONE} sport = :80"
        expect(f"{path.way}: it ends at the gateway", bool(run(here)), path.way == "split")
        sender, receiver = (phone, site) if path.direction == "up" else (site, phone)
        return passed(sender, receiver)


def passed(sender: socket.socket, receiver: socket.socket) -> int:
    sender.setblocking(False)
    receiver.setblocking(False)
    sent = received = 0
    deadline = time.monotonic() + PATIENCE
    while received < AMOUNT and time.monotonic() < deadline:
        with contextlib.suppress(BlockingIOError):
            sent += sender.send(bytes(AMOUNT - sent))
        select.select([receiver], [], [], 0.05)
        with contextlib.suppress(BlockingIOError):
            received += len(receiver.recv(AMOUNT))
    return received


CHECKS = (narrow_paths,)
