"""What a phone may reach, and what may reach a phone."""

from __future__ import annotations

import re
import socket
import struct

from tests.cloud_init.packets.hosts import (
    AZURE_HOST,
    BEHIND_PHONE2,
    GATEWAY,
    HOSTER_GATEWAY,
    HOSTER_HOST,
    METADATA,
    NEIGHBOUR,
    NO_PHONE,
    PHONE,
    PHONE2,
    PRIVATE,
    PUBLIC,
    RESERVED,
    RESOLVER,
    ROUTER,
    STRANGER,
    TUNNEL,
    TUNNEL2,
    TUNNEL_GATEWAY,
    WEB,
)
from tests.cloud_init.packets.layout import (
    ANSWERED,
    ARRIVED,
    CONNECTED,
    REFUSED,
    REJECTED,
    SILENT,
    Layout,
    expect,
    packets,
    run,
    shipped_commands,
)

SYN, RST = 2, 4
FULL_SIZE, CLAMPED, SMALL = 1460, 1240, 536
"""TCP segments: of an Ethernet, of a tunnel with an MTU of 1280, and the least there is."""


def internet(net: Layout) -> None:
    """A phone reaches the internet as the gateway, and the answers come back."""
    _web, tap = net.listen("outside", 80), net.sniff("outside", "eth0")
    expect("phone to a web server", net.connect("phone", (WEB, 80)), CONNECTED)
    expect("the web server saw", sources(tap), {GATEWAY})
    server, phone = net.udp("outside", 7000, WEB), net.udp("phone")
    expect("phone to a UDP server", net.send(phone, (WEB, 7000), server), ARRIVED)
    expect("the UDP server saw", net.seen[0], GATEWAY)
    expect("its answer", net.send(server, net.seen, phone), ARRIVED)
    expect("phone pings", net.ping("phone", WEB), ANSWERED)
    expect("the pinged host saw", sources(tap), {GATEWAY})


def stray(net: Layout) -> None:
    """Nothing leaves under the phone's own address, whatever it is."""
    tap, server = net.sniff("outside", "eth0"), net.udp("outside", 7000)
    expect("phone to a UDP server", net.send(net.udp("phone"), (WEB, 7000), server), ARRIVED)
    expect("the UDP server saw", sources(tap), {GATEWAY})
    with net.inside("phone"):
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
    raw.sendto(struct.pack("!HHIIBBHHH", 5000, 80, 0, 0, 5 << 4, RST, 0, 0, 0), (WEB, 80))
    net.settle()
    expect("of a reset that belongs to nothing it saw", sources(tap), set())


def unsolicited(net: Layout) -> None:
    """Nobody outside starts a conversation with a phone."""
    _web, phone = net.listen("phone", 80), net.udp("phone", 5000)
    expect("the gateway to a phone", net.connect("gateway", (PHONE, 80)), CONNECTED)
    expect("TCP from outside to a phone", net.connect("outside", (PHONE, 80)), SILENT)
    asked, unasked = net.udp("outside", 7000, WEB), net.udp("outside", 7001, WEB)
    expect("from outside, unasked", net.send(unasked, (PHONE, 5000), phone), SILENT)
    expect("a phone asks", net.send(phone, (WEB, 7000), asked), ARRIVED)
    as_seen = net.seen
    expect("whom it asked", net.send(asked, as_seen, phone), ARRIVED)
    expect("from outside, still unasked", net.send(unasked, as_seen, phone), SILENT)


def wall(net: Layout) -> None:
    """The gateway reaches Azure's host, the VNet and the like; a phone is refused at once."""
    _server = net.listen("outside", 80)
    expect("phone to the internet", net.connect("phone", (WEB, 80)), CONNECTED)
    for walled in (METADATA, AZURE_HOST, ROUTER, NEIGHBOUR, *PRIVATE, *RESERVED):
        expect(f"the gateway to {walled}", net.connect("gateway", (walled, 80)), CONNECTED)
        expect(f"phone to {walled}", net.connect("phone", (walled, 80)), REJECTED)


def wall_with_a_door(net: Layout) -> None:
    """reachableNetworks: these and no others, forwarded and by the split, while HAProxy may too."""
    server, reachable, *walled = net.listen("outside", 80), *PRIVATE
    expect(f"phone to {reachable}", net.connect("phone", (reachable, 80)), CONNECTED)
    expect("which saw", net.taken(server)[0], GATEWAY)
    for address in (METADATA, ROUTER, *walled):
        expect(f"phone to {address}", net.connect("phone", (address, 80)), REJECTED)
    listener = net.split()
    expect(f"phone to {reachable}, split", net.connect("phone", (reachable, 80)), CONNECTED)
    expect("taken as", net.taken(listener), (PHONE, (reachable, 80)))
    run("sed -i 's/^haproxy:x:[0-9]*/haproxy:x:0/' /etc/passwd; nft -f /etc/nftables.conf")
    expect(f"HAProxy to {reachable}", net.connect("gateway", (reachable, 80)), CONNECTED)


def wall_has_no_memory(net: Layout) -> None:
    """A flow that was there before the wall ends at it."""
    server, phone = net.udp("outside", 7000, WEB), net.udp("phone")
    expect("before", net.send(phone, (WEB, 7000), server), ARRIVED)
    expect("the answer", net.send(server, net.seen, phone), ARRIVED)
    run(f"nft add element inet gateway walled '{{ {WEB} }}'")
    expect("the same flow behind the wall", net.send(phone, (WEB, 7000), server), REJECTED)


def at_a_hoster(net: Layout) -> None:
    """What gateway-ready finds attached is walled off, also the resolver that we ask there."""
    run(f"ip addr add {HOSTER_GATEWAY}/24 dev eth0")
    _neighbour, _resolver = net.listen("outside", 80), net.listen("outside", 53)
    expect("phone to a neighbour", net.connect("phone", (HOSTER_HOST, 80)), CONNECTED)
    run(shipped_commands(r"ip -4 route.*?done$"))
    expect("phone behind the wall", net.connect("phone", (HOSTER_HOST, 80)), REJECTED)
    expect("the gateway", net.connect("gateway", (HOSTER_HOST, 80)), CONNECTED)
    resolver = net.udp("outside", 53, HOSTER_HOST)
    for host, outcomes in (("gateway", (CONNECTED, ARRIVED)), ("phone", (REJECTED, REJECTED))):
        tcp, udp = (
            net.connect(host, (HOSTER_HOST, 53)),
            net.send(net.udp(host), (HOSTER_HOST, 53), resolver),
        )
        expect(f"{host} asks the resolver there", (tcp, udp), outcomes)


def names(net: Layout) -> None:
    """Phones, and nobody else, ask the gateway's resolver, under the address they were told."""
    with net.inside("outside"):
        run(f"ip route add {TUNNEL_GATEWAY} via {GATEWAY}")
    _tcp, udp = net.listen("gateway", 53), net.udp("gateway", 53)
    for host, own, (by_tcp, by_udp) in (
        ("gateway", TUNNEL_GATEWAY, (CONNECTED, ARRIVED)),
        ("phone", TUNNEL_GATEWAY, (CONNECTED, ARRIVED)),
        ("phone", GATEWAY, (REJECTED, REJECTED)),
        ("outside", TUNNEL_GATEWAY, (SILENT, SILENT)),
        ("outside", GATEWAY, (SILENT, SILENT)),
    ):
        expect(f"{host} to {own} by TCP", net.connect(host, (own, 53)), by_tcp)
        expect(f"{host} to {own} by UDP", net.send(net.udp(host), (own, 53), udp), by_udp)
    public = net.udp("outside", 53, WEB)
    expect("phone to a public one", net.send(net.udp("phone"), (WEB, 53), public), ARRIVED)


def split(net: Layout) -> None:
    """A phone's TCP ends here, under the site's address; with nobody to take it, there."""
    listener = net.split()
    expect("phone to a web server", net.connect("phone", (WEB, 80)), CONNECTED)
    expect("taken from and as", net.taken(listener), (PHONE, (WEB, 80)))
    site = net.listen("outside", 80)
    listener.close()
    expect("when nobody listens", net.connect("phone", (WEB, 80)), CONNECTED)
    expect("the web server saw", site.accept()[1][0], GATEWAY)


def split_has_the_walls(net: Layout) -> None:
    """What a phone may not reach, nobody dials for it."""
    _listener = net.split()
    run(f"ip route add {BEHIND_PHONE2} dev {TUNNEL2}; ip addr add {PUBLIC}/32 dev eth0")
    expect("phone to a web server", net.connect("phone", (WEB, 80)), CONNECTED)
    walled = (METADATA, AZURE_HOST, ROUTER, NEIGHBOUR, *PRIVATE, *RESERVED)
    for address in (*walled, TUNNEL_GATEWAY, GATEWAY, PUBLIC, PHONE2, NO_PHONE, BEHIND_PHONE2):
        expect(f"phone to {address}", net.connect("phone", (address, 80)), REJECTED)


def quic_rejected(net: Layout) -> None:
    """Each packet is refused at once, of a phone's QUIC to the internet and of nothing else."""
    _site, server, other = (
        net.listen("outside", 443),
        net.udp("outside", 443, WEB),
        net.udp("outside", 444, WEB),
    )
    for number in range(20):
        quic = net.send(net.udp("phone"), (WEB, 443), server)
        expect(f"packet {number} of QUIC", quic, REFUSED)
    expect("another port", net.send(net.udp("phone"), (WEB, 444), other), ARRIVED)
    expect("TCP", net.connect("phone", (WEB, 443)), CONNECTED)
    expect("the gateway itself", net.send(net.udp("gateway"), (WEB, 443), server), ARRIVED)


def quic_allowed(net: Layout) -> None:
    server, phone = net.udp("outside", 443, WEB), net.udp("phone")
    expect("a phone's QUIC", net.send(phone, (WEB, 443), server), ARRIVED)
    expect("its answer", net.send(server, net.seen, phone), ARRIVED)


def own_services(net: Layout) -> None:
    """The gateway's services are not for phones, whichever of its addresses they try."""
    _ssh, _web = net.listen("gateway", 22), net.listen("gateway", 80)
    for own in (TUNNEL_GATEWAY, GATEWAY):
        for port in (22, 80):
            expect(f"gateway to {own}:{port}", net.connect("gateway", (own, port)), CONNECTED)
            expect(f"phone to {own}:{port}", net.connect("phone", (own, port)), REJECTED)
    expect("phone pings its gateway", net.ping("phone", TUNNEL_GATEWAY), ANSWERED)
    expect("phone pings the other address", net.ping("phone", GATEWAY), REJECTED)


def phones_apart(net: Layout) -> None:
    """No phone reaches another, nor an address that another will have or routes for."""
    _web, tap = net.listen("phone2", 80), net.sniff("outside", "eth0")
    run(f"ip route add {BEHIND_PHONE2} dev {TUNNEL2}; ip route add {RESOLVER} dev {TUNNEL2}")
    expect("the gateway to a phone", net.connect("gateway", (PHONE2, 80)), CONNECTED)
    for other in (PHONE2, NO_PHONE, BEHIND_PHONE2):
        expect(f"phone to {other}", net.connect("phone", (other, 80)), REJECTED)
    expect("phone to a phone as resolver", net.connect("phone", (RESOLVER, 53)), REJECTED)
    expect("who sent something elsewhere", sources(tap), set())


def phones_meet(net: Layout) -> None:
    """With phoneToPhone they do, under their own addresses, and not beyond."""
    web = net.listen("phone2", 80)
    run(f"ip route add {BEHIND_PHONE2} dev {TUNNEL2}")
    expect("phone to phone", net.connect("phone", (PHONE2, 80)), CONNECTED)
    expect("which saw", web.accept()[1][0], PHONE)
    for other in (NO_PHONE, BEHIND_PHONE2):
        expect(f"phone to {other}", net.connect("phone", (other, 80)), REJECTED)


def spoofed(net: Layout) -> None:
    """A phone's packets under another address than its own are dropped without a word:
    one that it made pppd believe in, or that of another phone, which would get the answers."""
    run(f"ip route add {STRANGER} dev {TUNNEL}")
    with net.inside("phone"):
        run(f"ip addr add {PHONE2}/32 dev lo")
    server, victim = net.udp("outside", 7000), net.sniff("phone2", "ppp0")
    for source in (STRANGER, PHONE2, PHONE):
        phone, honest = net.udp("phone", address=source), source == PHONE
        forwarded = net.send(phone, (WEB, 7000), server)
        expect(f"to a server from {source}", forwarded, ARRIVED if honest else SILENT)
        taken = net.send(phone, (TUNNEL_GATEWAY, 7000), server)
        expect(f"to the gateway from {source}", taken, REJECTED if honest else SILENT)
    expect("what another phone heard of it", sources(victim), set())


def segment_size(net: Layout) -> None:
    """TCP is told at both ends how much fits into the tunnel, and never more than it asked."""
    _server = net.listen("outside", 80)
    asked, passed = net.sniff("gateway", TUNNEL), net.sniff("outside", "eth0")
    granted, given = net.sniff("gateway", "eth0"), net.sniff("phone", "ppp0")
    for segment, wanted in ((FULL_SIZE, CLAMPED), (SMALL, SMALL)):
        connected = net.connect("phone", (WEB, 80), mss=segment)
        expect(f"with segments of {segment}", connected, CONNECTED)
        expect("the phone's SYN", segment_sizes(asked), [segment])
        expect("what the server gets of it", segment_sizes(passed), [wanted])
        expect("the server's SYN", segment_sizes(granted), [FULL_SIZE])
        expect("what the phone gets of it", segment_sizes(given), [CLAMPED])


def sources(tap: socket.socket) -> set[str]:
    return {socket.inet_ntoa(packet[12:16]) for packet in packets(tap)}


def segment_sizes(tap: socket.socket) -> list[int]:
    """The maximum segment size of every TCP packet with SYN; 0 where it names none."""
    return [
        int.from_bytes(found[1]) if (found := re.match(rb"\x02\x04(..)", tcp[20:], re.S)) else 0
        for tcp in (packet[20:] for packet in packets(tap) if packet[9] == socket.IPPROTO_TCP)
        if tcp[13] & SYN
    ]


CHECKS = (
    *(
        internet,
        stray,
        unsolicited,
        wall,
        wall_with_a_door,
        wall_has_no_memory,
        at_a_hoster,
        own_services,
    ),
    *(phones_apart, phones_meet, spoofed, segment_size),
    *(names, split, split_has_the_walls, quic_rejected, quic_allowed),
)
