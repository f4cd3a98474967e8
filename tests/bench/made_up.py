"""Records as the benchmark could write them: made up, in the right order of magnitude."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from typing import Any

from bench.records import VERSION, About, Case, Record, Run
from bench.ways import DIRECT, OURS, WAYS


def record(
    way: str = OURS, line: str = "lossy-1", seed: int = 1, place: int = 0, **told: Any
) -> Record:
    """One measurement; what is no part of its case is a figure."""
    asked = {key: told.pop(key) for key in Case._fields if key in told}
    figures = {"goodput_mbps": 0.0, "limit_mbps": 9.5, **told}
    return Record(
        case=Case(line, **asked), way=way, seed=seed, repeat=seed - 1, place=place, figures=figures
    )


LINES: dict[str, dict[str, Any]] = {
    "clean": {"what": "off-peak", "rate": 25, "delay": 20, "queue": 100, "loss": 0},
    "lossy-1": {"what": "operator that drops", "rate": 10, "delay": 25, "queue": 50, "loss": 1},
    "policed": {"what": "token-bucket policer", "rate": 5, "burst": 75, "queue": None, "loss": 0},
    "shared": {"what": "fairness", "rate": 20, "delay": 25, "queue": 50, "neighbours": 8},
}

ABOUT: About = {
    "version": VERSION,
    "date": "2026-11-20",
    "kernel": "7.3.4+deb13-amd64",
    "accelerator": "tcg, 2 processors",
    "host": "2 × Some Processor",
    "command": "python -m bench run --repeats 3",
    "commit": "0a4b5f0",
    "seconds": 10,
    "generous": False,
    "settings": {"mtu": 1280},
    "lines": LINES,
}

# What a way gets of the limit: on a clean line, on a lossy one.
REACHED = {
    OURS: (0.95, 0.98),
    "direct": (0.99, 0.16),
    "forward": (0.98, 0.12),
    "forward-cubic": (0.98, 0.122),
    "gateway-cubic": (0.96, 0.14),
    "gateway-plain-bbr": (0.92, 0.95),
    "gateway-quic": (0.68, 0.39),
    "gateway-ikev2": (0.95, 0.97),
    "wireguard": (0.985, 0.13),
    "shadowsocks": (0.96, 0.97),
}
LOADS = ((1, "down"), (6, "down"), (1, "up"))
SEEDS = (1, 2, 3)
FLOWS_OF_PAGES = {"page": 6, "today": 17}


def full(chance: int = 1) -> Run:
    """Every section has something to show."""
    dice = random.Random(chance)  # noqa: S311 - the same each time
    bulk = [
        _bulk(dice, line, gateway_at, flows, direction, way, seed)
        for line in LINES
        for gateway_at in ("far", "near")
        for flows, direction in (LOADS if line == "lossy-1" else LOADS[:1])
        for way in WAYS
        if not (way == DIRECT and gateway_at == "near")
        for seed in SEEDS
    ]
    return Run(dict(ABOUT), [*bulk, *_pages(dice), *_day(dice)])


def _bulk(
    dice: random.Random,
    line: str,
    gateway_at: str,
    flows: int,
    direction: str,
    way: str,
    seed: int,
) -> Record:
    limit = LINES[line]["rate"] * (0.957 if way == DIRECT else 0.887)
    gain = flows**0.8 * (1.6 if gateway_at == "near" else 1)
    reached = min(0.99, REACHED[way][line == "lossy-1"] * gain)
    goodput = limit * reached * (0.15 if line == "shared" else 1) * dice.uniform(0.95, 1)
    rtt = 60 + (110 if gateway_at == "far" and way != DIRECT else 0)
    neighbours = sorted(dice.uniform(0.7, 1.1) * (limit - goodput) / 8 for _ in range(8))
    figures: dict[str, Any] = {
        "goodput_mbps": round(goodput, 2),
        "limit_mbps": round(limit, 2),
        "rtts_ms": [round(rtt * dice.uniform(1.05, 1.6), 1) for _ in range(20)],
        "retransmit_pct": round(dice.uniform(0, 2), 2),
    }
    if way != DIRECT:
        figures["cpu_s_per_gb"] = round(dice.uniform(30, 60), 1)
    if line == "shared":
        figures["neighbours_mbps"] = [round(x, 2) for x in neighbours]
    case = {"gateway_at": gateway_at, "flows": flows, "direction": direction}
    return record(way, line, seed, list(WAYS).index(way), **case, **figures)


def _pages(dice: random.Random) -> Iterator[Record]:
    """The older page and one of today, near and far."""
    cases = itertools.product(("clean", "lossy-1"), ("far", "near"), FLOWS_OF_PAGES.items())
    for (line, gateway_at, (load, flows)), way, seed in itertools.product(
        cases, (OURS, DIRECT, "forward"), SEEDS
    ):
        soon = way == DIRECT or line == "clean"
        seconds = 2.1 if soon else dice.uniform(2, 9)
        seconds += way != DIRECT and gateway_at == "far"
        yield record(
            way,
            line,
            seed,
            gateway_at=gateway_at,
            flows=flows,
            load=load,
            goodput_mbps=round(15.2 / seconds, 3),
            load_time_s=round(seconds, 2),
            load_time_limit_s=2.0,
            page_times_s=[round(seconds * dice.uniform(0.8, 1.5), 2) for _ in range(7)],
        )


def _day(dice: random.Random) -> Iterator[Record]:
    for direction in ("down", "up"):
        for quarter in range(8 * 4, 19 * 4):
            hour, lunch = quarter // 4, 12 <= quarter / 4 < 13
            for way in (DIRECT, "forward", OURS):
                reached = REACHED[way][lunch] * dice.uniform(0.9, 1)
                limit = 10.0 if not lunch else 8.0
                yield record(
                    way,
                    "day",
                    direction=direction,
                    hour=f"{hour:02}:{quarter % 4 * 15:02}",
                    goodput_mbps=round(limit * 0.9 * reached, 2),
                    limit_mbps=round(limit * 0.957, 3),
                )
