"""How fast a line could carry payload at best.

    limit = line rate x (1 - loss) x payload share

The payload share is what remains of a full packet after all headers. The line's limiter
counts Ethernet frames without preamble, as Linux' tbf does.
"""

from __future__ import annotations

from bench.plan import Comparison
from bench.records import Case, Value
from bench.ways import Way
from lab.phones.soonest import soonest, soonest_today
from lab.world.line import GATEWAY_AT, SITE_DELAY, Line

ETHERNET, IPV4, UDP, TCP = 14, 20, 8, 20 + 12
"""Bytes. TCP's with the timestamps option (RFC 7323), which all hosts here send."""
LINE_MTU = 1500


def frame_in_l2tp(packet: int) -> int:
    """Return the line's bytes for one IP packet in PPP in L2TP in UDP in ESP in UDP, with AES-CBC
    and HMAC-SHA2-256-128: what the phone and the gateway agree on (RFC 3602, RFC 4868)."""
    ppp, l2tp = 4, 6
    return _frame_in_esp(UDP + l2tp + ppp + packet, iv=16, block=16)


def frame_in_ikev2(packet: int) -> int:
    """Return the line's bytes for one IP packet in ESP in tunnel mode in UDP, with AES-GCM:
    what Android's client and the gateway agree on (RFC 4303, RFC 4106)."""
    return _frame_in_esp(packet, iv=8, block=4)


def _frame_in_esp(inner: int, iv: int, block: int) -> int:
    """Return the line's bytes in ESP in UDP (RFC 3948), whose trailer has two bytes, and which is
    padded to the cipher's block. Both ciphers' check has 16."""
    padded = -(-(inner + 2) // block) * block
    return ETHERNET + IPV4 + UDP + 8 + iv + padded + 16


def payload_share(transport: str, mtu: int) -> float:
    """Return the part of the line's rate that full TCP segments carry.

    Args:
        transport: ``direct``, ``l2tp``, ``ikev2``, ``wireguard`` or ``shadowsocks``.
        mtu: of the gateway's tunnels, bytes.
    """
    tunnels = {
        "l2tp": (mtu, frame_in_l2tp(mtu)),
        "ikev2": (mtu, frame_in_ikev2(mtu)),
        # Outer headers, WireGuard's own, Poly1305's tag.
        "wireguard": (1420, ETHERNET + IPV4 + UDP + 16 + 1420 + 16),
    }
    packet, frame = tunnels.get(transport, (LINE_MTU, ETHERNET + LINE_MTU))
    share = (packet - IPV4 - TCP) / frame
    # Shadowsocks: two bytes of length and two tags per chunk of at most 16 KiB (SIP004).
    return share * 16383 / (16383 + 34) if transport == "shadowsocks" else share


def limit(line: Line, direction: str, transport: str, mtu: int) -> float:
    """Return the goodput, Mbit/s, that physics allows on a line."""
    rate, lost = line.rate, line.loss
    if direction == "up":
        rate, lost = line.uplink, line.uplink_loss
    # Where the operator tells TCP from the rest, a tunnel in UDP is the rest.
    elif transport in ("direct", "shadowsocks") and line.tcp_rate:
        rate = min(rate, line.tcp_rate)
    return round(rate * (1 - lost / 100) * payload_share(transport, mtu), 3)


def allowed(way: Way, comparison: Comparison, mtu: int) -> dict[str, Value]:
    """Return the figures that need no measurement: what the line allows on this way."""
    case, line = comparison.case, comparison.line
    figures: dict[str, Value] = {"limit_mbps": limit(line, case.direction, way.transport, mtu)}
    if case.load in ("page", "today"):
        figures["load_time_limit_s"] = soonest_page(line, case, way, mtu)
    return figures


def soonest_page(line: Line, case: Case, way: Way, mtu: int) -> float:
    """Return the seconds that a page takes at least; see `soonest` and `soonest_today`.

    Args:
        case: of a page.
        mtu: of the gateway's L2TP tunnel, bytes.
    """
    to_gateway = 0 if way.transport == "direct" else GATEWAY_AT[case.gateway_at]
    # Who ends TCP answers the phone's SYN, the gateway or the site.
    gateway_answers = way.split or way.transport == "shadowsocks"
    handshake = line.delay + to_gateway + (0 if gateway_answers else SITE_DELAY)
    round_trip = line.delay + to_gateway + SITE_DELAY
    rate = limit(line, "down", way.transport, mtu)
    least = soonest_today if case.load == "today" else soonest
    return round(least(rate, 2e-3 * round_trip, 2e-3 * handshake), 2)
