"""The phone's access link: what a line at lunch does to packets, in the world's kernel."""

from __future__ import annotations

from dataclasses import dataclass

from lab.machine import Machine


@dataclass(frozen=True)
class Link:
    """Downlink; the uplink has the same delay and neither loss nor limit."""

    rate: float
    """Mbit/s."""
    delay: float
    """One way, ms."""
    queue: float
    """What the limiter holds back before it drops, ms."""
    loss: float
    """Random, per cent of packets, before the limiter."""


def impose(world: Machine, link: Link) -> None:
    """Make the link between carrier and phone like this.

    Delay and loss on one hop, rate on the next: one qdisc for both would count what waits
    for its delay against the limiter's queue. netem's own limit stays far above both.
    """
    netem = f"netem delay {link.delay}ms limit 20000"
    world.succeed(
        f"tc qdisc replace dev carrier root {netem} loss {link.loss}%"
        f" && ip netns exec carrier tc qdisc replace dev internet root {netem}"
        " && ip netns exec carrier tc qdisc replace dev phone root"
        f" tbf rate {link.rate}mbit burst 32k latency {link.queue}ms"
    )


def release(world: Machine) -> None:
    """A link without delay, loss or limit again."""
    world.succeed(
        "tc qdisc delete dev carrier root; ip netns exec carrier tc qdisc delete dev internet root;"
        " ip netns exec carrier tc qdisc delete dev phone root"
    )
