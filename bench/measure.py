"""One measurement: load on the line, and what is seen beside it."""

from __future__ import annotations

import re

from bench.plan import Comparison
from bench.records import Case, Value
from bench.switch import SITES
from bench.ways import Way
from lab.lab import Lab
from lab.machines.machine import Machine
from lab.phones import https, iperf, page
from lab.phones.alternatives import SHADOWSOCKS_PORT
from lab.phones.iperf import FINE
from lab.phones.phone import Phone
from lab.world.sites import NEIGHBOURS_PORT, PORTS
from lab.world.topology import TUNNELS

OMIT = 3
"""Seconds at the start of a flow that don't count; a page counts from its first."""


def measure(
    lab: Lab, phone: Phone, way: Way, comparison: Comparison, seconds: int
) -> dict[str, Value]:
    """Load the line on this way for so many seconds, and return the figures of a record.

    Raises:
        ExpectationFailed: the load could not be carried.
    """
    case, neighbours = comparison.case, comparison.neighbours
    if neighbours:
        _start_neighbours(lab.world, phone, neighbours, seconds)
    if case.load == "bulk":
        _note_sockets(lab, phone, way, case.direction, OMIT + seconds - 1)
    before = busy_seconds(lab.gateway)
    goodput, size, took, output = _carry(phone, way, case, seconds)
    busy = busy_seconds(lab.gateway) - before
    figures: dict[str, Value] = {
        "goodput_mbps": round(goodput, 3),
        "rtts_ms": round_trips(output, 0 if case.load == "page" else OMIT),
        "cpu_s_per_gb": round(busy / (size / 1e9), 1) if size else None,
        "load_time_s": round(took, 2) if took else None,
    }
    if case.load == "bulk":
        machine, _, _ = _sender(lab, phone, way, case.direction)
        figures |= of_sockets(machine.read("/run/bench-sample"))
    if neighbours:
        figures["neighbours_mbps"] = _neighbours(lab.world)
    return figures


def _carry(
    phone: Phone, way: Way, case: Case, seconds: int
) -> tuple[float, float, float | None, str]:
    """Return goodput, bytes, a page's time, and all that the phone said."""
    site = SITES[way.transport]
    if case.load == "https":
        output = phone.run(_with_ping(site.pinged, https.command(site.host, OMIT + seconds)), 300)
        return *https.read(_after("HTTPS", output), way.quic), None, output
    if case.load == "page":
        output = phone.run(_with_ping(site.pinged, page.command(site.host)), 900)
        took, size = page.read(_after("PAGE", output))
        return size / page.PAGES * 8 / took / 1e6, size, took, output
    command = flows(site.host, case.flows, case.direction, seconds)
    output = phone.run(_with_ping(site.pinged, command), seconds + 120)
    goodput = iperf.goodput(_after("IPERF", output), case.direction)
    return goodput, goodput * 1e6 / 8 * (seconds + OMIT), None, output


def flows(host: str, number: int, direction: str, seconds: int) -> str:
    """Return the phone's command for as much as possible, which counts for so many seconds."""
    reverse = "--reverse" if direction == "down" else "--get-server-output"
    return (
        f"echo IPERF; iperf3 --client {host} --port {PORTS['iperf']} {reverse} --parallel {number}"
        f" --time {seconds} --omit {OMIT} --connect-timeout 20000 --json {FINE}"
    )


def _with_ping(host: str, command: str) -> str:
    """Ping five times a second beside the load: 0.1 % of a slow line, no more."""
    return (
        f"ping -n -i 0.2 {host} > /tmp/ping & ping=$!; {{ {command}; }}; status=$?;"
        " kill -INT $ping; wait $ping; echo; echo PING; cat /tmp/ping; exit $status"
    )


def _after(word: str, output: str) -> str:
    return output.partition(f"{word}\n")[2].partition("\nPING\n")[0].strip()


def round_trips(output: str, omit: float) -> list[float]:
    """Return what ping saw after so many seconds, ms, in its order."""
    found = re.findall(r"icmp_seq=(\d+) .*time=([\d.]+) ms", output.rpartition("\nPING\n")[2])
    return [float(rtt) for number, rtt in found if int(number) * 0.2 > omit]


def busy_seconds(gateway: Machine) -> float:
    """Return the processor time that the gateway has spent since it started, s."""
    _, user, nice, system, _, _, irq, softirq, *_ = gateway.succeed("head -n 1 /proc/stat").split()
    ticks = sum(map(int, (user, nice, system, irq, softirq)))
    return ticks / 100


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


def _note_sockets(lab: Lab, phone: Phone, way: Way, direction: str, after: float) -> None:
    """Have the sender write down its sockets' counters just before the flow ends."""
    machine, prefix, sockets = _sender(lab, phone, way, direction)
    machine.succeed(
        "systemctl stop bench-sample 2>/dev/null; systemd-run --quiet --collect"
        f" --unit=bench-sample sh -c 'sleep {after};"
        f' {prefix}ss -tinH "{sockets}" > /run/bench-sample\''
    )


ENOUGH = 100_000
"""Bytes that a sender must have sent before its counters say something."""


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


def _start_neighbours(world: Machine, phone: Phone, number: int, seconds: int) -> None:
    """Begin downloads on the same line that use no VPN, from a site on cubic."""
    host = SITES["direct"].host
    world.succeed(
        f"ip netns exec {phone.namespace} ip route replace {host} via {phone.router};"
        " rm -f /run/neighbours; systemd-run --quiet --collect --unit=neighbours "
        + phone.on_phone(
            f"iperf3 --client {host} --port {NEIGHBOURS_PORT} --reverse"
            f" {FINE} --parallel {number} --time {seconds} --omit {OMIT + 1} --json"
            " > /run/neighbours.new;"
            " mv /run/neighbours.new /run/neighbours"
        )
    )
    world.wait_until_succeeds(
        f"test $(ip netns exec web ss -Htn state established sport = :{NEIGHBOURS_PORT} | wc -l)"
        f" -gt {number}"
    )


def _neighbours(world: Machine) -> list[float]:
    """Return what each of them got, Mbit/s, in ascending order."""
    world.wait_until_succeeds("test -s /run/neighbours")
    streams = iperf.read(world.read("/run/neighbours"))["end"]["streams"]
    return sorted(round(stream["receiver"]["bits_per_second"] / 1e6, 3) for stream in streams)
