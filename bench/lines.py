"""Lines as operators make them, and what the gateway promises on each.

Where each comes from is in docs/benchmark.md.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

from bench.ways import OURS
from lab.world.links import Link


@dataclass(frozen=True, kw_only=True)
class Promise:
    """One figure of one way, as a ratio to another way's or to the limit."""

    figure: str = "goodput_mbps"
    """A key of `bench.figures.FIGURES`."""
    way: str = OURS
    against: str = "forward"
    """Another way, or ``limit``."""
    at_least: float = 0
    at_most: float = float("inf")
    gateway_at: str = "far"
    direction: str = "down"
    load: str = "bulk"


@dataclass(frozen=True, kw_only=True)
class Line:
    """A link, its neighbours, and what is promised there."""

    what: str
    """What it stands for."""
    link: Link
    neighbours: int = 0
    """Downloads on cubic and without a VPN on the same line."""
    promises: tuple[Promise, ...] = ()


NOT_BELOW_SHADOWSOCKS = Promise(against="shadowsocks", at_least=0.95)
GATEWAYS_SYSCTL_IS_IRRELEVANT = Promise(
    way="forward", against="forward-cubic", at_least=0.9, at_most=1.1
)
QUIC_REFUSED_IS_NO_LOSS = Promise(against="gateway-quic", at_least=1, load="https")
"""What `quic` being ``reject`` by default rests on."""
IKEV2_IS_NEVER_SLOWER = Promise(way="gateway-ikev2", against=OURS, at_least=1)
"""The other of the phone's own two: it has less header."""
NOR_ITS_PAGE = Promise(
    figure="load_time_s", way="gateway-ikev2", against=OURS, at_most=1, load="page"
)


def _lossy(loss: float, *promises: Promise) -> Line:
    link = Link(rate=10, delay=25, queue=50, loss=loss)
    promises = (*promises, NOT_BELOW_SHADOWSOCKS)
    return Line(what="an operator that drops", link=link, promises=promises)


def _severe(rate: float, *promises: Promise) -> Line:
    return Line(
        what="12:26 on a weekday, as one user measured it",
        link=Link(rate=rate, delay=40, queue=80, loss=9.5),
        promises=(Promise(at_least=15), NOT_BELOW_SHADOWSOCKS, *promises),
    )


def _policed(burst: float) -> Line:
    return Line(
        what="an operator with a token bucket",
        link=Link(rate=5, delay=25, burst=burst),
        promises=(Promise(against="forward-cubic", at_least=1),),
    )


def _per_protocol(udp: float) -> Line:
    return Line(
        what="an operator that treats VPNs differently" if udp > 2 else "the same for all",
        link=Link(rate=udp, tcp_rate=2, delay=25, queue=200),
    )


def _shared(queue: float) -> Line:
    return Line(
        what="eight neighbours, none with a VPN",
        link=Link(rate=20, delay=25, queue=queue),
        neighbours=8,
        promises=(Promise(figure="neighbours_mbps", against="gateway-cubic", at_least=0.5),),
    )


LINES: dict[str, Line] = {
    "clean": Line(
        what="off-peak",
        link=Link(rate=25, delay=20, queue=100),
        promises=(
            Promise(at_least=0.97, gateway_at="near"),
            Promise(at_least=0.97, gateway_at="near", direction="up"),
            Promise(at_least=0.97),
            Promise(at_least=0.97, direction="up"),
            Promise(way="gateway-ikev2", against=OURS, at_least=1, gateway_at="near"),
            IKEV2_IS_NEVER_SLOWER,
            QUIC_REFUSED_IS_NO_LOSS,
        ),
    ),
    "shaped": Line(
        what="an operator that shapes",
        link=Link(rate=5, delay=25, queue=500),
        promises=(
            Promise(at_least=0.97),
            Promise(figure="rtt_p95_ms", against="direct", at_most=0.5),
            IKEV2_IS_NEVER_SLOWER,
        ),
    ),
    "lossy-0.3": _lossy(0.3),
    "lossy-1": _lossy(
        1,
        Promise(at_least=7),
        Promise(against="limit", at_least=0.95),
        Promise(figure="load_time_s", at_most=0.6, load="page"),
        IKEV2_IS_NEVER_SLOWER,
        NOR_ITS_PAGE,
        QUIC_REFUSED_IS_NO_LOSS,
        GATEWAYS_SYSCTL_IS_IRRELEVANT,
    ),
    "lossy-3": _lossy(
        3, Promise(at_least=12), Promise(against="limit", at_least=0.93), IKEV2_IS_NEVER_SLOWER
    ),
    "severe-3": _severe(3),
    "severe-10": _severe(10, IKEV2_IS_NEVER_SLOWER),
    "policed-75": _policed(75),
    "policed-150": _policed(150),
    "per-protocol": _per_protocol(10),
    "per-protocol-same": _per_protocol(2),
    "shared-50": _shared(50),
    "shared-300": _shared(300),
}

DAY: dict[str, Link] = {
    hour: Link(rate=rate, delay=delay, queue=queue, loss=loss, uplink=uplink)
    for hour, rate, delay, queue, loss, uplink in (
        ("07:00", 25, 20, 100, 0.0, 10),
        ("08:15", 12, 25, 80, 0.3, 8),
        ("11:30", 20, 20, 100, 0.1, 10),
        ("12:00", 10, 25, 60, 1.0, 6),
        ("12:30", 6, 40, 80, 6.0, 4),
        ("12:45", 8, 35, 70, 3.0, 5),
        ("13:00", 15, 25, 80, 0.5, 8),
        ("15:00", 20, 20, 100, 0.1, 10),
        ("18:15", 12, 25, 80, 0.5, 8),
    )
}
"""A working day on a cheap line: our model of what users and operators report (lunch is
worst from 12:20 to 12:45 and recovers from 12:50), not a measurement of one operator."""


def own_name(link: Link) -> str:
    """Return what a line of the user's own is called: by the numbers that define it."""
    usual = {each.name: each.default for each in fields(link)}
    numbers = asdict(link).items()
    return ",".join(f"{key}={value:g}" for key, value in numbers if value != usual[key])
