"""What a phone's user may take instead, on the same gateway: WireGuard and Shadowsocks."""

from __future__ import annotations

from lab.machines.machine import Machine
from lab.phones.phone import Phone
from lab.world.sites import PORTS
from lab.world.topology import SECOND_RESOLVER, SITE_BY_SHADOWSOCKS, SITE_BY_WIREGUARD

SHADOWSOCKS_PORT, WIREGUARD_PORT = 8388, 51820
SHADOWSOCKS = f"-p {SHADOWSOCKS_PORT} -k throw-away -m chacha20-ietf-poly1305"


def open_wireguard(gateway: Machine, phone: Phone) -> None:
    """Set WireGuard up on both as every guide does: it forwards."""
    _install(gateway, "wireguard-tools")
    keys = phone.world.succeed(
        "for i in 1 2; do k=$(wg genkey); echo $k; echo $k | wg pubkey; done"
    ).split()
    _let_in(gateway, phone.world, f"udp dport {WIREGUARD_PORT}")
    gateway.succeed(
        "ip link add wg0 type wireguard && ip address add 10.9.0.1/24 dev wg0"
        f" && echo {keys[0]} > /run/wg.key && wg set wg0 private-key /run/wg.key"
        f" listen-port {WIREGUARD_PORT} peer {keys[3]} allowed-ips 10.9.0.2/32"
        " && ip link set wg0 up"
        " && nft insert rule inet gateway forward iifname wg0 accept"
        " && nft insert rule inet gateway forward oifname wg0 accept"
        " && nft insert rule inet gateway postrouting ip saddr 10.9.0.0/24 masquerade"
    )
    phone.run(
        "ip link add wg0 type wireguard && ip address add 10.9.0.2/24 dev wg0"
        f" && echo {keys[2]} > /run/wg.key && wg set wg0 private-key /run/wg.key"
        f" peer {keys[1]} allowed-ips 0.0.0.0/0 endpoint {phone.server}:{WIREGUARD_PORT}"
        f" && ip route replace {phone.server} via {phone.router}"
        f" && ip link set wg0 up && ip route replace {SITE_BY_WIREGUARD} dev wg0"
        f" && ip route replace {SECOND_RESOLVER} dev wg0"
    )
    # The handshake belongs to nobody's measurement.
    phone.host.wait_until_succeeds(f"ping -q -c 1 -W 5 {SITE_BY_WIREGUARD}")


def open_shadowsocks(gateway: Machine, phone: Phone) -> None:
    """Set Shadowsocks up on both. It ends the phone's TCP too: the server is the sender, with the
    sysctl's bbr."""
    _install(gateway, "shadowsocks-libev")
    _let_in(gateway, phone.world, f"tcp dport {SHADOWSOCKS_PORT}")
    gateway.succeed("sysctl -qw net.ipv4.tcp_congestion_control=bbr")
    gateway.start_unit("bench-shadowsocks", f"exec ss-server -s 0.0.0.0 {SHADOWSOCKS}")
    phone.run(f"ip route replace {phone.server} via {phone.router}")
    for name, port in PORTS.items():
        phone.host.start_unit(
            f"bench-shadowsocks-{name}",
            f"exec ss-tunnel -s {phone.server} -b 127.0.0.1 -l {port}"
            f" -L {SITE_BY_SHADOWSOCKS}:{port} {SHADOWSOCKS}",
        )


def _install(gateway: Machine, package: str) -> None:
    apt = "DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120"
    gateway.succeed(
        f"command -v dpkg >/dev/null; {apt} update && {apt} install --yes"
        f" --no-install-recommends {package} && systemctl disable --now shadowsocks-libev"
        " 2>/dev/null; true",
        600,
    )


def _let_in(gateway: Machine, world: Machine, what: str) -> None:
    """Let packets, as nft calls them, through Azure's NSG and the gateway's own filter."""
    world.succeed(f"ip netns exec azure nft add rule ip azure nsg {what} accept")
    gateway.succeed(f"nft insert rule inet gateway input {what} accept")
