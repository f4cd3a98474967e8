"""What the benchmark hands to whoever shows it: build/bench/results.json is a list of `Row`."""

from __future__ import annotations

from typing import Any, TypedDict


class Row(TypedDict):
    """One cell of the benchmark: a line, a mode and a load, measured `repeats` times.

    Figures are medians over the repeats. Any of them is None where it can't be measured.
    """

    scenario: str
    """Name of the line; "day" for the points of the day figure, "own" for a line by numbers."""
    path: str
    """Where the gateway stands: "far" or "near"."""
    mode: str
    """A key of `bench.ways.MODES`."""
    flows: int
    """TCP connections at the same time."""
    direction: str
    """"down" to the phone, or "up"."""
    load: str
    """"bulk": as much as possible; "page": a web page of many parts; "https": a large file, as
    a browser fetches it, by QUIC where that gets through."""
    goodput_mbps: float | None
    """Payload that arrived, Mbit/s, all flows together."""
    limit_mbps: float
    """What the line could carry of it at best, Mbit/s; see `bench.limits`."""
    rtt_p50_ms: float | None
    """Round trip under this load, ms: half of the probes took no longer."""
    rtt_p95_ms: float | None
    """Round trip under this load, ms: 95 of 100 probes took no longer."""
    retransmit_pct: float | None
    """Bytes that the sender on the phone's line sent again, per cent of all it sent."""
    cpu_s_per_gb: float | None
    """Busy seconds of the gateway's processor per 10^9 bytes of payload."""
    repeats: int
    spread: list[float] | None
    """Least and greatest goodput of the repeats, Mbit/s."""
    load_time_s: float | None
    """Seconds until the page was there."""
    load_time_spread: list[float] | None
    """Least and greatest load time of the repeats, seconds."""
    load_time_limit_s: float | None
    """What the page takes at least on this line; see `bench.limits.soonest`."""
    neighbours_mbps: list[float] | None
    """Goodput of each neighbour on the same line, Mbit/s, in ascending order."""
    hour: str | None
    """Time of day, "12:15", of a point of the day figure."""


class Promise(TypedDict):
    """A promise, and whether it was kept."""

    name: str
    value: float | None
    bar: float
    sense: str
    """"at least" or "at most"."""
    ok: bool
    detail: str


class About(TypedDict, total=False):
    """Where the rows come from; what is absent is not shown."""

    date: str
    kernel: str
    accelerator: str
    command: str
    commit: str
    seconds: int
    """That each flow counted."""
    settings: dict[str, Any]
    scenarios: dict[str, dict[str, Any]]
    """Per scenario "what" it stands for, "rate" in Mbit/s, one-way "delay" and "queue" in ms,
    random "loss" in per cent, and whatever else it sets."""
