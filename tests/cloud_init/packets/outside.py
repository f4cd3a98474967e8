"""What the gateway takes from outside, and what it says there."""

from __future__ import annotations

import socket

from tests.cloud_init.packets.hosts import (
    ADMIN,
    GATEWAY,
    NEIGHBOUR,
    NOT_ADMIN,
    ROUTER,
    TUNNEL_GATEWAY,
    WEB,
)
from tests.cloud_init.packets.layout import (
    ANSWERED,
    ARRIVED,
    CONNECTED,
    HELD_BACK,
    REJECTED,
    SILENT,
    Layout,
    expect,
    run,
    shipped_commands,
)

OPEN_IKE = "nft add element inet gateway ike_ports .*?$"


def cleartext_l2tp(net: Layout) -> None:
    """Not from anywhere, not even as part of an established flow, as port 1702 is."""
    run("nft insert rule inet gateway output accept")
    for port, answer in ((1702, ARRIVED), (1701, SILENT)):
        gateway, peer = net.udp("gateway", port), net.udp("outside", port, WEB)
        anybody, phone = net.udp("outside"), net.udp("phone")
        expect(f"anybody to {port}", net.send(anybody, (GATEWAY, port), gateway), SILENT)
        expect(f"the gateway from {port}", net.send(gateway, (WEB, port), peer), ARRIVED)
        expect(f"an answer to {port}", net.send(peer, (GATEWAY, port), gateway), answer)
        inside = net.send(phone, (TUNNEL_GATEWAY, port), gateway)
        expect(f"phone to {port}", inside, REJECTED)


def cleartext_l2tp_answer(net: Layout) -> None:
    """The gateway does not speak L2TP in the clear itself."""
    server = net.udp("outside", 1701)
    ours, other = net.udp("gateway", 1701), net.udp("gateway", 1702)
    expect("from 1702", net.send(other, (WEB, 1701), server), ARRIVED)
    expect("from 1701", net.send(ours, (WEB, 1701), server), HELD_BACK)


def ike(net: Layout) -> None:
    """IKE gets in once gateway-ready has opened its ports, and on no other."""
    ports = {port: net.udp("gateway", port) for port in (500, 4500, 1194)}
    phone = net.udp("outside")
    for port, socket_ in ports.items():
        expect(f"{port} before", net.send(phone, (GATEWAY, port), socket_), SILENT)
    run(shipped_commands(OPEN_IKE))
    for port, socket_ in ports.items():
        wanted = SILENT if port == 1194 else ARRIVED
        expect(f"{port} after", net.send(phone, (GATEWAY, port), socket_), wanted)


def ike_is_ours(net: Layout) -> None:
    """A phone can't catch IKE from somebody outside by having sent to him from its port."""
    run(shipped_commands(OPEN_IKE))
    for port in (500, 4500):
        daemon, phone = net.udp("gateway", port), net.udp("phone", port)
        other = net.udp("outside", port, WEB)
        expect(f"a phone from {port}", net.send(phone, (WEB, port), other), ARRIVED)
        expect(f"IKE to {port}", net.send(other, (GATEWAY, port), daemon), ARRIVED)


def ssh_from_nobody(net: Layout) -> None:
    _ssh = net.listen("gateway", 22)
    expect("the gateway itself", net.connect("gateway", (GATEWAY, 22)), CONNECTED)
    for source in (ADMIN, NEIGHBOUR, ROUTER):
        expect(f"from {source}", net.connect("outside", (GATEWAY, 22), source), SILENT)


def ssh_from_its_source(net: Layout) -> None:
    _ssh, _web = net.listen("gateway", 22), net.listen("gateway", 80)
    expect("from sshSource", net.connect("outside", (GATEWAY, 22), ADMIN), CONNECTED)
    expect("from next to it", net.connect("outside", (GATEWAY, 22), NOT_ADMIN), SILENT)
    expect("to another port", net.connect("outside", (GATEWAY, 80), ADMIN), SILENT)
    expect("from a phone", net.connect("phone", (GATEWAY, 22)), REJECTED)


def outside_world(net: Layout) -> None:
    """Ping and DHCP are answered, nothing else is."""
    expect("ping", net.ping("outside", GATEWAY), ANSWERED)
    with net.inside("outside"):
        run("ip route add default dev eth0")
    dhcp, client, other = net.udp("outside", 67), net.udp("gateway", 68), net.udp("gateway", 69)
    dhcp.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    expect("DHCP", net.send(dhcp, ("255.255.255.255", 68), client), ARRIVED)
    expect("broadcast", net.send(dhcp, ("255.255.255.255", 69), other), SILENT)
    _web = net.listen("gateway", 80)
    expect("TCP", net.connect("outside", (GATEWAY, 80)), SILENT)


CHECKS = (
    *(cleartext_l2tp, cleartext_l2tp_answer, ike, ike_is_ours),
    *(ssh_from_nobody, ssh_from_its_source, outside_world),
)
