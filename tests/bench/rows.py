"""Results as the benchmark could write them: made up, in the right order of magnitude."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from bench.records import About, Promise, Row
from bench.report.modes import MODES

EMPTY: Row = {
    "scenario": "lossy-1",
    "path": "far",
    "mode": "split+bbr",
    "flows": 1,
    "direction": "down",
    "load": "bulk",
    "goodput_mbps": None,
    "limit_mbps": 9.5,
    "rtt_p50_ms": None,
    "rtt_p95_ms": None,
    "retransmit_pct": None,
    "cpu_s_per_gb": None,
    "repeats": 3,
    "spread": None,
    "load_time_s": None,
    "load_time_spread": None,
    "load_time_limit_s": None,
    "neighbours_mbps": None,
    "hour": None,
}

LINES: dict[str, dict[str, Any]] = {
    "clean": {"what": "off-peak", "rate": 25, "delay": 20, "queue": 100, "loss": 0},
    "lossy-1": {"what": "operator that drops", "rate": 10, "delay": 25, "queue": 50, "loss": 1},
    "policed": {"what": "token-bucket policer", "rate": 5, "burst": 75, "queue": None, "loss": 0},
    "shared": {"what": "fairness", "rate": 20, "delay": 25, "queue": 50, "neighbours": 8},
}

BARS: list[Promise] = [
    {
        "name": "lossy 1 %, far, 1 flow, down: times forward-only",
        "value": 8.1,
        "bar": 7.0,
        "sense": "at least",
        "ok": True,
        "detail": "8.81 / 1.08 Mbit/s",
    },
    {
        "name": "clean, far, 1 flow, down: part of the limit",
        "value": 0.87,
        "bar": 0.9,
        "sense": "at least",
        "ok": False,
        "detail": "19.3 / 22.2 Mbit/s",
    },
    {
        "name": "shared: neighbours' loss, per cent",
        "value": None,
        "bar": 20,
        "sense": "at most",
        "ok": False,
        "detail": "not measured",
    },
]

ABOUT: About = {
    "date": "2026-11-20",
    "kernel": "7.3.4+deb13-amd64",
    "accelerator": "tcg, 2 processors",
    "command": "python -m bench run --repeats 3",
    "commit": "0a4b5f0",
    "settings": {"mtu": 1280},
    "scenarios": LINES,
}

# What a mode gets of the limit: on a clean line, on a lossy one.
SHARES = {
    "split+bbr": (0.95, 0.98),
    "direct": (0.99, 0.16),
    "forward": (0.98, 0.12),
    "forward+cubic": (0.98, 0.122),
    "split+cubic": (0.96, 0.14),
    "split+bbr1": (0.92, 0.95),
    "split+bbr+quic": (0.68, 0.39),
    "split+bbr+ikev2": (0.95, 0.97),
    "wireguard": (0.985, 0.13),
    "shadowsocks": (0.96, 0.97),
}


LOADS = ((1, "down"), (6, "down"), (1, "up"))


def full() -> list[Row]:
    """Every section has something to show."""
    chance = random.Random(1)  # noqa: S311 - the same each time
    rows = [
        _bulk(chance, line, path, flows, direction, mode)
        for line in LINES
        for path in ("far", "near")
        for flows, direction in (LOADS if line == "lossy-1" else LOADS[:1])
        for mode in MODES
        if not (mode == "direct" and path == "near")
    ]
    return [*rows, *_pages(chance), *_day(chance)]


def _bulk(
    chance: random.Random, line: str, path: str, flows: int, direction: str, mode: str
) -> Row:
    limit = LINES[line]["rate"] * (0.957 if mode == "direct" else 0.887)
    share = min(0.99, SHARES[mode][line == "lossy-1"] * flows**0.8 * (1.6 if path == "near" else 1))
    goodput = limit * share * (0.15 if line == "shared" else 1)
    low, high = goodput * chance.uniform(0.9, 0.99), goodput * chance.uniform(1.0, 1.06)
    rtt = 60 + (110 if path == "far" and mode != "direct" else 0) + chance.uniform(0, 30)
    neighbours = sorted(chance.uniform(0.7, 1.1) * (limit - goodput) / 8 for _ in range(8))
    return {
        **EMPTY,
        "scenario": line,
        "path": path,
        "mode": mode,
        "flows": flows,
        "direction": direction,
        "goodput_mbps": round(goodput, 2),
        "limit_mbps": round(limit, 2),
        "rtt_p50_ms": round(rtt, 1),
        "rtt_p95_ms": round(rtt * chance.uniform(1.05, 1.6), 1),
        "retransmit_pct": round(chance.uniform(0, 2), 2),
        "cpu_s_per_gb": None if mode == "direct" else round(chance.uniform(30, 60), 1),
        "spread": [round(low, 2), round(min(high, limit), 2)],
        "neighbours_mbps": [round(x, 2) for x in neighbours] if line == "shared" else None,
    }


def _pages(chance: random.Random) -> Iterator[Row]:
    for line in ("clean", "lossy-1"):
        for path in ("far", "near"):
            for mode in ("split+bbr", "direct", "forward"):
                seconds = 2.1 if mode == "direct" or line == "clean" else chance.uniform(2, 9)
                seconds += mode != "direct" and path == "far"
                yield {
                    **EMPTY,
                    "scenario": line,
                    "path": path,
                    "mode": mode,
                    "flows": 6,
                    "load": "page",
                    "load_time_s": round(seconds, 2),
                    "load_time_spread": [round(seconds * 0.9, 2), round(seconds * 1.2, 2)],
                    "load_time_limit_s": round(seconds * 0.8, 2),
                }


def _day(chance: random.Random) -> Iterator[Row]:
    for direction in ("down", "up"):
        for quarter in range(8 * 4, 19 * 4):
            hour, lunch = quarter // 4, 12 <= quarter / 4 < 13
            for mode in ("direct", "forward", "split+bbr"):
                share = SHARES[mode][lunch] * chance.uniform(0.9, 1)
                limit = 10.0 if not lunch else 8.0
                yield {
                    **EMPTY,
                    "scenario": "day",
                    "mode": mode,
                    "direction": direction,
                    "goodput_mbps": round(limit * 0.9 * share, 2) if quarter != 40 else None,
                    "limit_mbps": limit * 0.957,
                    "hour": f"{hour:02}:{quarter % 4 * 15:02}",
                }
