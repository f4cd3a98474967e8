"""What this project promised, number by number: who loosens a bar turns this red."""

from __future__ import annotations

import dataclasses
import math

import pytest

from bench.lines import DAY, SCENARIOS, Bar
from bench.records import Row
from bench.ways import MODES
from lab.world.links import PATHS

NONE = math.inf
GOODPUT = "goodput_mbps"
NEAR_AND_FAR = [(path, way) for path in ("near", "far") for way in ("down", "up")]

# Scenario; figure of which mode to which; at least; at most; path, direction, load.
PROMISED = [
    ("lossy-1", GOODPUT, "split+bbr", "forward", 7, NONE, "far", "down", "bulk"),
    ("lossy-1", GOODPUT, "split+bbr", "limit", 0.95, NONE, "far", "down", "bulk"),
    ("lossy-1", "load_time_s", "split+bbr", "forward", 0, 0.6, "far", "down", "page"),
    ("lossy-1", GOODPUT, "forward", "forward+cubic", 0.9, 1.1, "far", "down", "bulk"),
    ("lossy-3", GOODPUT, "split+bbr", "forward", 12, NONE, "far", "down", "bulk"),
    ("lossy-3", GOODPUT, "split+bbr", "limit", 0.93, NONE, "far", "down", "bulk"),
    ("severe-3", GOODPUT, "split+bbr", "forward", 15, NONE, "far", "down", "bulk"),
    ("severe-10", GOODPUT, "split+bbr", "forward", 15, NONE, "far", "down", "bulk"),
    ("shaped", GOODPUT, "split+bbr", "forward", 0.97, NONE, "far", "down", "bulk"),
    ("shaped", "rtt_p95_ms", "split+bbr", "direct", 0, 0.5, "far", "down", "bulk"),
    *(
        ("clean", GOODPUT, "split+bbr", "forward", 0.97, NONE, path, direction, "bulk")
        for path, direction in NEAR_AND_FAR
    ),
    *(
        (name, GOODPUT, "split+bbr", "forward+cubic", 1, NONE, "far", "down", "bulk")
        for name in ("policed-75", "policed-150")
    ),
    *(
        (name, "neighbours_mbps", "split+bbr", "split+cubic", 0.5, NONE, "far", "down", "bulk")
        for name in ("shared-50", "shared-300")
    ),
    *(
        (name, GOODPUT, "split+bbr", "shadowsocks", 0.95, NONE, "far", "down", "bulk")
        for name in ("lossy-0.3", "lossy-1", "lossy-3", "severe-3", "severe-10")
    ),
    *(
        (name, GOODPUT, "split+bbr+ikev2", "split+bbr", 1, NONE, path, "down", "bulk")
        for name, path in (
            ("clean", "near"),
            ("clean", "far"),
            ("shaped", "far"),
            ("lossy-1", "far"),
            ("lossy-3", "far"),
            ("severe-10", "far"),
        )
    ),
    ("lossy-1", "load_time_s", "split+bbr+ikev2", "split+bbr", 0, 1, "far", "down", "page"),
    *(
        (name, GOODPUT, "split+bbr", "split+bbr+quic", 1, NONE, "far", "down", "https")
        for name in ("clean", "lossy-1")
    ),
]

# Rate, one-way delay, queue in ms, loss in per cent; a bar means little on another line.
LINES = {
    "clean": (25, 20, 100, 0),
    "shaped": (5, 25, 500, 0),
    "lossy-0.3": (10, 25, 50, 0.3),
    "lossy-1": (10, 25, 50, 1),
    "lossy-3": (10, 25, 50, 3),
    "severe-3": (3, 40, 80, 9.5),
    "severe-10": (10, 40, 80, 9.5),
    "per-protocol": (10, 25, 200, 0),
    "per-protocol-same": (2, 25, 200, 0),
    "shared-50": (20, 25, 50, 0),
    "shared-300": (20, 25, 300, 0),
}


def flat(name: str, bar: Bar) -> tuple[str | float, ...]:
    order = ("figure", "mode", "against", "at_least", "at_most", "path", "direction", "load")
    return (name, *(getattr(bar, key) for key in order))


def test_the_promises_are_these_and_no_others() -> None:
    declared = [flat(name, bar) for name, scenario in SCENARIOS.items() for bar in scenario.bars]
    assert len(declared) == len(set(declared))
    assert set(declared) == set(PROMISED)


@pytest.mark.parametrize("promise", PROMISED, ids=lambda promise: f"{promise[0]}-{promise[3]}")
def test_every_promise_can_be_missed(promise: tuple[str | float, ...]) -> None:
    _, figure, mode, against, at_least, at_most, path, direction, load = promise
    assert at_least or at_most != NONE
    assert figure in Row.__annotations__
    assert mode in MODES
    assert against in {*MODES, "limit"}
    assert path in PATHS
    assert direction in ("down", "up")
    assert load in ("bulk", "page", "https")


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_lines_are_these(name: str) -> None:
    link = SCENARIOS[name].link
    if name.startswith("policed"):
        assert (link.rate, link.delay, link.loss) == (5, 25, 0)
        assert link.burst == int(name.partition("-")[2])
    else:
        assert (link.rate, link.delay, link.queue, link.loss) == LINES[name]
        assert link.burst is None
    assert link.uplink == 10
    assert link.tcp_rate == (2 if name.startswith("per-protocol") else None)
    assert SCENARIOS[name].neighbours == (8 if name.startswith("shared") else 0)
    assert link.rate <= 25, "an emulated gateway's processor would be what is measured"


def test_a_tight_page_bar_is_not_a_bulk_bar() -> None:
    for scenario in SCENARIOS.values():
        for bar in scenario.bars:
            assert (bar.figure == "load_time_s") == (bar.load == "page")


def test_lunch_is_the_worst_of_the_day() -> None:
    lunch = {hour: link for hour, link in DAY.items() if "12:00" <= hour <= "12:45"}
    others = {hour: link for hour, link in DAY.items() if hour not in lunch}
    assert len(lunch) >= 3
    assert len(others) >= 6
    assert list(DAY) == sorted(DAY)
    worst = DAY["12:30"]
    for link in {**lunch, **others}.values():
        assert link.loss <= worst.loss
        assert link.rate >= worst.rate
        assert link.uplink >= worst.uplink
    assert min(link.loss for link in lunch.values()) > max(link.loss for link in others.values())
    for key in ("rate", "uplink"):
        at_lunch, else_ = (
            [dataclasses.asdict(link)[key] for link in part.values()] for part in (lunch, others)
        )
        assert max(at_lunch) < min(else_), key
