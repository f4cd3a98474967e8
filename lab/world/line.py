"""The phone's line and the way to the gateway: what happens to packets, in the
world's kernel."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields

from lab.machines.machine import Machine
from lab.world.topology import PRIVATE_ADDRESS, SITE

SITE_DELAY = 5
"""One way, ms, from whoever asks to the site: sites sit in delivery networks nearby."""

GATEWAY_AT = {"near": 5, "far": 55}
"""One way, ms, from the operator to the gateway: one in Japan East, one in West US 2."""


LEAST = {"rate": 0.05, "uplink": 0.05, "tcp_rate": 0.05, "queue": 1, "burst": 2}
"""What a line's numbers must be at least: tc refuses no queue and no burst, and a burst that
holds no packet lets nothing through."""


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
    """Random, per cent of packets, before the limiter."""
    jitter: float = 0
    """The delay varies by it, ms; packets may overtake each other."""
    burst: float | None = None
    """KB that a policer lets through at once before it drops. None: a queue instead."""
    tcp_rate: float | None = None
    """Mbit/s for TCP, where the operator tells it from the rest. None: one rate for all."""
    uplink: float = 10
    """Mbit/s."""

    def __post_init__(self) -> None:
        """Refuse what tc would refuse, or what lets nothing through.

        Raises:
            ValueError: names the number, and what was expected.
        """
        for each in fields(Line):
            least, value = LEAST.get(each.name, 0), getattr(self, each.name)
            if value is not None and not least <= value <= 10_000:
                raise ValueError(f"{each.name} must be from {least} to 10000, not {value:g}")
        if self.loss >= 100:
            raise ValueError("loss must be below 100 per cent")
        if self.burst is not None and self.tcp_rate is not None:
            raise ValueError("burst and tcp_rate don't go together")


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
        _loss(line, seed),
        *_limiter(line),
        f"{_CARRIER} qdisc replace dev internet root tbf rate {line.uplink}mbit {queue}",
        # Beyond the uplink's limiter its delay can only be on the hops that follow.
        _netem("internet", "web", f"delay {line.delay + site}ms"),
        _netem("web", "internet", f"delay {site}ms"),
        _netem("internet", "azure", f"delay {line.delay + far}ms"),
        _netem("azure", "internet", f"delay {far}ms"),
        _netem("azure", "site", f"delay {site}ms"),
        _netem("site", "azure", f"delay {site}ms"),
    ]
    world.succeed(" && ".join([*_one_packet_each(), *commands]))


def reseed(world: Machine, line: Line, seed: int) -> None:
    """Have the losses of a line that is imposed begin again."""
    world.succeed(_loss(line, seed))


def release(world: Machine) -> None:
    """Make every cable one without delay, loss or limit again."""
    world.succeed(
        "; ".join(
            f"ip netns exec {host} tc qdisc delete dev {device} root 2>/dev/null"
            for host, device in _CABLES
        )
        + "; ip netns exec carrier tc qdisc delete dev phone clsact 2>/dev/null; true"
    )


@contextmanager
def other_ports(world: Machine) -> Iterator[None]:
    """Have the carrier's NAT forget who had which port, and give out others meanwhile."""
    rule = 'oifname "internet" meta l4proto { tcp, udp } masquerade'
    reset = "ip netns exec carrier nft flush chain ip carrier postrouting"
    forget = "ip netns exec carrier conntrack -F"
    change = f"{reset} && ip netns exec carrier nft 'add rule ip carrier postrouting {rule}%s'"
    world.succeed(f"{change % ' to :40000-49999'} && {forget}")
    try:
        yield
    finally:
        world.succeed(f"{change % ''} && {forget}")


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


def _loss(line: Line, seed: int) -> str:
    what = f"delay {line.delay}ms {line.jitter}ms loss {line.loss}% seed {seed}"
    return _netem("internet", "carrier", what)


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
