"""Carries a load, and sees what goes on beside it: pings, the sender's own counters, the gateway's
processor time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lab.machines.machine import Machine
from lab.phones.reach import Reach, Sender

COUNTERS = "/run/bench-sample"
ENOUGH = 100_000
"""Bytes that a sender must have sent before its counters say something."""


@dataclass(frozen=True)
class Load:
    """What a phone does on its line."""

    word: str
    """What its command says before the result."""
    command: str
    timeout: float
    """Seconds until it must have ended."""
    ends: float | None = None
    """Seconds after which it ends, of flows whose sender's counters are wanted."""
    omit: float = 0
    """Seconds at its start that don't count."""


class Seen(NamedTuple):
    """What a load said, and what was seen beside it."""

    said: str
    rtts: list[float]
    """Round trips, ms, in their order."""
    busy: float
    """Processor time of the gateway, s."""
    counters: dict[str, float | None]
    """The sender's, by `counters`."""


class Carried(NamedTuple):
    """What a load came to."""

    size: float
    """Bytes."""
    seen: Seen
    goodput: float = 0
    """Mbit/s, of a flow or a download."""
    times: Sequence[float] = ()
    """Of each page, s."""


def carry(reach: Reach, load: Load) -> Seen:
    """Carry a load, and return what it said and what was seen.

    Raises:
        ExpectationFailed: it could not be carried.
    """
    if load.ends:
        note_counters(reach.sender, load.ends - 1)
    before = busy_seconds(reach.gateway)
    output = reach.phone.run(with_ping(reach.site.pinged, load.command), load.timeout)
    busy = busy_seconds(reach.gateway) - before
    counted = counters(reach.sender) if load.ends else {}
    return Seen(said_after(load.word, output), round_trips(output, load.omit), busy, counted)


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
