"""``pulumi up`` is over when the gateway answers IKE from outside, and red if it does not.

Azure calls a machine created before its guest has even started to set itself up, and never
hears that this failed. ADR 10 says why the program waits, and not a resource.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any

import pulumi

from gateway import probe
from gateway.config import GatewayConfig
from gateway.gateway import Gateway

REPORT_EVERY = 15.0
"""Seconds between two lines about the wait. Without a terminal Pulumi prints each."""


class NotReady(pulumi.RunError):
    """The gateway did not answer in time. Pulumi shows the text, without a traceback."""


def wait(gateway: Gateway, config: GatewayConfig) -> None:
    """Let this run of the program end only when the gateway answers.

    Returns at once; Pulumi awaits the rest when all resources are there and the stack's
    outputs are saved. Does nothing in a preview, nor if ``readyTimeout`` is 0.
    """
    if pulumi.runtime.is_dry_run() or not config.ready_timeout:
        return

    def begin(known: Sequence[Any]) -> Awaitable[bool]:
        address, vm = known
        return _wait(gateway, config, address, vm)

    # Both are known only once the machine exists, so nothing is asked before.
    _: pulumi.Output[bool] = pulumi.Output.all(gateway.address, gateway.vm_id).apply(begin)


async def _wait(gateway: Gateway, config: GatewayConfig, address: str | None, vm: str) -> bool:
    """Ask the address, not the name: what a resolver still remembers says nothing."""
    host = address or config.server
    pulumi.log.info(
        f"waiting until the gateway answers IKE at {host}: at most {config.ready_timeout} min"
        " (readyTimeout). A new machine installs its packages and restarts first",
        gateway,
    )
    said = 0.0
    rounds = probe.rounds(host, config.ready_timeout * 60, probe.IKE_PORT)
    # In a thread, since a probe blocks: whatever else Pulumi has to do goes on meanwhile.
    while one := await asyncio.to_thread(next, rounds, None):
        if one.verdict.alive:
            pulumi.log.info(f"{one.verdict} (after {probe.clock(one.waited)})", gateway)
            return True
        last = one
        if one.waited - said >= REPORT_EVERY:
            said = one.waited
            # The times first: a terminal cuts the line where its width ends.
            text = f"waited {probe.clock(one.waited)}, {probe.clock(one.left)} left; {one.verdict}"
            pulumi.log.info(text, gateway, ephemeral=True)
    raise NotReady(explanation(last, config, vm))


_CAUSES = {
    probe.Outcome.SILENCE: "its first start failed or is not over yet, or this network lets no"
    " UDP 500 out (some companies' and CI networks don't)",
    probe.Outcome.REFUSED: "the machine is up but its guest was never set up (cloud-init failed),"
    " so that nothing listens",
    probe.Outcome.GARBAGE: "something between here and there answers in its place, such as a"
    " hotspot's login page or a filter",
    probe.Outcome.UNREACHABLE: "this computer has no way to the internet, or its firewall refuses"
    " UDP 500",
    probe.Outcome.NO_NAME: "this computer has no working resolver",
}


def explanation(last: probe.Round, config: GatewayConfig, vm: str) -> str:
    """One line for the one who waited in vain: what, the likely cause, the next command.

    Args:
        last: the round after which time was up.
        vm: Azure's resource id. Spelt out, so that the command can be copied.
    """
    cause = _CAUSES[last.verdict.outcome]
    if config.shutdown_time and last.verdict.outcome is probe.Outcome.SILENCE:
        cause += f"; or shutdownTime stopped the machine (az vm start --ids {vm})"
    return (
        f"the gateway was created but is not ready: {last.verdict} (asked for"
        f" {probe.clock(last.waited)}, readyTimeout {config.ready_timeout} min). Likely cause:"
        f" {cause}. See what its console says, FAIL above all:"
        f" az vm boot-diagnostics get-boot-log --ids {vm}"
        f" — then pulumi up waits again; from another network,"
        f" python -m gateway.probe {config.server} asks by hand"
    )
