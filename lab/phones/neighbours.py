"""Neighbours on the phone's line, who use no VPN."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lab.machines.expectations import ExpectationFailed
from lab.machines.machine import Machine
from lab.phones import iperf
from lab.phones.phone import Phone
from lab.world.sites import NEIGHBOURS_PORT
from lab.world.topology import WEB


@contextmanager
def downloading(phone: Phone, number: int, seconds: int, omit: int) -> Iterator[list[float]]:
    """Yields a list, and has so many download meanwhile, from a site on cubic: then it holds what
    each of them got, Mbit/s, in ascending order.

    Args:
        phone: whose line it is.
        number: of the downloads.
        seconds: that they count, after those that are omitted.
        omit: seconds.
    """
    _start(phone, number, f"--time {seconds} --omit {omit}")
    got: list[float] = []
    try:
        yield got
    except ExpectationFailed:
        # What is measured next starts its own.
        phone.world.execute("systemctl stop neighbours 2>/dev/null")
        raise
    got += _got(phone.world)


def _start(phone: Phone, number: int, how_long: str) -> None:
    phone.run(f"ip route replace {WEB} via {phone.router}; rm -f /run/neighbours")
    phone.host.start_unit(
        "neighbours",
        f"iperf3 --client {WEB} --port {NEIGHBOURS_PORT} --reverse"
        f" {iperf.FINE} --parallel {number} {how_long} --json"
        " > /run/neighbours.new; mv /run/neighbours.new /run/neighbours",
    )
    phone.world.wait_until_succeeds(
        f"test $(ip netns exec web ss -Htn state established sport = :{NEIGHBOURS_PORT} | wc -l)"
        f" -gt {number}"
    )


def _got(world: Machine) -> list[float]:
    world.wait_until_succeeds("test -s /run/neighbours")
    streams = iperf.read(world.read("/run/neighbours"))["end"]["streams"]
    return sorted(round(stream["receiver"]["bits_per_second"] / 1e6, 3) for stream in streams)
