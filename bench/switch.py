"""Puts a phone on a way. Which one a measurement takes is decided by the address it asks for
and by what the gateway does with it; all are open at the same time but the phone's own two,
L2TP and IKEv2, of which it has one or the other."""

from __future__ import annotations

from dataclasses import dataclass, field

from bench.ways import Way
from lab.lab import PUBLIC_ADDRESS, Lab
from lab.phones.ikev2 import Ikev2Phone
from lab.phones.models import ANDROID
from lab.phones.phone import Credentials, Phone
from lab.world.sites import PORTS


def _act(way: Way) -> tuple[object, ...]:
    """Return what the gateway does differently from one way to another."""
    return way.congestion_control, way.towards_phones, way.split, way.quic


def _phones_routes(congestion_control: str) -> str:
    """Return the shell command that has the phones' routes name it, or nothing."""
    named = f" congctl {congestion_control}" if congestion_control else ""
    return (
        "ip -4 route show | sed -n 's/ congctl .*//; / dev \\(ppp[0-9]*\\|ipsec1\\) /p'"
        f" | while read -r route; do ip route change $route{named} || exit 1; done"
    )


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
    "direct": Site("198.18.2.80", "198.18.2.80", "web"),
    "l2tp": Site("198.18.4.80", "198.18.4.80", "site"),
    "ikev2": Site("198.18.4.80", "198.18.4.80", "site"),
    "wireguard": Site("198.18.4.81", "198.18.4.81", "site"),
    # ss-tunnel on the phone; it carries no ping, so that goes the same way outside.
    "shadowsocks": Site("127.0.0.1", "198.18.4.82", "site"),
}

SHADOWSOCKS_PORT, WIREGUARD_PORT = 8388, 51820
SHADOWSOCKS = f"-p {SHADOWSOCKS_PORT} -k throw-away -m chacha20-ietf-poly1305"

KERNELS_TSO_RTT_LOG = "9"
"""tcp_tso_rtt_log by default, for what does not split: the partner of the gateway's own, the
limit on phones' interfaces, does not hold for Shadowsocks, which would send 64 KB at once into
a queue that takes as much."""


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
        around = SITES[transport].pinged
        if transport in ("direct", "shadowsocks"):
            self.phone.run(f"ip route replace {around} via {self.phone.router}")
        if transport in ("wireguard", "shadowsocks"):
            self._install({"wireguard": "wireguard-tools"}.get(transport, "shadowsocks-libev"))
            {"wireguard": self._open_wireguard, "shadowsocks": self._open_shadowsocks}[transport]()

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
            self._tso_rtt_log = gateway.succeed("sysctl -n net.ipv4.tcp_tso_rtt_log").strip()
        bursts = self._tso_rtt_log if way.split else KERNELS_TSO_RTT_LOG
        steps = [
            # What listens keeps the congestion control it began with.
            f"sysctl -qw net.ipv4.tcp_congestion_control={way.congestion_control}"
            f" net.ipv4.tcp_tso_rtt_log={bursts} && systemctl stop haproxy",
            "nft flush chain inet gateway quic",
        ]
        if not way.quic:
            # As /etc/lunch-gateway/quic.nft has it.
            steps.append(
                "nft add rule inet gateway quic udp dport 443 reject with icmpx port-unreachable"
            )
        if way.split:
            steps.append("systemctl start haproxy")
            steps.append(
                "timeout 30 sh -c 'until ss -Hltn sport = :3129 | grep -q .; do sleep 0.2; done'"
            )
            # Last: a phone that has only just dialled has had its own from ip-up by now.
            steps.append(_phones_routes(way.towards_phones))
        # At once: on a slow host each command takes the agent a quarter of a second.
        gateway.succeed(" && ".join(steps))

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

    def _install(self, package: str) -> None:
        apt = "DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120"
        self.lab.gateway.succeed(
            f"command -v dpkg >/dev/null; {apt} update && {apt} install --yes"
            f" --no-install-recommends {package} && systemctl disable --now shadowsocks-libev"
            " 2>/dev/null; true",
            600,
        )

    def _open_wireguard(self) -> None:
        """Forwarding, as every guide sets it up."""
        keys = self.lab.world.succeed(
            "for i in 1 2; do k=$(wg genkey); echo $k; echo $k | wg pubkey; done"
        ).split()
        self._let_in(f"udp dport {WIREGUARD_PORT}")
        self.lab.gateway.succeed(
            "ip link add wg0 type wireguard && ip address add 10.9.0.1/24 dev wg0"
            f" && echo {keys[0]} > /run/wg.key && wg set wg0 private-key /run/wg.key"
            f" listen-port {WIREGUARD_PORT} peer {keys[3]} allowed-ips 10.9.0.2/32"
            " && ip link set wg0 up"
            " && nft insert rule inet gateway forward iifname wg0 accept"
            " && nft insert rule inet gateway forward oifname wg0 accept"
            " && nft insert rule inet gateway postrouting ip saddr 10.9.0.0/24 masquerade"
        )
        self.phone.run(
            "ip link add wg0 type wireguard && ip address add 10.9.0.2/24 dev wg0"
            f" && echo {keys[2]} > /run/wg.key && wg set wg0 private-key /run/wg.key"
            f" peer {keys[1]} allowed-ips 0.0.0.0/0 endpoint {PUBLIC_ADDRESS}:{WIREGUARD_PORT}"
            f" && ip route replace {PUBLIC_ADDRESS} via {self.phone.router}"
            f" && ip link set wg0 up && ip route replace {SITES['wireguard'].host} dev wg0"
        )
        # The handshake belongs to nobody's measurement.
        self.lab.world.wait_until_succeeds(
            self.phone.on_phone(f"ping -q -c 1 -W 5 {SITES['wireguard'].pinged}")
        )

    def _open_shadowsocks(self) -> None:
        """It ends the phone's TCP too: the server is the sender, with the sysctl's bbr."""
        self._let_in(f"tcp dport {SHADOWSOCKS_PORT}")
        self.lab.gateway.succeed(
            "sysctl -qw net.ipv4.tcp_congestion_control=bbr && systemd-run --quiet"
            f" --unit=bench-shadowsocks ss-server -s 0.0.0.0 {SHADOWSOCKS}"
        )
        self._way = None
        self.phone.run(f"ip route replace {PUBLIC_ADDRESS} via {self.phone.router}")
        for name, port in PORTS.items():
            self.lab.world.succeed(
                f"systemd-run --quiet --unit=bench-shadowsocks-{name} "
                + self.phone.on_phone(
                    f"exec ss-tunnel -s {PUBLIC_ADDRESS} -b 127.0.0.1 -l {port}"
                    f" -L {SITES['shadowsocks'].pinged}:{port} {SHADOWSOCKS}"
                )
            )

    def _let_in(self, what: str) -> None:
        """Through Azure's NSG, and through the gateway's own filter."""
        self.lab.world.succeed(f"ip netns exec azure nft add rule ip azure nsg {what} accept")
        self.lab.gateway.succeed(f"nft insert rule inet gateway input {what} accept")
