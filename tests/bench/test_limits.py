"""The limit, against packets laid out by hand from the RFCs and not from the code."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bench.limits import frame_in_l2tp, limit, payload_share, soonest_page
from bench.records import Case
from bench.ways import WAYS
from lab.phones.soonest import soonest, soonest_today
from lab.world.line import Line
from lab.world.sites import OBJECT_SIZES
from lab.world.today import LOADED, ORIGINS

ETHERNET = 6 + 6 + 2  # IEEE 802.3: two addresses, the type; tbf sees neither preamble nor FCS
IP = 20  # RFC 791
UDP = 8  # RFC 768
TCP = 20 + 12  # RFC 9293; RFC 7323: ten bytes of timestamps, two to align
L2TP = 2 + 2 + 2  # RFC 2661: flags, tunnel, session; no length, no sequence numbers
PPP = 1 + 1 + 2  # RFC 1661, RFC 1662: address, control, protocol
ESP = 4 + 4  # RFC 4303: SPI, sequence number
AES_BLOCK = 16  # RFC 3602: of the vector, and of what is padded
ICV = 128 // 8  # RFC 4868: HMAC-SHA2-256-128
ESP_TRAILER = 1 + 1  # RFC 4303: length of the padding, next header
WIREGUARD = 4 + 4 + 8 + 16  # type, receiver, counter; Poly1305's tag

TRANSPORTS = ("direct", "l2tp", "wireguard", "shadowsocks")
transports = st.sampled_from(TRANSPORTS)
rates = st.floats(0.05, 1000)
losses = st.floats(0, 99)
mtus = st.integers(576, 1400)


def a_line(rate: float = 10, loss: float = 0, **others: float) -> Line:
    return Line(rate=rate, delay=25, loss=loss, **others)


def test_a_full_packet_in_the_tunnel() -> None:
    inner = UDP + L2TP + PPP + 1280
    assert inner == 1298
    # 1300 with the trailer; the next multiple of 16 is 1312.
    padded = 82 * AES_BLOCK
    assert padded - AES_BLOCK < inner + ESP_TRAILER <= padded
    # ESP in UDP, for the NAT in between (RFC 3948), and no second IP header: transport mode.
    frame = ETHERNET + IP + UDP + ESP + AES_BLOCK + padded + ICV
    assert frame == 1394
    assert frame_in_l2tp(1280) == frame
    # The padding may hide a mistake of some bytes: where it begins, none is hidden.
    assert padded == UDP + L2TP + PPP + 1292 + ESP_TRAILER
    assert frame_in_l2tp(1276) < frame_in_l2tp(1277) == frame
    assert frame_in_l2tp(1292) == frame < frame_in_l2tp(1293)
    assert payload_share("l2tp", 1280) == pytest.approx((1280 - IP - TCP) / 1394)


def test_a_full_packet_by_ikev2() -> None:
    """Tunnel mode: the phone's packet as it is, and no PPP, L2TP or second UDP in it."""
    iv, icv = 8, 16
    assert (1280 + ESP_TRAILER) % 4 == 2
    padded = 1284
    frame = ETHERNET + IP + UDP + ESP + iv + padded + icv
    assert frame == 1358
    assert payload_share("ikev2", 1280) == pytest.approx((1280 - IP - TCP) / frame)
    assert payload_share("ikev2", 1282) > payload_share("ikev2", 1280), "no byte more on the line"


def test_the_other_ways() -> None:
    plain = (1500 - IP - TCP) / (ETHERNET + 1500)
    assert payload_share("direct", 1280) == pytest.approx(plain)
    assert plain == pytest.approx(1448 / 1514)
    # wg-quick's default of 1420 bytes, in IPv4.
    inside = 1420 - IP - TCP
    outside = ETHERNET + IP + UDP + WIREGUARD + 1420
    assert payload_share("wireguard", 1280) == pytest.approx(inside / outside)
    # SIP004: length, its tag, a chunk of at most 0x3FFF bytes, its tag.
    chunk = 0x3FFF
    of_stream = chunk / (2 + 16 + chunk + 16)
    assert payload_share("shadowsocks", 1280) == pytest.approx(plain * of_stream)


@pytest.mark.parametrize(
    ("transport", "loss", "expected"),
    [
        ("direct", 0, 9.564),  # 10 x 1448/1514
        ("direct", 1, 9.468),
        ("l2tp", 0, 8.809),  # 10 x 1228/1394
        ("l2tp", 1, 8.721),
        ("l2tp", 9.5, 7.972),
        ("wireguard", 0, 9.157),  # 10 x 1368/1494
        ("shadowsocks", 0, 9.544),
    ],
)
def test_by_numbers(transport: str, loss: float, expected: float) -> None:
    assert limit(a_line(loss=loss), "down", transport, 1280) == pytest.approx(expected, abs=0.0006)


@given(
    transport=transports,
    rate=rates,
    loss=losses,
    mtu=mtus,
    direction=st.sampled_from(["down", "up"]),
)
def test_never_above_the_line(
    transport: str, rate: float, loss: float, mtu: int, direction: str
) -> None:
    line = a_line(rate, loss, uplink=rate)
    assert 0 <= limit(line, direction, transport, mtu) <= rate


@given(transport=transports, a=losses, b=losses)
def test_more_loss_is_never_better(transport: str, a: float, b: float) -> None:
    less, more = sorted((a, b))
    at_less, at_more = (limit(a_line(loss=loss), "down", transport, 1280) for loss in (less, more))
    assert at_less >= at_more


@given(transport=transports, loss=losses)
def test_what_goes_up_is_not_lost(transport: str, loss: float) -> None:
    line = a_line(rate=100, loss=loss, uplink=4)
    assert limit(line, "up", transport, 1280) == limit(a_line(uplink=4), "up", transport, 1280)
    assert limit(line, "up", transport, 1280) <= 4


@given(transport=transports, loss=losses)
def test_but_by_what_the_uplink_loses(transport: str, loss: float) -> None:
    whole = limit(a_line(uplink=4), "up", transport, 1280)
    lossy = limit(a_line(uplink=4, uplink_loss=loss), "up", transport, 1280)
    assert lossy == pytest.approx(whole * (1 - loss / 100), abs=0.001)


@given(mtu=mtus)
def test_the_frame_grows_in_steps_of_the_cipher(mtu: int) -> None:
    """One byte more costs nothing, or a whole block: only then a larger packet is worse."""
    step = frame_in_l2tp(mtu + 1) - frame_in_l2tp(mtu)
    assert step in (0, AES_BLOCK)
    better = payload_share("l2tp", mtu + 1) > payload_share("l2tp", mtu)
    assert better == (step == 0)


@given(mtu=mtus, blocks=st.integers(1, 50))
def test_at_the_same_padding_a_larger_packet_is_better(mtu: int, blocks: int) -> None:
    assert payload_share("l2tp", mtu + AES_BLOCK * blocks) > payload_share("l2tp", mtu)


@given(transport=transports, a=mtus, b=mtus)
def test_the_tunnels_mtu_is_the_tunnels_affair(transport: str, a: int, b: int) -> None:
    assume(transport != "l2tp")
    assert payload_share(transport, a) == payload_share(transport, b)


def test_the_operator_that_tells_tcp_from_the_rest() -> None:
    """What is TCP on the line: no VPN, and Shadowsocks. The others are UDP."""
    line = a_line(rate=10, tcp_rate=2)
    slow, fast = a_line(rate=2), a_line(rate=10)
    for transport, seen_as in zip(TRANSPORTS, (slow, fast, fast, slow), strict=True):
        assert limit(line, "down", transport, 1280) == limit(seen_as, "down", transport, 1280), (
            transport
        )
        # The uplink has one rate for all.
        assert limit(line, "up", transport, 1280) == limit(fast, "up", transport, 1280), transport


def test_tcp_is_never_faster_than_the_line() -> None:
    line = dataclasses.replace(a_line(rate=10), tcp_rate=50)
    assert limit(line, "down", "direct", 1280) <= 10


# A page's.

KB = 8e-3  # s that 1000 bytes take at 1 Mbit/s


@pytest.mark.parametrize(
    ("sizes", "handshake", "expected"),
    [
        # The page itself, and no more: one opening, one request.
        ([2], 0.5, 0.5 + 1 + 2 * KB),
        # One object, on the connection that is open.
        ([2, 3], 0.5, (0.5 + 1 + 2 * KB) + 1 + 3 * KB),
        # Two begin at once and share the line until the smaller is there.
        ([2, 3, 5], 0, (1 + 2 * KB) + 1 + 8 * KB),
        # The second connection's comes when the first one's is long there.
        ([2, 3, 5], 0.5, (0.5 + 1 + 2 * KB) + 0.5 + 1 + 5 * KB),
        # The second begins in the middle of the first, which takes 125 * KB = 1 s alone.
        ([2, 125, 125], 0.5, (0.5 + 1 + 2 * KB) + 1 + 250 * KB),
        # Seven on six connections: the last is asked for when the first six are there.
        ([2, *[3] * 7], 0, (1 + 2 * KB) + (1 + 18 * KB) + (1 + 3 * KB)),
        # Of six one is smaller; the seventh is asked for then, and the others end meanwhile.
        ([2, 1, *[3] * 5, 4], 0, (1 + 2 * KB) + (1 + 6 * KB) + (1 + 4 * KB)),
    ],
)
def test_the_page_that_nothing_delays(sizes: list[int], handshake: float, expected: float) -> None:
    """On 1 Mbit/s, each round trip 1 s."""
    took = soonest(1, 1, handshake, [1000 * size for size in sizes])
    assert took == pytest.approx(expected, abs=1e-6)


def test_the_page_on_the_benchmarks_line() -> None:
    """What ADR 8 compares its measurements with."""
    least = {
        name: soonest_page(a_line(loss=1), Case("", load="page"), way, 1280)
        for name, way in WAYS.items()
    }
    assert least["direct"] < least["shadowsocks"] < least["gateway-ikev2"] < least["gateway-l2tp"]
    assert least["gateway-l2tp"] == least["gateway-cubic"] > least["direct"] + 1
    assert least["gateway-l2tp"] == pytest.approx(3.43, abs=0.01)


@given(name=st.sampled_from(list(WAYS)), rate=st.floats(1, 1000), loss=st.floats(0, 50))
def test_a_page_needs_its_bytes_and_its_round_trips(name: str, rate: float, loss: float) -> None:
    """All bytes pass, and the line is idle in the handshake, the first request and the second.
    More is no law: the order in which even sharing ends objects may favour a slower line."""
    line, transport = a_line(rate, loss), WAYS[name].transport
    passing = sum(OBJECT_SIZES) * 8e-6 / limit(line, "down", transport, 1280)
    handshake, round_trip = (0.06, 0.06) if transport == "direct" else (0.16, 0.17)
    rounding = 0.005
    took = soonest_page(line, Case("", load="page"), WAYS[name], 1280)
    assert took >= passing + handshake + 2 * round_trip - rounding


# One of today: origins, names, TLS.


@pytest.mark.parametrize(
    ("waves", "handshake", "expected"),
    [
        # Its name, its connection, TLS, the request, the bytes.
        ([[("a", 2)]], 0.5, 1 + 0.5 + 1 + 1 + 2 * KB),
        # More of an origin that is known: a request; of another: all of it again.
        ([[("a", 2)], [("a", 3)]], 0.5, (3.5 + 2 * KB) + 1 + 3 * KB),
        ([[("a", 2)], [("b", 3)]], 0.5, (3.5 + 2 * KB) + 3.5 + 3 * KB),
        # What is asked for together shares the line.
        ([[("a", 2)], [("a", 3), ("a", 5)]], 0.5, (3.5 + 2 * KB) + 1 + 8 * KB),
        # The known origin's 125 KB take 1 s, and are long there when the other's begin.
        ([[("a", 2)], [("b", 3), ("a", 125)]], 0.5, (3.5 + 2 * KB) + 3.5 + 3 * KB),
        # Its 500 KB take 4 s: the other's come when the line is free.
        ([[("a", 2)], [("b", 3), ("a", 500)]], 0.5, (3.5 + 2 * KB) + 1 + 503 * KB),
        # A wave waits for the one before, and knows its origins.
        ([[("a", 2)], [("b", 3)], [("b", 4)]], 0, (3 + 2 * KB) + (3 + 3 * KB) + (1 + 4 * KB)),
    ],
)
def test_the_page_of_today_that_nothing_delays(
    waves: list[list[tuple[str, int]]], handshake: float, expected: float
) -> None:
    """On 1 Mbit/s, each round trip 1 s."""
    assert soonest_today(1, 1, handshake, waves) == pytest.approx(expected, abs=1e-6)


@given(name=st.sampled_from(list(WAYS)), rate=st.floats(1, 1000), loss=st.floats(0, 50))
def test_a_page_of_today_needs_its_bytes_and_its_rounds(
    name: str, rate: float, loss: float
) -> None:
    """The first origin's four, and one for each of the other waves, in which the line is idle."""
    line, transport = a_line(rate, loss), WAYS[name].transport
    passing = sum(size for wave in LOADED for _, size in wave) * 8e-3
    passing /= limit(line, "down", transport, 1280)
    handshake, round_trip = (0.06, 0.06) if transport == "direct" else (0.16, 0.17)
    took = soonest_page(line, Case("", load="today"), WAYS[name], 1280)
    assert took >= passing + handshake + 5 * round_trip - 0.005
    assert took <= passing + 12 * round_trip + 0.005


def test_what_the_page_of_today_is_made_of() -> None:
    """The Web Almanac's numbers of 2025, by kind: files and KB."""
    made = {
        kind: [size for kinds in ORIGINS.values() for size in kinds.get(kind, ())]
        for kind in ("html", "css", "js", "fonts", "images", "other")
    }
    assert {kind: (len(sizes), sum(sizes)) for kind, sizes in made.items()} == {
        "html": (3, 22),
        "css": (8, 77),
        "js": (22, 632),
        "fonts": (4, 122),
        "images": (19, 911),
        "other": (19, 38),
    }
    assert [len(wave) for wave in LOADED] == [1, 34, 40], "75 requests"
    assert len(ORIGINS) == 1 + 16
    old = [name for name in ORIGINS if name.startswith("h1.")]
    assert len(old) == 2, "of 17: one in seven or eight speaks HTTP/1.1"
    for wave in LOADED:
        for name in old:
            assert sum(origin == name for origin, _ in wave) <= 6, (
                "or `soonest_today` were too soon"
            )
