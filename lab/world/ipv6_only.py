"""An operator whose lines carry IPv6 only, with a NAT64 between them and the internet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from lab.machines.machine import Machine


@contextmanager
def ipv6_only(world: Machine, behind_clat: Sequence[str], native: Sequence[str]) -> Iterator[None]:
    """Take IPv4 away from these phones' lines.

    Args:
        world: where the phones are.
        behind_clat: of these phones, which have IPv4 from a translator of their own, as Androids.
        native: of these, which have none.
    """
    who = f"'{' '.join(behind_clat)}' '{' '.join(native)}'"
    world.succeed(f"/lab/ipv6-only up {who}", 180)
    try:
        yield
    finally:
        world.succeed(f"/lab/ipv6-only down {who}", 180)


def narrow_lines(world: Machine, native: Sequence[str], mtu: int) -> None:
    """Have the lines without IPv4 carry packets of at most so many bytes, and say so."""
    ends = [("carrier", "clat"), ("clat", "carrier")]
    ends += [end for phone in native for end in (("carrier", phone), (phone, "carrier"))]
    world.succeed(
        " && ".join(f"ip -n {host} link set dev {device} mtu {mtu}" for host, device in ends)
    )
