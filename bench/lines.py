"""Links as operators make them, and what the gateway must reach on each.

Where each comes from is in docs/benchmark.md; the bars are the project's promise.
"""

from __future__ import annotations

from dataclasses import dataclass

from lab.world.links import Link


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A promise: one figure of one mode, as a ratio to another mode's or to the limit."""

    figure: str
    """A key of `Row` that holds a number, or the neighbours' numbers."""
    mode: str = "split+bbr"
    against: str = "forward"
    """Another mode, or ``limit``."""
    at_least: float = 0
    at_most: float = float("inf")
    path: str = "far"
    direction: str = "down"
    load: str = "bulk"


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A link, its neighbours, and what must be reached there."""

    what: str
    """What it stands for."""
    link: Link
    neighbours: int = 0
    """Downloads on cubic and without a VPN on the same line."""
    bars: tuple[Bar, ...] = ()


NOT_BELOW_SHADOWSOCKS = Bar(figure="goodput_mbps", against="shadowsocks", at_least=0.95)
GATEWAYS_SYSCTL_IS_IRRELEVANT = Bar(
    figure="goodput_mbps", mode="forward", against="forward+cubic", at_least=0.9, at_most=1.1
)

QUIC_REFUSED_IS_NO_LOSS = Bar(
    figure="goodput_mbps", against="split+bbr+quic", at_least=1, load="https"
)
"""What `quic` being ``reject`` by default rests on."""


def _ikev2(path: str = "far", load: str = "bulk") -> Bar:
    """The other of the phone's own two: it has less header, so it is never the slower."""
    mode, against = "split+bbr+ikev2", "split+bbr"
    if load == "page":
        return Bar(
            figure="load_time_s", mode=mode, against=against, at_most=1, path=path, load=load
        )
    return Bar(figure="goodput_mbps", mode=mode, against=against, at_least=1, path=path)


def _lossy(loss: float, *bars: Bar) -> Scenario:
    link = Link(rate=10, delay=25, queue=50, loss=loss)
    return Scenario(what="an operator that drops", link=link, bars=(*bars, NOT_BELOW_SHADOWSOCKS))


def _severe(rate: float, *bars: Bar) -> Scenario:
    return Scenario(
        what="12:26 on a weekday, as one user measured it",
        link=Link(rate=rate, delay=40, queue=80, loss=9.5),
        bars=(Bar(figure="goodput_mbps", at_least=15), NOT_BELOW_SHADOWSOCKS, *bars),
    )


def _policed(burst: float) -> Scenario:
    return Scenario(
        what="an operator with a token bucket",
        link=Link(rate=5, delay=25, burst=burst),
        bars=(Bar(figure="goodput_mbps", against="forward+cubic", at_least=1),),
    )


def _per_protocol(udp: float) -> Scenario:
    return Scenario(
        what="an operator that treats VPNs differently" if udp > 2 else "the same for all",
        link=Link(rate=udp, tcp_rate=2, delay=25, queue=200),
    )


def _shared(queue: float) -> Scenario:
    return Scenario(
        what="eight neighbours, none with a VPN",
        link=Link(rate=20, delay=25, queue=queue),
        neighbours=8,
        bars=(Bar(figure="neighbours_mbps", against="split+cubic", at_least=0.5),),
    )


SCENARIOS: dict[str, Scenario] = {
    "clean": Scenario(
        what="off-peak",
        link=Link(rate=25, delay=20, queue=100),
        bars=(
            *(
                Bar(figure="goodput_mbps", at_least=0.97, path=path, direction=direction)
                for path in ("near", "far")
                for direction in ("down", "up")
            ),
            *(_ikev2(path=path) for path in ("near", "far")),
            QUIC_REFUSED_IS_NO_LOSS,
        ),
    ),
    "shaped": Scenario(
        what="an operator that shapes",
        link=Link(rate=5, delay=25, queue=500),
        bars=(
            Bar(figure="goodput_mbps", at_least=0.97),
            Bar(figure="rtt_p95_ms", against="direct", at_most=0.5),
            _ikev2(),
        ),
    ),
    "lossy-0.3": _lossy(0.3),
    "lossy-1": _lossy(
        1,
        Bar(figure="goodput_mbps", at_least=7),
        Bar(figure="goodput_mbps", against="limit", at_least=0.95),
        Bar(figure="load_time_s", at_most=0.6, load="page"),
        _ikev2(),
        _ikev2(load="page"),
        QUIC_REFUSED_IS_NO_LOSS,
        GATEWAYS_SYSCTL_IS_IRRELEVANT,
    ),
    "lossy-3": _lossy(
        3,
        Bar(figure="goodput_mbps", at_least=12),
        Bar(figure="goodput_mbps", against="limit", at_least=0.93),
        _ikev2(),
    ),
    "severe-3": _severe(3),
    "severe-10": _severe(10, _ikev2()),
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
