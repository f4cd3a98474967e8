"""What one phone, or one stranger, can't take from the others."""

from __future__ import annotations

import contextlib
import importlib
import resource
import socket
import sys
from collections.abc import Iterator

from tests.cloud_init.packets.hosts import (
    ADMIN,
    AZURE_HOST,
    GATEWAY,
    METADATA,
    NEIGHBOUR,
    NOT_ADMIN,
    PHONE,
    PHONE2,
    PHONE3,
    TUNNEL2,
    TUNNEL_GATEWAY,
    WEB,
)
from tests.cloud_init.packets.layout import (
    ARRIVED,
    CONNECTED,
    REFUSED,
    REJECTED,
    SILENT,
    Address,
    Layout,
    expect,
    run,
    shipped_commands,
)
from tests.cloud_init.packets.outside import OPEN_IKE

HONEST = {"names": 300, "refusals": 40, "ike": 90}
"""So many at once get what they ask for: more than the busiest phone's, or ten phones', need.
(Of refusals 200; but before Linux 6.13 all namespaces together have a limit of 50.)"""
TOO_MANY = 1500
SPLIT_OF_ALL, SPLIT_OF_ONE, FLOWS_OF_ONE = 2000, 1000, 4000
FIRST = bytes(range(1, 9)) + bytes(8) + b"\x21\x20\x22\x08"
"""The beginning of an IKE message: the caller's SPI, none of ours yet (RFC 7296, 3.1)."""
LATER = bytes(range(1, 17)) + b"\x2e\x20\x23\x08"


def first_other_than(wanted: str, outcomes: Iterator[str]) -> tuple[int, str]:
    """How many had the outcome that was wanted, and what the next one had."""
    for number, outcome in enumerate(outcomes):
        if outcome != wanted:
            return number, outcome
    return TOO_MANY, "nothing else"


def at_least(what: str, seen: tuple[int, str], least: int, then: str) -> None:
    number, outcome = seen
    expect(f"{what}: after {number}, of at least {least}", (number >= least, outcome), (True, then))


def names_of_one(net: Layout) -> None:
    """All questions of a phone come from one port, which is an established flow."""
    server, greedy = net.udp("gateway", 53), net.udp("phone")

    def ask(sender: socket.socket) -> str:
        return net.send(sender, (TUNNEL_GATEWAY, 53), server)

    seen = first_other_than(ARRIVED, (ask(greedy) for _ in range(TOO_MANY)))
    at_least("questions", seen, HONEST["names"], REJECTED)
    expect("another phone's question", ask(net.udp("phone2")), ARRIVED)


def names_by_tcp_of_one(net: Layout) -> None:
    _server = net.listen("gateway", 53)
    _held = [held(net, "phone", (TUNNEL_GATEWAY, 53)) for _ in range(8)]
    expect("the ninth at once", net.connect("phone", (TUNNEL_GATEWAY, 53)), REJECTED)
    expect("another phone's first", net.connect("phone2", (TUNNEL_GATEWAY, 53)), CONNECTED)


def held(net: Layout, host: str, to: Address) -> socket.socket:
    """A connection that stays open."""
    with net.inside(host):
        return socket.create_connection(to, timeout=5)


def split_by(net: Layout, host: str, listener: socket.socket) -> list[socket.socket]:
    """As many connections as one phone may have in the split, and their other ends."""
    phones = [held(net, host, (WEB, 80)) for _ in range(SPLIT_OF_ONE)]
    sites = []
    with contextlib.suppress(BlockingIOError):
        while True:
            sites.append(listener.accept()[0])
    expect(f"of {host}, split", len(sites), SPLIT_OF_ONE)
    return phones + sites


def told() -> str:
    """What the gateway's own self-test says of the split's room."""
    sys.path.insert(0, "/usr/local/lib/lunch-gateway")
    checks, speed = (importlib.import_module(name) for name in ("checks", "speed"))
    try:
        return str(speed.split_connections())
    except checks.Failure as failure:
        return str(failure)


def split_of_one(net: Layout) -> None:
    """Beyond its share a phone is forwarded, and that is told; another is split."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (3 * SPLIT_OF_ALL, 3 * SPLIT_OF_ALL))
    listener, site = net.split(), net.listen("outside", 80)
    listener.listen(SPLIT_OF_ONE)
    _kept = split_by(net, "phone", listener)
    full = f"{SPLIT_OF_ONE} of {SPLIT_OF_ALL} connections are split"
    expect("with all it may have", told(), f"{full}; 0 have found no room")
    expect("one more", net.connect("phone", (WEB, 80)), CONNECTED)
    expect("which the site saw", net.taken(site)[0], GATEWAY)
    expect("another phone", net.connect("phone2", (WEB, 80)), CONNECTED)
    expect("which the split took", net.taken(listener), (PHONE2, (WEB, 80)))
    expect("after both", told(), f"{full}; 1 have found no room")


def split_of_all(net: Layout) -> None:
    """A third phone that finds it full is forwarded, and that is told."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (3 * SPLIT_OF_ALL, 3 * SPLIT_OF_ALL))
    run(f"ip route add {PHONE3} dev {TUNNEL2}")
    with net.inside("phone2"):
        run(f"ip addr add {PHONE3}/32 dev lo")
    listener, site = net.split(), net.listen("outside", 80)
    listener.listen(SPLIT_OF_ONE)
    _kept = [split_by(net, host, listener) for host in ("phone", "phone2")]
    full, ill = f"{SPLIT_OF_ALL} of {SPLIT_OF_ALL} connections are split", "a phone that has"
    expect("full", told(), f"{full}; 0 have found no room; {ill} hundreds is ill")
    expect("one more", net.connect("phone2", (WEB, 80), PHONE3), CONNECTED)
    expect("which the site saw", net.taken(site)[0], GATEWAY)
    expect("then", told(), f"{full}; 1 have found no room; {ill} hundreds is ill")


def surplus_of_one(net: Layout) -> None:
    """What one phone has beyond its share takes no room from another."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (4 * SPLIT_OF_ALL, 4 * SPLIT_OF_ALL))
    listener, site = net.split(), net.listen("outside", 80)
    listener.listen(SPLIT_OF_ONE)
    site.listen(SPLIT_OF_ALL)
    _kept = split_by(net, "phone", listener)
    _surplus = [held(net, "phone", (WEB, 80)) for _ in range(SPLIT_OF_ONE + 1)]
    expect("another phone", net.connect("phone2", (WEB, 80)), CONNECTED)
    expect("which the split took", net.taken(listener), (PHONE2, (WEB, 80)))


def flows_of_one(net: Layout) -> None:
    server, greedy = net.udp("outside", 7000, WEB), net.udp("phone")
    for port in range(10_000, 10_000 + FLOWS_OF_ONE):
        greedy.sendto(b"flow", (WEB, port))
        if port % 100 == 0:
            net.settle()
    expect("one more", net.send(net.udp("phone"), (WEB, 7000), server), REJECTED)
    expect("another phone's", net.send(net.udp("phone2"), (WEB, 7000), server), ARRIVED)


def refusals_of_one(net: Layout) -> None:
    """The kernel says "refused" a thousand times a second, to all phones together."""
    server = net.udp("outside", 443, WEB)

    def sent(host: str, to: Address) -> str:
        return net.send(net.udp(host), to, server)

    walled, quic = (NEIGHBOUR, 80), (WEB, 443)
    seen = first_other_than(REJECTED, (sent("phone", walled) for _ in range(TOO_MANY)))
    at_least("refusals by the wall", seen, HONEST["refusals"], SILENT)
    seen = first_other_than(REFUSED, (sent("phone", quic) for _ in range(TOO_MANY)))
    at_least("refusals of QUIC", seen, 0, SILENT)
    seen = first_other_than(REFUSED, (sent("phone2", quic) for _ in range(TOO_MANY)))
    at_least("refusals of another phone's QUIC", seen, HONEST["refusals"], SILENT)


def ike_of_one(net: Layout) -> None:
    """Each try to guess a password begins with one; from one port they are an established flow."""
    run(shipped_commands(OPEN_IKE))
    for port, marker in ((500, b""), (4500, bytes(4))):
        daemon = net.udp("gateway", port)
        guesser, honest = net.udp("outside", 0, ADMIN), net.udp("outside", 0, NOT_ADMIN)
        first, later = marker + FIRST, marker + LATER
        tries = (net.send(guesser, (GATEWAY, port), daemon, first) for _ in range(TOO_MANY))
        seen = first_other_than(ARRIVED, tries)
        at_least(f"first messages to {port}", seen, HONEST["ike"], SILENT)
        same = net.send(guesser, (GATEWAY, port), daemon, later)
        expect("a later message of the same", same, ARRIVED)
        other = net.send(honest, (GATEWAY, port), daemon, first)
        expect("somebody else's first", other, ARRIVED)
        run("nft flush set inet gateway ike_begun")
    braked = run("nft list counter inet gateway ike_braked")
    expect("the braked are counted", "packets 0 " in braked, False)


def ike_of_one_by_ipv6(net: Layout) -> None:
    """Whoever has one address has 2^64; another network is another caller."""
    run(shipped_commands(OPEN_IKE))
    own, guesses, other = "2001:db8::4", ("2001:db8::1", "2001:db8::2"), "2001:db8:0:1::1"
    run(f"ip addr add {own}/32 dev eth0 nodad")
    with net.inside("outside"):
        run("".join(f"ip addr add {each}/32 dev eth0 nodad\n" for each in (*guesses, other)))
    for port, marker in ((500, b""), (4500, bytes(4))):
        daemon = net.udp("gateway", port, own)
        first, second, honest = (net.udp("outside", 0, each) for each in (*guesses, other))
        sent = (net.send(first, (own, port), daemon, marker + FIRST) for _ in range(TOO_MANY))
        at_least(f"first to {port}", first_other_than(ARRIVED, sent), HONEST["ike"], SILENT)
        beside = [net.send(each, (own, port), daemon, marker + FIRST) for each in (second, honest)]
        expect("of the same network, and of another", beside, [SILENT, ARRIVED])
        later = net.send(second, (own, port), daemon, marker + LATER)
        expect("a later message", later, ARRIVED)
        run("nft flush set inet gateway ike_begun_by_ipv6")


def split_without_its_routing(net: Layout) -> None:
    """Whatever of it is missing: forwarded, and not dropped."""
    listener, site = net.split(), net.listen("outside", 80)
    expect("with it", net.connect("phone", (WEB, 80)), CONNECTED)
    expect("which the split took", net.taken(listener), (PHONE, (WEB, 80)))
    for missing in ("ip rule delete fwmark 0x10000000 lookup 100", "ip route flush table 100"):
        run(missing)
        expect(f"after {missing}", net.connect("phone", (WEB, 80)), CONNECTED)
        expect("which the site saw", net.taken(site)[0], GATEWAY)
        net.split_routing()
        expect("with it again", net.connect("phone", (WEB, 80)), CONNECTED)
        expect("which the split took again", net.taken(listener), (PHONE, (WEB, 80)))
    expect("rules after three starts", run("ip rule").count("lookup 100"), 1)


def haproxy_has_the_walls(net: Layout) -> None:
    """Here root is HAProxy: whatever it is brought to dial."""
    _site = net.listen("outside", 80)
    expect("before", net.connect("gateway", (METADATA, 80)), CONNECTED)
    run("sed -i 's/^haproxy:x:[0-9]*/haproxy:x:0/' /etc/passwd; nft -f /etc/nftables.conf")
    expect("to the internet", net.connect("gateway", (WEB, 80)), CONNECTED)
    for walled in (METADATA, AZURE_HOST, NEIGHBOUR):
        expect(f"to {walled}", net.connect("gateway", (walled, 80)), REJECTED)


CHECKS = (
    *(names_of_one, names_by_tcp_of_one, split_of_one, split_of_all, surplus_of_one, flows_of_one),
    *(refusals_of_one, ike_of_one, ike_of_one_by_ipv6, split_without_its_routing),
    haproxy_has_the_walls,
)
