"""The way in for a real phone in the same Wi-Fi: two UDP ports of this computer's, which QEMU hands
to the world, and the world to the gateway's address. The filter of Azure's stands behind them."""

from __future__ import annotations

import errno
import socket
from collections.abc import Sequence
from contextlib import ExitStack

from lab.host import LabError
from lab.world.topology import PUBLIC_ADDRESS

PORTS = (500, 4500)
UPLINK, INSIDE = "eth0", "10.0.2.15"
"""The world's way out, by the name that QEMU's user network has for it (lab/world/files/up)."""
RESOLVER = "10.0.2.3"
"""QEMU's own, which asks this computer's: a real phone wants the real internet's names."""


def require(address: str) -> None:
    """See whether both ports can be listened to.

    Raises:
        LabError: with the port, and what to do.
    """
    with ExitStack() as stack:
        for port in PORTS:
            udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            try:
                udp.bind((address, port))
            except OSError as error:
                raise LabError(f"PHONE: {_why(error, address, port)}") from None


def _why(error: OSError, address: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        who = f"ss --udp --listening --processes 'sport = :{port}'"
        return f"UDP {port} of {address} is taken by another program; {who} names it"
    if error.errno in (errno.EACCES, errno.EPERM):
        allowed = "sysctl net.ipv4.ip_unprivileged_port_start=500"
        return f"only root may listen to UDP {port}; run make as root, or allow it: {allowed}"
    return (
        f"{address} is no IPv4 address of this computer ({error.strerror or error});"
        " ip -4 -brief address lists them"
    )


def opened(world: Sequence[str], address: str) -> list[str]:
    """Returns QEMU's options of the world with both ports on its way out."""
    ports = "".join(f",hostfwd=udp:{address}:{port}-{INSIDE}:{port}" for port in PORTS)
    return [f"{each}{ports}" if each == "user,id=up" else each for each in world]


def let_in() -> str:
    """Returns the world's command that hands on what comes through them."""
    ports = ", ".join(map(str, PORTS))
    chain = "{ type nat hook prerouting priority dstnat; }"
    return (
        f"nft 'add chain ip internet prerouting {chain}; add rule ip internet prerouting"
        f" iifname {UPLINK} udp dport {{ {ports} }} dnat to {PUBLIC_ADDRESS}'"
    )
