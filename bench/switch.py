"""Puts a phone on a way. Which one a measurement takes is decided by the address it asks for
and by what the gateway does with it; all are open at the same time but the phone's own two,
L2TP and IKEv2, of which it has one or the other."""

from __future__ import annotations

from dataclasses import dataclass, field

from bench.ways import Way
from lab import manners
from lab.lab import Lab
from lab.phones import alternatives
from lab.phones.ikev2 import Ikev2Phone
from lab.phones.models import ANDROID
from lab.phones.phone import Credentials, Phone
from lab.world.topology import SITE, SITE_BY_SHADOWSOCKS, SITE_BY_WIREGUARD, WEB


def _act(way: Way) -> tuple[object, ...]:
    """Return what the gateway does differently from one way to another."""
    return way.congestion_control, way.towards_phones, way.split, way.quic


@dataclass(frozen=True)
class Site:
    """The site as a phone finds it by one transport."""

    host: str
    """What stands for the site on the phone."""
    pinged: str
    """What answers a ping over the same links."""
    namespace: str
    """Where the site is, in the world."""


SITES: dict[str, Site] = {
    "direct": Site(WEB, WEB, "web"),
    "l2tp": Site(SITE, SITE, "site"),
    "ikev2": Site(SITE, SITE, "site"),
    "wireguard": Site(SITE_BY_WIREGUARD, SITE_BY_WIREGUARD, "site"),
    # ss-tunnel on the phone; it carries no ping, so that goes the same way outside.
    "shadowsocks": Site("127.0.0.1", SITE_BY_SHADOWSOCKS, "site"),
}


@dataclass
class Switch:
    """Opens the transports that a run needs, and makes the gateway behave as a way says."""

    lab: Lab
    phone: Phone
    user: Credentials
    _opened: set[str] = field(default_factory=set)
    _way: Way | None = None
    _tso_rtt_log: str | None = None
    _by_ikev2: bool = False

    def open(self, transport: str) -> None:
        """Do what a user would to get this transport; nothing if it is there."""
        if transport == "ikev2":
            return  # dialled when it is taken
        self._own_client(transport)
        if transport == "l2tp":
            self._dial_if_hung_up()
        if transport in self._opened:
            return
        self._opened.add(transport)
        if transport in ("direct", "shadowsocks"):
            around = SITES[transport].pinged
            self.phone.run(f"ip route replace {around} via {self.phone.router}")
        if transport == "wireguard":
            alternatives.open_wireguard(self.lab.gateway, self.phone)
        elif transport == "shadowsocks":
            alternatives.open_shadowsocks(self.lab.gateway, self.phone)
            self._way = None  # it sets the gateway's sysctl

    def take(self, way: Way) -> None:
        """Open the way's transport, and have the gateway split or forward with its congestion
        control."""
        self._own_client(way.transport)
        self.open(way.transport)
        before, self._way = self._way, way
        if before and _act(before) == _act(way):
            return
        gateway = self.lab.gateway
        if self._tso_rtt_log is None:  # as the gateway booted
            self._tso_rtt_log = manners.tso_rtt_log(gateway)
        if way.split:
            controls = way.congestion_control, way.towards_phones
            manners.split(gateway, *controls, way.quic, self._tso_rtt_log)
        else:
            manners.forward(gateway, way.congestion_control, way.quic)

    def _own_client(self, transport: str) -> None:
        """With IKEv2 all the phone's traffic goes that way: it is there for its own way only."""
        ikev2 = Ikev2Phone(self.phone.world, self.phone.server, model=ANDROID)
        if transport == "ikev2" and not self._by_ikev2:
            self.phone.hang_up()
            ikev2.dial(self.user)
        elif transport != "ikev2" and self._by_ikev2:
            ikev2.hang_up()
        self._by_ikev2 = transport == "ikev2"

    def must_dial(self, way: Way) -> bool:
        """Whether `take` will place a call."""
        if way.transport == "ikev2":
            return not self._by_ikev2
        return way.transport == "l2tp" and not self._by_l2tp()

    def _by_l2tp(self) -> bool:
        here = self.phone.on_phone("ip -4 -o address show dev ppp0 | grep -q inet")
        return "l2tp" in self._opened and self.lab.world.execute(here).status == 0

    def _dial_if_hung_up(self) -> None:
        if not self._by_l2tp():
            self.phone.hang_up()
            self.phone.dial(self.user)
