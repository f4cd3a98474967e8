"""The transports by which a phone gets to the site. All are open at the same time but the phone's
own two, L2TP and IKEv2, of which it has one or the other."""

from __future__ import annotations

from dataclasses import dataclass, field

from lab.machines.machine import Machine
from lab.phones import alternatives
from lab.phones.alternatives import SHADOWSOCKS_PORT
from lab.phones.ikev2 import Ikev2Phone
from lab.phones.models import ANDROID
from lab.phones.phone import Credentials, Phone
from lab.phones.reach import Reach, Sender, Site
from lab.world.line import release
from lab.world.topology import (
    SECOND_RESOLVER,
    SITE,
    SITE_BY_SHADOWSOCKS,
    SITE_BY_WIREGUARD,
    TUNNELS,
    WEB,
)

SITES: dict[str, Site] = {
    "direct": Site(WEB, WEB, "web", resolver=WEB),
    "l2tp": Site(SITE, SITE),
    "ikev2": Site(SITE, SITE),
    "wireguard": Site(SITE_BY_WIREGUARD, SITE_BY_WIREGUARD, resolver=SECOND_RESOLVER),
    # ss-tunnel on the phone; it carries no ping, so that goes the same way outside.
    "shadowsocks": Site("127.0.0.1", SITE_BY_SHADOWSOCKS, port=SHADOWSOCKS_PORT, resolver=WEB),
}


@dataclass
class Transports:
    """Opens what one phone needs, and knows what is open."""

    gateway: Machine
    phone: Phone
    user: Credentials
    opened: set[str] = field(default_factory=set)
    _by_ikev2: bool = False

    def open(self, transport: str) -> bool:
        """Do what a user would to get this transport; IKEv2 is dialled when it is taken. Returns
        whether the gateway was changed for it."""
        if transport == "ikev2":
            return False
        self._own_client(transport)
        if transport == "l2tp" and not self._by_l2tp():
            self.phone.hang_up()
            self.phone.dial(self.user)
        if transport in self.opened:
            return False
        self.opened.add(transport)
        if transport in ("direct", "shadowsocks"):
            routes = (SITES[transport].pinged, SITES[transport].resolver)
            add = "ip route replace {0} via " + self.phone.router
            self.phone.run(" && ".join(map(add.format, dict.fromkeys(routes))))
        if transport == "wireguard":
            alternatives.open_wireguard(self.gateway, self.phone)
        elif transport == "shadowsocks":
            alternatives.open_shadowsocks(self.gateway, self.phone)
        return transport == "shadowsocks"  # which sets the gateway's sysctl

    def take(self, transport: str, direction: str, split: bool) -> Reach:
        """Open it, and have the phone's own client up that it needs: dial, where it must, on a calm
        line, because one that loses every tenth packet may cost a call. Returns who is there for a
        load; `split`: the gateway ends the tunnel's TCP."""
        if calm := self.must_dial(transport):
            release(self.phone.world)
        self._own_client(transport)
        changed = self.open(transport)
        sender = self._sender(transport, direction, split)
        return Reach(self.phone, self.gateway, SITES[transport], sender, calm, changed)

    def must_dial(self, transport: str) -> bool:
        """Returns whether `take` will place a call."""
        if transport == "ikev2":
            return not self._by_ikev2
        return transport == "l2tp" and not self._by_l2tp()

    def _sender(self, transport: str, direction: str, split: bool) -> Sender:
        site = SITES[transport]
        if direction == "up":
            return Sender(self.phone.world, self.phone.namespace, f"dport = :{site.port}")
        if split:
            return Sender(self.gateway, "", f"dst {TUNNELS}")
        if transport == "shadowsocks":
            return Sender(self.gateway, "", f"sport = :{site.port}")
        return Sender(self.phone.world, site.namespace, f"sport = :{site.port}")

    def _own_client(self, transport: str) -> None:
        """Have IKEv2 up for its own way only, because all the phone's traffic goes by it."""
        ikev2 = Ikev2Phone(self.phone.world, self.phone.server, model=ANDROID)
        if transport == "ikev2" and not self._by_ikev2:
            self.phone.hang_up()
            ikev2.dial(self.user)
        elif transport != "ikev2" and self._by_ikev2:
            ikev2.hang_up()
        self._by_ikev2 = transport == "ikev2"

    def _by_l2tp(self) -> bool:
        here = self.phone.on_phone("ip -4 -o address show dev ppp0 | grep -q inet")
        return "l2tp" in self.opened and self.phone.world.execute(here).status == 0
