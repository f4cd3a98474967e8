"""What goes on beside a load: pings, neighbours on the same line, the sender's own counters."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lab.machines.machine import Machine
from lab.phones import iperf
from lab.phones.phone import Phone
from lab.world.sites import NEIGHBOURS_PORT
from lab.world.topology import WEB

COUNTERS = "/run/bench-sample"
ENOUGH = 100_000
"""Bytes that a sender must have sent before its counters say something."""


@dataclass(frozen=True)
class Sender:
    """Who sends into the phone's line."""

    machine: Machine
    namespace: str
    """Where on the machine; empty: not in one."""
    sockets: str
    """Which of its sockets, as ss filters them."""


class Carried(NamedTuple):
    """What a load came to."""

    goodput: float
    """Mbit/s."""
    size: float
    """Bytes."""
    times: Sequence[float] = ()
    """Of each page, s."""


@dataclass(frozen=True)
class Load:
    """What a phone does on its line."""

    word: str
    """What its command says before the result."""
    command: str
    timeout: float
    """Seconds until it must have ended."""
    read: Callable[[str], Carried]
    """Reads the result, and raises `ExpectationFailed` if there is none."""
    ends: float | None = None
    """Seconds after which it ends, of flows whose sender's counters are wanted."""
    omit: float = 0
    """Seconds at its start that don't count."""


class Neighbours(NamedTuple):
    """Who downloads beside a load."""

    number: int
    seconds: int
    """That count, after those that are omitted."""
    omit: int


class Seen(NamedTuple):
    """What a load came to, and what was seen beside it."""

    carried: Carried
    rtts: list[float]
    """Round trips, ms, in their order."""
    busy: float
    """Processor time of the gateway, s."""
    counters: dict[str, float | None]
    """The sender's, by `counters`."""
    neighbours: list[float]
    """What each of them got, Mbit/s, in ascending order."""


def carry(
    load: Load, phone: Phone, pinged: str, sender: Sender, gateway: Machine, others: Neighbours
) -> Seen:
    """Carry a load, and return what was seen.

    Raises:
        ExpectationFailed: it could not be carried.
    """
    if others.number:
        start_neighbours(phone, others)
    if load.ends:
        note_counters(sender, load.ends - 1)
    before = busy_seconds(gateway)
    output = phone.run(with_ping(pinged, load.command), load.timeout)
    carried = load.read(said_after(load.word, output))
    busy = busy_seconds(gateway) - before
    rtts = round_trips(output, load.omit)
    counted = counters(sender) if load.ends else {}
    return Seen(carried, rtts, busy, counted, neighbours(phone.world) if others.number else [])


def with_ping(host: str, command: str) -> str:
    """Returns the phone's command with a ping five times a second beside it: 0.1 % of a slow
    line, no more."""
    return (
        f"ping -n -i 0.2 {host} > /tmp/ping & ping=$!; {{ {command}; }}; status=$?;"
        " kill -INT $ping; wait $ping; echo; echo PING; cat /tmp/ping; exit $status"
    )


def said_after(word: str, output: str) -> str:
    """Returns what the load said after this word, without what ping said."""
    return output.partition(f"{word}\n")[2].partition("\nPING\n")[0].strip()


def round_trips(output: str, omit: float) -> list[float]:
    """Returns what ping saw after so many seconds, ms, in its order."""
    found = re.findall(r"icmp_seq=(\d+) .*time=([\d.]+) ms", output.rpartition("\nPING\n")[2])
    return [float(rtt) for number, rtt in found if int(number) * 0.2 > omit]


def busy_seconds(machine: Machine) -> float:
    """Returns the processor time that a machine has spent since it started, s."""
    _, user, nice, system, _, _, irq, softirq, *_ = machine.succeed("head -n 1 /proc/stat").split()
    ticks = sum(map(int, (user, nice, system, irq, softirq)))
    return ticks / 100


def note_counters(sender: Sender, after: float) -> None:
    """Have a sender write down its sockets' counters, just before its flow ends."""
    where = f"ip netns exec {sender.namespace} " if sender.namespace else ""
    sender.machine.execute("systemctl stop bench-sample 2>/dev/null")
    sender.machine.start_unit(
        "bench-sample", f'sleep {after}; {where}ss -tinH "{sender.sockets}" > {COUNTERS}'
    )


def counters(sender: Sender) -> dict[str, float | None]:
    """Returns what ss saw of the sender's flows: the share that was sent again, the rate that it
    believes in, and its least round trip; None where that can't be said."""
    told = sender.machine.read(COUNTERS)

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


def start_neighbours(phone: Phone, neighbours: Neighbours) -> None:
    """Begin downloads on the same line that use no VPN, from a site on cubic."""
    number, seconds, omit = neighbours
    phone.run(f"ip route replace {WEB} via {phone.router}; rm -f /run/neighbours")
    phone.host.start_unit(
        "neighbours",
        f"iperf3 --client {WEB} --port {NEIGHBOURS_PORT} --reverse"
        f" {iperf.FINE} --parallel {number} --time {seconds} --omit {omit} --json"
        " > /run/neighbours.new; mv /run/neighbours.new /run/neighbours",
    )
    phone.world.wait_until_succeeds(
        f"test $(ip netns exec web ss -Htn state established sport = :{NEIGHBOURS_PORT} | wc -l)"
        f" -gt {number}"
    )


def neighbours(world: Machine) -> list[float]:
    """Returns what each of them got, Mbit/s, in ascending order."""
    world.wait_until_succeeds("test -s /run/neighbours")
    streams = iperf.read(world.read("/run/neighbours"))["end"]["streams"]
    return sorted(round(stream["receiver"]["bits_per_second"] / 1e6, 3) for stream in streams)
