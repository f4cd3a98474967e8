"""One measurement: load on the line, and what is seen beside it."""

from __future__ import annotations

import json
import math
import re
import statistics
from dataclasses import dataclass
from typing import Any

from bench.loads import https
from bench.ways import SHADOWSOCKS_PORT, WAYS, Mode
from lab.lab import Lab
from lab.machines.machine import ExpectationFailed, Machine
from lab.phones import page
from lab.phones.downloads import FINE
from lab.phones.phone import Phone
from lab.world.sites import NEIGHBOURS_PORT, PORTS

OMIT = 3
"""Seconds at the start of a bulk flow that don't count; a page counts from its first."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What one measurement saw; None where it can't be seen."""

    goodput: float
    """Mbit/s."""
    load_time: float | None = None
    """s."""
    rtts: list[float]
    """ms, sorted."""
    retransmitted: float | None = None
    """Per cent of the bytes that the sender on the phone's line sent."""
    cpu_per_gb: float
    """Gateway's busy seconds per 10^9 bytes of payload."""
    neighbours: list[float] | None = None
    """Mbit/s each, sorted."""


def take_sample(
    lab: Lab,
    phone: Phone,
    mode: Mode,
    *,
    flows: int,
    direction: str,
    load: str,
    seconds: int,
    neighbours: int,
) -> Sample:
    """Load the line in this mode for so many seconds and look.

    Raises:
        ExpectationFailed: the load could not be carried.
    """
    way = WAYS[mode.way]
    if neighbours:
        _start_neighbours(lab.world, phone, neighbours, seconds)
    if load == "bulk":
        _sample_sender(lab, phone, mode, direction, OMIT + seconds - 1)
    size: float
    before = busy_seconds(lab.gateway)
    if load == "https":
        output = phone.run(_with_ping(way.pinged, https.command(way.host, OMIT + seconds)), 300)
        goodput, size = https.read(_after("HTTPS", output), mode.quic)
        load_time = None
    elif load == "page":
        output = phone.run(_with_ping(way.pinged, page.command(way.host)), 900)
        load_time, size = page.read(_after("PAGE", output))
        goodput = size / page.PAGES * 8 / load_time / 1e6
    else:
        command = _iperf(way.host, flows, direction, seconds)
        output = phone.run(_with_ping(way.pinged, command), seconds + 120)
        goodput, load_time = _received(_after("IPERF", output), direction), None
        size = goodput * 1e6 / 8 * (seconds + OMIT)
    busy = busy_seconds(lab.gateway) - before
    return Sample(
        goodput=round(goodput, 3),
        load_time=round(load_time, 2) if load_time else None,
        rtts=_rtts(output, 0 if load == "page" else OMIT),
        retransmitted=_retransmitted(lab, phone, mode, direction) if load == "bulk" else None,
        cpu_per_gb=round(busy / (size / 1e9), 1) if size else 0.0,
        neighbours=_neighbours(lab.world) if neighbours else None,
    )


def _iperf(host: str, flows: int, direction: str, seconds: int) -> str:
    reverse = "--reverse" if direction == "down" else "--get-server-output"
    return (
        f"echo IPERF; iperf3 --client {host} --port {PORTS['iperf']} {reverse} --parallel {flows}"
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


def _received(report: str, direction: str) -> float:
    """Mbit/s at the receiver, by its own clock: iperf3's sums set what has arrived, also
    what was under way in the end, against the time of the sender."""
    read = _read(report)
    receiver = read["server_output_json"] if direction == "up" else read
    counted = [each["sum"] for each in receiver["intervals"] if not each["sum"]["omitted"]]
    received, took = (sum(float(each[key]) for each in counted) for key in ("bytes", "seconds"))
    return received * 8e-6 / took


def _read(report: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(report)
    if "error" in read:
        raise ExpectationFailed(f"iperf3: {read['error']}")
    return read


def _rtts(output: str, omit: float) -> list[float]:
    found = re.findall(r"icmp_seq=(\d+) .*time=([\d.]+) ms", output.rpartition("\nPING\n")[2])
    return sorted(float(rtt) for number, rtt in found if int(number) * 0.2 > omit)


def busy_seconds(gateway: Machine) -> float:
    """Processor time that the gateway has spent since it started, s."""
    _, user, nice, system, _, _, irq, softirq, *_ = gateway.succeed("head -n 1 /proc/stat").split()
    ticks = sum(map(int, (user, nice, system, irq, softirq)))
    return ticks / 100


def _sender(lab: Lab, phone: Phone, mode: Mode, direction: str) -> tuple[Machine, str, str]:
    """Who sends into the phone's line: the machine, how its shell gets there, and which
    of its sockets."""
    if direction == "up":
        port = SHADOWSOCKS_PORT if mode.way == "shadowsocks" else PORTS["iperf"]
        return lab.world, f"ip netns exec {phone.namespace} ", f"dport = :{port}"
    if mode.split:
        return lab.gateway, "", "dst 10.2.2.0/24"
    if mode.way == "shadowsocks":
        return lab.gateway, "", f"sport = :{SHADOWSOCKS_PORT}"
    return lab.world, f"ip netns exec {WAYS[mode.way].namespace} ", f"sport = :{PORTS['iperf']}"


def _sample_sender(lab: Lab, phone: Phone, mode: Mode, direction: str, after: float) -> None:
    """Have the sender write down its sockets' counters just before the flow ends."""
    machine, prefix, sockets = _sender(lab, phone, mode, direction)
    machine.succeed(
        "systemctl stop bench-sample 2>/dev/null; systemd-run --quiet --collect"
        f" --unit=bench-sample sh -c 'sleep {after};"
        f' {prefix}ss -tinH "{sockets}" > /run/bench-sample\''
    )


def _retransmitted(lab: Lab, phone: Phone, mode: Mode, direction: str) -> float | None:
    machine, _, _ = _sender(lab, phone, mode, direction)
    sockets = machine.read("/run/bench-sample")
    sent = sum(map(int, re.findall(r"bytes_sent:(\d+)", sockets)))
    again = sum(map(int, re.findall(r"bytes_retrans:(\d+)", sockets)))
    return round(100 * again / sent, 2) if sent > 100_000 else None


def _start_neighbours(world: Machine, phone: Phone, number: int, seconds: int) -> None:
    """Downloads on the same line that use no VPN, from a site on cubic."""
    world.succeed(
        f"ip netns exec {phone.namespace} ip route replace {WAYS['direct'].host} via 192.168.43.1;"
        " rm -f /run/neighbours; systemd-run --quiet --collect --unit=neighbours "
        + phone.on_phone(
            f"iperf3 --client {WAYS['direct'].host} --port {NEIGHBOURS_PORT} --reverse"
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
    world.wait_until_succeeds("test -s /run/neighbours")
    streams = _read(world.read("/run/neighbours"))["end"]["streams"]
    return sorted(round(stream["receiver"]["bits_per_second"] / 1e6, 3) for stream in streams)


def median(values: list[float]) -> float | None:
    return round(statistics.median(values), 3) if values else None


def percentile(values: list[float], share: float) -> float | None:
    """Of sorted values, the nearest rank."""
    return values[max(0, math.ceil(share * len(values)) - 1)] if values else None
