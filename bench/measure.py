"""One measurement: load on the line, and what is seen beside it."""

from __future__ import annotations

import statistics

from bench.plan import Comparison
from bench.records import Value
from bench.ways import Way
from lab.phones import beside, https, iperf, page
from lab.phones.beside import Carried, Load, Neighbours
from lab.phones.transports import Reach, Site

OMIT = 3
"""Seconds at the start of a flow that don't count; a page counts from its first."""


def measure(reach: Reach, way: Way, comparison: Comparison, seconds: int) -> dict[str, Value]:
    """Load the line on this way for so many seconds, and return the figures of a record.

    Raises:
        ExpectationFailed: the load could not be carried.
    """
    (goodput, size, times), rtts, busy, counters, neighbours = beside.carry(
        _load(reach.site, way, comparison, seconds),
        reach.phone,
        reach.site.pinged,
        reach.sender,
        reach.gateway,
        Neighbours(comparison.neighbours, seconds, OMIT + 1),
    )
    figures: dict[str, Value] = {
        "goodput_mbps": round(goodput, 3),
        "rtts_ms": rtts,
        "cpu_s_per_gb": round(busy / (size / 1e9), 1) if size else None,
        "load_time_s": round(statistics.median(times), 2) if times else None,
        "page_times_s": list(times) or None,
        **counters,
    }
    return {**figures, "neighbours_mbps": neighbours} if comparison.neighbours else figures


def _load(site: Site, way: Way, comparison: Comparison, seconds: int) -> Load:
    """Return what the phone does, and for how long."""
    case, pages, ends = comparison.case, comparison.pages, OMIT + seconds
    if case.load == "https":
        command = https.command(site.host, ends)
        return Load("HTTPS", command, 300, lambda said: Carried(*https.read(said, way.quic)))
    if case.load == "page":
        return Load("PAGE", page.command(site.host, pages), 900, _page)
    if case.load == "today":
        command = page.command_of_today(way.transport, site.resolver, pages)
        return Load("PAGE", command, 900, _page)

    def flow(said: str) -> Carried:
        goodput = iperf.goodput(said, case.direction)
        return Carried(goodput, goodput * 1e6 / 8 * ends)

    command = iperf.command(site.host, case.flows, case.direction, seconds, OMIT)
    return Load("IPERF", command, seconds + 120, flow, ends, OMIT)


def _page(said: str) -> Carried:
    times, size = page.read(said)
    return Carried(size / len(times) * 8e-6 / statistics.median(times), size, times)
