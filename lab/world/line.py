"""The phone's line and the way to the gateway: what happens to packets, in the
world's kernel."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields

from lab.machines.machine import Machine
from lab.world.topology import PRIVATE_ADDRESS, SITE

SITE_DELAY = 5
"""One way, ms, from whoever asks to the site: sites sit in delivery networks nearby."""

GATEWAY_AT = {"near": 5, "far": 55}
"""One way, ms, from the operator to the gateway: one in Japan East, one in West US 2."""


LEAST = {"rate": 0.05, "uplink": 0.05, "tcp_rate": 0.05, "queue": 1, "burst": 2, "in_a_row": 1}
"""What a line's numbers must be at least: tc refuses no queue and no burst, and a burst that
holds no packet lets nothing through."""
BELOW_ALL = ("loss", "uplink_loss", "reorder", "varies")
"""Of these a hundred per cent would be no line."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line, as it is downwards. Upwards it has the same delay and queue, and its own rate."""

    rate: float
    """Mbit/s."""
    delay: float
    """One way, ms."""
    queue: float = 50
    """What the limiter holds back before it drops, ms; nothing where there is a burst."""
    loss: float = 0
    """Per cent of packets, at random, before the limiter."""
    in_a_row: float = 1
    """So many are lost one after the other, on average: of more than one, when is at random
    (Gilbert and Elliott's model: nothing passes in a bad state, everything in a good one)."""
    reorder: float = 0
    """Per cent of packets that don't wait for the delay, and overtake what does."""
    jitter: float = 0
    """The delay varies by it, ms; packets may overtake each other."""
    burst: float | None = None
    """KB that a policer lets through at once before it drops. None: a queue instead."""
    tcp_rate: float | None = None
    """Mbit/s for TCP, where the operator tells it from the rest. None: one rate for all."""
    uplink: float = 10
    """Mbit/s."""
    uplink_loss: float = 0
    """Per cent of packets, at random, behind the uplink's limiter."""
    varies: float = 0
    """Per cent that the rate may be above or below its mean; it is another one each second."""

    def __post_init__(self) -> None:
        """Refuse what tc would refuse, or what lets nothing through.

        Raises:
            ValueError: names the number, and what was expected.
        """
        for each in fields(Line):
            least, value = LEAST.get(each.name, 0), getattr(self, each.name)
            if value is not None and not least <= value <= 10_000:
                raise ValueError(f"{each.name} must be from {least} to 10000, not {value:g}")
        if whole := [name for name in BELOW_ALL if getattr(self, name) >= 100]:
            raise ValueError(f"{whole[0]} must be below 100 per cent")
        if self.in_a_row > 1 and self.loss > 50:
            raise ValueError("loss must be at most 50 per cent where it comes in_a_row")
        if self.varies and (self.burst is not None or self.tcp_rate is not None):
            raise ValueError("varies goes with neither burst nor tcp_rate")
        if self.burst is not None and self.tcp_rate is not None:
            raise ValueError("burst and tcp_rate don't go together")

    def __str__(self) -> str:
        """Returns what a line without a name is called: the numbers that define it."""
        numbers = ((each.name, getattr(self, each.name), each.default) for each in fields(Line))
        return ",".join(f"{name}={value:g}" for name, value, usual in numbers if value != usual)


def impose(world: Machine, line: Line, gateway_at: str | None = None, seed: int = 1) -> None:
    """Make the line between carrier and phone like this, and the gateway as far as
    `gateway_at` says (a key of `GATEWAY_AT`; None: next door, and the sites too).

    Delay and loss on one hop, rate on another: one qdisc for both would count what waits
    for its delay against the limiter's queue. netem's own limit stays far above both.
    Losses of the same seed are the same.
    """
    far = GATEWAY_AT[gateway_at] if gateway_at else 0
    site = SITE_DELAY if gateway_at else 0
    queue = f"burst {_burst(line.uplink)} latency {line.queue}ms"
    commands = [
        *_losses(line, gateway_at, seed),
        *_limiter(line),
        f"{_CARRIER} qdisc replace dev internet root tbf rate {line.uplink}mbit {queue}",
        _netem("web", "internet", f"delay {site}ms"),
        _netem("azure", "internet", f"delay {far}ms"),
        _netem("azure", "site", f"delay {site}ms"),
        _netem("site", "azure", f"delay {site}ms"),
    ]
    world.succeed(" && ".join([*_one_packet_each(), *commands]))
    _vary(world, line, seed)


def reseed(world: Machine, line: Line, gateway_at: str, seed: int) -> None:
    """Have what chance decides on a line that is imposed begin again."""
    losses = _losses(line, gateway_at, seed)
    world.succeed(" && ".join(each for each in losses if " seed " in each))
    if line.varies:
        world.stop_unit(VARIES)
        _vary(world, line, seed)


def release(world: Machine) -> None:
    """Make every cable one without delay, loss or limit again."""
    world.succeed(
        "; ".join(
            f"ip netns exec {host} tc qdisc delete dev {device} root 2>/dev/null"
            for host, device in _CABLES
        )
        + "; ip netns exec carrier tc qdisc delete dev phone clsact 2>/dev/null"
        + f"; systemctl stop {VARIES} 2>/dev/null; true"
    )


@contextmanager
def other_ports(world: Machine) -> Iterator[None]:
    """Have the carrier's NAT forget who had which port, and give out others meanwhile."""
    reset = "ip netns exec carrier nft flush chain ip carrier postrouting"
    forget = "ip netns exec carrier conntrack -F"
    # As lab/world/files/up has it. What has no ports is all the rest, such as ping.
    usual = 'add rule ip carrier postrouting oifname "internet" masquerade'
    others = usual.replace("masquerade", "meta l4proto { tcp, udp } masquerade to :40000-49999")
    world.succeed(f"{reset} && ip netns exec carrier nft '{others}; {usual}' && {forget}")
    try:
        yield
    finally:
        world.succeed(f"{reset} && ip netns exec carrier nft '{usual}' && {forget}")


@contextmanager
def narrow(world: Machine, mtu: int) -> Iterator[None]:
    """Have packets above so many bytes vanish between gateway and site, both ways and without a
    word, as on paths whose ICMP is filtered."""
    azure, by_source = "ip netns exec azure", f"from {SITE} lookup 9"
    silence = "type filter hook output priority filter; icmp type destination-unreachable drop"
    world.succeed(
        f"{azure} nft 'table ip narrow {{ chain output {{ {silence}; }}; }}'"
        f" && {azure} ip route replace {SITE} dev site mtu {mtu}"
        f" && {azure} ip route replace {PRIVATE_ADDRESS} dev vnet mtu {mtu} table 9"
        # Phones' packets are the tunnel's affair.
        f" && {azure} ip rule add {by_source}"
    )
    try:
        yield
    finally:
        undo = (f"rule delete {by_source}", f"route delete {SITE} dev site")
        world.succeed("; ".join(f"{azure} ip {each}" for each in undo))
        world.succeed(f"{azure} nft destroy table ip narrow")


_CABLES = (
    ("internet", "carrier"),
    ("carrier", "internet"),
    ("carrier", "phone"),
    ("phone", "carrier"),
    ("internet", "web"),
    ("web", "internet"),
    ("internet", "azure"),
    ("azure", "internet"),
    ("azure", "site"),
    ("site", "azure"),
)
"""Each is a host and the name of its end of the cable."""


_CARRIER = "ip netns exec carrier tc"


def _one_packet_each() -> list[str]:
    """Returns what keeps a "packet" that netem loses from being up to 64 KB of TCP at once."""
    return [
        f"ip netns exec {host} ethtool -K {device} tso off gso off gro off"
        for host, device in _CABLES
    ]


def _losses(line: Line, gateway_at: str | None, seed: int) -> list[str]:
    """Returns what loses and delays, down and up. Beyond the uplink's limiter its delay and loss
    can only be on the hops that follow."""
    far = GATEWAY_AT[gateway_at] if gateway_at else 0
    site = SITE_DELAY if gateway_at else 0
    lost = f"loss {line.loss}%"
    if line.in_a_row > 1:
        # From good to bad, and back, so that the mean is the line's.
        back = 1 / line.in_a_row
        lost = f"loss gemodel {back * line.loss / (1 - line.loss / 100):.6g}% {100 * back:.6g}%"
    late = f"delay {line.delay}ms {line.jitter}ms"
    late += f" reorder {line.reorder}%" if line.reorder else ""
    up = f"ms loss {line.uplink_loss}% seed {seed}" if line.uplink_loss else "ms"
    return [
        _netem("internet", "carrier", f"{late} {lost} seed {seed}"),
        _netem("internet", "web", f"delay {line.delay + site}{up}"),
        _netem("internet", "azure", f"delay {line.delay + far}{up}"),
    ]


VARIES = "line-varies"


def _vary(world: Machine, line: Line, seed: int) -> None:
    """Have the rate be another each second, if it varies: as much above its mean as below it the
    next second, so that a measurement of some seconds meets the mean."""
    if not line.varies:
        return
    dice = random.Random(seed)  # noqa: S311 - the same each time
    parts = [dice.uniform(0, line.varies / 100) for _ in range(60)]
    rates = [line.rate * (1 + sign * part) for part in parts for sign in (1, -1)]
    burst = _burst(max(rates))
    change = f"{_CARRIER} qdisc change dev phone root tbf rate $rate burst {burst}"
    each = " ".join(f"{rate:.3f}mbit" for rate in rates)
    loop = f"for rate in {each}; do {change} latency {line.queue}ms; sleep 1; done"
    world.start_unit(VARIES, f"while :; do {loop}; done")


def _netem(host: str, device: str, what: str) -> str:
    # netem without delay, loss or limit is no obstacle; so every line has the same hops.
    return f"ip netns exec {host} tc qdisc replace dev {device} root netem {what} limit 20000"


def _burst(rate: float) -> int:
    """Returns how many bytes a shaper may send at once: three packets, or what its timer, late by
    some ms under emulation, must catch up on. What is more than that lets BBR believe in a
    faster line, and a queue stands (measured: docs/results/2026-11-adr-8.md)."""
    return max(4_542, round(rate * 1e6 / 8 * 0.004))


def _limiter(line: Line) -> list[str]:
    """Returns what limits between the carrier and the phone, instead of whatever was there."""
    wipe = [
        f"{{ {_CARRIER} qdisc delete dev phone {place} 2>/dev/null; true; }}"
        for place in ("clsact", "root")
    ]
    wipe.append(f"{{ systemctl stop {VARIES} 2>/dev/null; true; }}")
    if line.burst is not None:
        police = f"police rate {line.rate}mbit burst {line.burst * 1000:.0f} conform-exceed drop"
        return [
            *wipe,
            f"{_CARRIER} qdisc add dev phone clsact",
            f"{_CARRIER} filter add dev phone egress matchall action {police}",
        ]
    if line.tcp_rate is not None:
        return [*wipe, *_per_protocol(line, line.tcp_rate)]
    shape = f"tbf rate {line.rate}mbit burst {_burst(line.rate)} latency {line.queue}ms"
    return [*wipe, f"{_CARRIER} qdisc add dev phone root {shape}"]


TWO_PACKETS = 3_028
"""Bytes. A bfifo that holds less than one lets nothing through."""


def _per_protocol(line: Line, tcp_rate: float) -> list[str]:
    commands = [f"{_CARRIER} qdisc add dev phone root handle 1: htb default 20"]
    for minor, rate in (10, tcp_rate), (20, line.rate):
        queue = max(TWO_PACKETS, round(rate * 1e6 / 8 * line.queue / 1000))
        shape = f"htb rate {rate}mbit burst {_burst(rate)}"
        commands += [
            f"{_CARRIER} class add dev phone parent 1: classid 1:{minor} {shape}",
            f"{_CARRIER} qdisc add dev phone parent 1:{minor} bfifo limit {queue}",
        ]
    is_tcp = "u32 match ip protocol 6 0xff flowid 1:10"
    return [*commands, f"{_CARRIER} filter add dev phone parent 1: protocol ip {is_tcp}"]
