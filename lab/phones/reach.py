"""Who is there for a load, once a phone has taken a transport."""

from __future__ import annotations

from dataclasses import dataclass

from lab.machines.machine import Machine
from lab.phones.phone import Phone
from lab.world.sites import PORTS
from lab.world.topology import TUNNEL_ADDRESS


@dataclass(frozen=True)
class Site:
    """The site as a phone finds it by one transport."""

    host: str
    """What stands for the site on the phone."""
    pinged: str
    """What answers a ping over the same links."""
    namespace: str = "site"
    """Where the site is, in the world."""
    port: int = PORTS["iperf"]
    """Where its iperf3 is asked for."""
    resolver: str = TUNNEL_ADDRESS
    """Whom the phone asks for names."""


@dataclass(frozen=True)
class Sender:
    """Who sends into the phone's line."""

    machine: Machine
    namespace: str
    """Where on the machine; empty: not in one."""
    sockets: str
    """Which of its sockets, as ss filters them."""


@dataclass(frozen=True)
class Reach:
    """Both ends of a load, and what lies between them."""

    phone: Phone
    gateway: Machine
    site: Site
    sender: Sender
    calm: bool
    """Whether the phone's line was made calm, because it had to dial."""
    changed: bool
    """Whether the gateway was changed, for this transport to be there."""
