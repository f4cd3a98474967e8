"""One measurement: load on the line, and what is seen beside it."""

from __future__ import annotations

import re

from bench.plan import Comparison
from bench.records import Case, Value
from bench.switch import SITES
from bench.ways import Way
from lab.lab import Lab
from lab.machines.machine import Machine
from lab.phones import beside, https, iperf, page
from lab.phones.alternatives import SHADOWSOCKS_PORT
from lab.phones.beside import said_after, with_ping
from lab.phones.phone import Phone
from lab.world.sites import PORTS
from lab.world.topology import TUNNELS

OMIT = 3
"""Seconds at the start of a flow that don't count; a page counts from its first."""
ENOUGH = 100_000
"""Bytes that a sender must have sent before its counters say something."""


def measure(
    lab: Lab, phone: Phone, way: Way, comparison: Comparison, seconds: int
) -> dict[str, Value]:
    """Load the line on this way for so many seconds, and return the figures of a record.

    Raises:
        ExpectationFailed: the load could not be carried.
    """
    case, neighbours = comparison.case, comparison.neighbours
    sender, where, sockets = _sender(lab, phone, way, case.direction)
    if neighbours:
        beside.start_neighbours(phone, neighbours, seconds, OMIT + 1)
    if case.load == "bulk":
        beside.note_counters(sender, where, sockets, OMIT + seconds - 1)
    before = beside.busy_seconds(lab.gateway)
    goodput, size, took, output = _carry(phone, way, case, seconds)
    busy = beside.busy_seconds(lab.gateway) - before
    figures: dict[str, Value] = {
        "goodput_mbps": round(goodput, 3),
        "rtts_ms": beside.round_trips(output, 0 if case.load == "page" else OMIT),
        "cpu_s_per_gb": round(busy / (size / 1e9), 1) if size else None,
        "load_time_s": round(took, 2) if took else None,
    }
    if case.load == "bulk":
        figures |= of_sockets(sender.read(beside.COUNTERS))
    if neighbours:
        figures["neighbours_mbps"] = beside.neighbours(lab.world)
    return figures


def _carry(
    phone: Phone, way: Way, case: Case, seconds: int
) -> tuple[float, float, float | None, str]:
    """Return goodput, bytes, a page's time, and all that the phone said."""
    site = SITES[way.transport]
    if case.load == "https":
        output = phone.run(with_ping(site.pinged, https.command(site.host, OMIT + seconds)), 300)
        return *https.read(said_after("HTTPS", output), way.quic), None, output
    if case.load == "page":
        output = phone.run(with_ping(site.pinged, page.command(site.host)), 900)
        took, size = page.read(said_after("PAGE", output))
        return size / page.PAGES * 8 / took / 1e6, size, took, output
    command = iperf.command(site.host, case.flows, case.direction, seconds, OMIT)
    output = phone.run(with_ping(site.pinged, command), seconds + 120)
    goodput = iperf.goodput(said_after("IPERF", output), case.direction)
    return goodput, goodput * 1e6 / 8 * (seconds + OMIT), None, output


def _sender(lab: Lab, phone: Phone, way: Way, direction: str) -> tuple[Machine, str, str]:
    """Return who sends into the phone's line: the machine, how its shell gets there, and which
    of its sockets."""
    if direction == "up":
        port = SHADOWSOCKS_PORT if way.transport == "shadowsocks" else PORTS["iperf"]
        return lab.world, f"ip netns exec {phone.namespace} ", f"dport = :{port}"
    if way.split:
        return lab.gateway, "", f"dst {TUNNELS}"
    if way.transport == "shadowsocks":
        return lab.gateway, "", f"sport = :{SHADOWSOCKS_PORT}"
    site = SITES[way.transport]
    return lab.world, f"ip netns exec {site.namespace} ", f"sport = :{PORTS['iperf']}"


def of_sockets(told: str) -> dict[str, Value]:
    """Return the figures that the sender's ``ss -tin`` has of its flows."""

    def all_(what: str, text: str = told) -> list[float]:
        return [float(number) for number in re.findall(rf"\b{what}([\d.]+)", text)]

    sent, again = sum(all_("bytes_sent:")), sum(all_("bytes_retrans:"))
    # iperf3's control connection is there too, and has next to nothing to send.
    flows = [line for line in told.splitlines() if sum(all_("bytes_sent:", line)) > ENOUGH]
    rates = [rate for flow in flows for rate in all_("delivery_rate ", flow)]
    return {
        "retransmit_pct": round(100 * again / sent, 2) if sent > ENOUGH else None,
        "delivery_rate_mbps": round(sum(rates) / 1e6, 3) if rates else None,
        "minrtt_ms": min((rtt for flow in flows for rtt in all_("minrtt:", flow)), default=None),
    }
