"""Lines as operators make them, and what the gateway promises on each.

Where each comes from is in docs/benchmark.md.
"""

from __future__ import annotations

import itertools
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from typing import Any

from bench.records import BOTH
from bench.ways import DIRECT, IKEV2, OURS
from lab.world.line import GATEWAY_AT, Line


@dataclass(frozen=True, kw_only=True)
class Promise:
    """One figure of one way, as a ratio to another way's or to the limit."""

    figure: str = "goodput_mbps"
    """A key of `bench.figures.FIGURES`."""
    way: str = OURS
    against: str = "forward"
    """Another way; ``limit``; or ``median``: the way's own figure of a usual page."""
    at_least: float = 0
    at_most: float = float("inf")
    gateway_at: str = "far"
    direction: str = "down"
    load: str = "bulk"


@dataclass(frozen=True, kw_only=True)
class NamedLine(Line):
    """A line with its name here: what it stands for, its neighbours, and what is promised."""

    what: str
    neighbours: int = 0
    """Downloads on cubic and without a VPN on the same line."""
    promises: tuple[Promise, ...] = ()

    def promising(self, *promises: Promise) -> NamedLine:
        """Return the line with these promises."""
        return replace(self, promises=promises)

    def told(self) -> dict[str, Any]:
        """Return what records say of it: what it stands for, and those numbers that are set."""
        numbers = ((each.name, getattr(self, each.name)) for each in fields(Line))
        told = {key: value for key, value in numbers if value and (key, value) != ("in_a_row", 1)}
        return {"what": self.what, **told}


DAY: dict[str, Line] = {
    hour: Line(rate=rate, delay=delay, queue=queue, loss=loss, uplink=uplink)
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

FORWARDING_WINS_NOTHING = Promise(at_least=0.97)
NOT_BELOW_SHADOWSOCKS = Promise(against="shadowsocks", at_least=0.95)
GATEWAYS_SYSCTL_IS_IRRELEVANT = Promise(
    way="forward", against="forward-cubic", at_least=0.9, at_most=1.1
)
QUIC_REFUSED_IS_NO_LOSS = Promise(against="gateway-quic", at_least=1, load="https")
"""What `quic` being ``reject`` by default rests on."""
IKEV2_IS_NEVER_SLOWER = Promise(way=IKEV2, against=OURS, at_least=1)
"""The other of the phone's own two: it has less header."""
NOR_ITS_PAGE = Promise(figure="load_time_s", way=IKEV2, against=OURS, at_most=1, load="page")
NOT_BELOW_CUBIC = Promise(against="forward-cubic", at_least=1)
NEIGHBOURS_KEEP_HALF = Promise(figure="neighbours_mbps", against="gateway-cubic", at_least=0.5)
BURSTS_ARE_FILLED_TOO = (Promise(at_least=4), Promise(against="limit", at_least=0.95))


def _pages(*loads: str, near: float, far: float = 0, vpn: float) -> tuple[Promise, ...]:
    """Return what both of the phone's own clients keep to of the time that a page takes: without a
    VPN, with the gateway near and far, and with an ordinary VPN far; and near, one page in twenty
    takes not much longer than the others."""
    return tuple(
        Promise(figure=figure, way=way, against=other, at_most=most, gateway_at=at, load=load)
        for load, way in itertools.product(loads, (OURS, IKEV2))
        for figure, other, most, at in (
            ("load_time_s", DIRECT, near, "near"),
            ("load_time_p95_s", "median", 1.4, "near"),
            ("load_time_s", DIRECT, far, "far"),
            ("load_time_s", "forward", vpn, "far"),
        )
        if most
    )


WHERE_IT_IS_WORST = (Promise(at_least=15), NOT_BELOW_SHADOWSOCKS)

_usual = partial(NamedLine, rate=10, delay=25)
_dropping = partial(_usual, what="an operator that drops", queue=50)
_bursty = partial(
    _usual, what="an operator that drops in bursts", promises=BURSTS_ARE_FILLED_TOO, in_a_row=4
)
_severe = partial(
    NamedLine, what="12:26 on a weekday, as one user measured it", delay=40, queue=80, loss=9.5
)
_policed = partial(
    NamedLine, what="an operator with a token bucket", promises=(NOT_BELOW_CUBIC,), rate=5, delay=25
)
_per_protocol = partial(NamedLine, tcp_rate=2, delay=25, queue=200)
_shared = partial(
    NamedLine, what="eight neighbours, none with a VPN", rate=20, delay=25, neighbours=8
)

LINES: dict[str, NamedLine] = {
    "clean": NamedLine(what="off-peak", rate=25, delay=20, queue=100).promising(
        *(
            replace(FORWARDING_WINS_NOTHING, gateway_at=at, direction=direction)
            for at, direction in itertools.product(GATEWAY_AT, BOTH)
        ),
        *(replace(IKEV2_IS_NEVER_SLOWER, gateway_at=at) for at in GATEWAY_AT),
        QUIC_REFUSED_IS_NO_LOSS,
    ),
    "shaped": NamedLine(what="an operator that shapes", rate=5, delay=25, queue=500).promising(
        FORWARDING_WINS_NOTHING,
        Promise(figure="rtt_p95_ms", against="direct", at_most=0.5),
        IKEV2_IS_NEVER_SLOWER,
    ),
    "lossy-0.3": _dropping(loss=0.3).promising(NOT_BELOW_SHADOWSOCKS),
    "lossy-1": _dropping(loss=1).promising(
        Promise(at_least=7),
        Promise(against="limit", at_least=0.95),
        *_pages("page", near=0.95, vpn=0.6),
        *_pages("today", near=0.95, vpn=0.75),
        IKEV2_IS_NEVER_SLOWER,
        NOR_ITS_PAGE,
        QUIC_REFUSED_IS_NO_LOSS,
        GATEWAYS_SYSCTL_IS_IRRELEVANT,
        NOT_BELOW_SHADOWSOCKS,
    ),
    "lossy-3": _dropping(loss=3).promising(
        Promise(at_least=12),
        Promise(against="limit", at_least=0.93),
        *_pages("page", "today", near=0.75, vpn=0.6),
        IKEV2_IS_NEVER_SLOWER,
        NOT_BELOW_SHADOWSOCKS,
    ),
    "severe-3": _severe(rate=3).promising(*WHERE_IT_IS_WORST),
    "severe-10": _severe(rate=10).promising(
        *WHERE_IT_IS_WORST,
        *_pages("page", "today", near=0.35, far=0.6, vpn=0.3),
        IKEV2_IS_NEVER_SLOWER,
    ),
    "lunch-1230": NamedLine(what="12:30 of our working day", **asdict(DAY["12:30"])).promising(
        *_pages("page", "today", near=0.5, far=0.8, vpn=0.4)
    ),
    "bursty-1": _bursty(loss=1),
    "bursty-3": _bursty(loss=3),
    "overtaking": _usual(what="some packets overtake others", reorder=0.5),
    "jittery": NamedLine(
        what="a radio that holds each packet for another time", rate=5, delay=40, queue=80, jitter=5
    ).promising(Promise(way=IKEV2, against="limit", at_least=0.9)),
    "uphill": _usual(what="a slow uplink that loses", uplink=1, uplink_loss=3),
    "varying": NamedLine(what="a cell with many in it", rate=8, delay=25, queue=100, varies=60),
    "policed-75": _policed(burst=75),
    "policed-150": _policed(burst=150),
    "policed-shared": _shared(burst=150),
    "per-protocol": _per_protocol(what="an operator that treats VPNs differently", rate=10),
    "per-protocol-same": _per_protocol(what="the same for all", rate=2),
    "shared-50": _shared(queue=50).promising(NEIGHBOURS_KEEP_HALF),
    "shared-300": _shared(queue=300).promising(NEIGHBOURS_KEEP_HALF),
}
