"""What goes on beside a load: pings, neighbours on the same line, the sender's own counters."""

from __future__ import annotations

import re

from lab.machines.machine import Machine
from lab.phones import iperf
from lab.phones.phone import Phone
from lab.world.sites import NEIGHBOURS_PORT
from lab.world.topology import WEB

COUNTERS = "/run/bench-sample"


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


def note_counters(machine: Machine, where: str, sockets: str, after: float) -> None:
    """Have a sender write down its sockets' counters, just before its flow ends."""
    machine.execute("systemctl stop bench-sample 2>/dev/null")
    machine.start_unit("bench-sample", f'sleep {after}; {where}ss -tinH "{sockets}" > {COUNTERS}')


def start_neighbours(phone: Phone, number: int, seconds: int, omit: int) -> None:
    """Begin downloads on the same line that use no VPN, from a site on cubic."""
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
