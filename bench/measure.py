"""One measurement: load on the line, and what is seen beside it."""

from __future__ import annotations

import re

from bench.loads import OMIT, Carried, bulk, https
from bench.plan import Comparison
from bench.records import Value
from bench.switch import SHADOWSOCKS_PORT, SITES
from bench.ways import Way
from lab.lab import Lab
from lab.machines.machine import Machine
from lab.phones import page
from lab.phones.downloads import FINE
from lab.phones.phone import Phone
from lab.world.sites import NEIGHBOURS_PORT, PORTS


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
    carried, output = _carry(phone, way, comparison, seconds)
    busy = busy_seconds(lab.gateway) - before
    figures: dict[str, Value] = {
        "goodput_mbps": round(carried.goodput, 3),
        "rtts_ms": round_trips(output, 0 if case.load == "page" else OMIT),
        "cpu_s_per_gb": round(busy / (carried.size / 1e9), 1) if carried.size else None,
        "load_time_s": round(carried.load_time, 2) if carried.load_time else None,
    }
    if case.load == "bulk":
        machine, _, _ = _sender(lab, phone, way, case.direction)
        figures |= of_sockets(machine.read("/run/bench-sample"))
    if neighbours:
        figures["neighbours_mbps"] = _neighbours(lab.world)
    return figures


def _carry(phone: Phone, way: Way, comparison: Comparison, seconds: int) -> tuple[Carried, str]:
    """Return what the load says for itself, and all that the phone said."""
    case, site = comparison.case, SITES[way.transport]
    if case.load == "https":
        output = phone.run(_with_ping(site.pinged, https.command(site.host, OMIT + seconds)), 300)
        return https.read(_after("HTTPS", output), way.quic), output
    if case.load == "page":
        output = phone.run(_with_ping(site.pinged, page.command(site.host)), 900)
        took, size = page.read(_after("PAGE", output))
        goodput = size / page.PAGES * 8 / took / 1e6
        return Carried(goodput=goodput, size=size, load_time=took), output
    command = bulk.command(site.host, case.flows, case.direction, seconds)
    output = phone.run(_with_ping(site.pinged, command), seconds + 120)
    return bulk.read(_after("IPERF", output), case.direction, seconds), output


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
        return lab.gateway, "", "dst 10.2.2.0/24"
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
    streams = bulk.parse(world.read("/run/neighbours"))["end"]["streams"]
    return sorted(round(stream["receiver"]["bits_per_second"] / 1e6, 3) for stream in streams)
