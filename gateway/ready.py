"""``pulumi up`` is over when the gateway answers IKE from outside on both ports that phones
need, UDP 500 and 4500, and red if it does not.

Azure calls a machine created before its guest has even started to set itself up, and never
hears that this failed. ADR 10 says why the program waits, and not a resource.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

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
    shown = _Shown({vm: "ID", config.server: "SERVER", host: "ADDRESS"})
    pulumi.log.info(
        f"waiting until the gateway answers IKE at {shown(host)}: at most {config.ready_timeout}"
        " min (readyTimeout). A new machine installs its packages and restarts first",
        gateway,
    )
    asking = _Asking(gateway, (probe.IKE_PORT, probe.NAT_PORT), shown)
    heard = await asking.until_all_answer(host, config.ready_timeout * 60)
    if not all(one.verdict.alive for one in heard.values()):
        raise NotReady(shown(explanation(heard, config, vm)))
    (_, first), *others = heard.items()
    also = "".join(f"; so does UDP {port}" for port, _ in others)
    waited = probe.clock(max(one.waited for one in heard.values()))
    pulumi.log.info(shown(f"{first.verdict}{also} (after {waited})"), gateway)
    return True


@dataclass(frozen=True)
class _Shown:
    """What may stand in a log. A workflow's is everybody's to read, so that it holds words in the
    place of where the gateway is, and of the subscription in a resource's id."""

    words: Mapping[str, str]

    def __call__(self, text: str) -> str:
        if os.environ.get("CI", "").lower() in ("", "0", "false"):
            return text
        for name, word in self.words.items():
            text = text.replace(name, word)
        return text


@dataclass
class _Asking:
    """Asks all ports at the same time, each until it answers: a phone begins on one, and finds the
    other as soon as it knows of a NAT, of which Azure's is one."""

    gateway: Gateway
    ports: tuple[int, ...]
    shown: _Shown
    _heard: dict[int, probe.Round] = field(default_factory=dict)
    """Of each port the latest."""
    _said: float = 0.0

    async def until_all_answer(self, host: str, seconds: float) -> Mapping[int, probe.Round]:
        """Returns the last round of each port, in their order; after ``seconds`` at the latest."""
        await asyncio.gather(*(self._ask(host, seconds, port) for port in self.ports))
        return {port: self._heard[port] for port in self.ports}

    async def _ask(self, host: str, seconds: float, port: int) -> None:
        rounds = probe.rounds(host, seconds, port)
        # In a thread, since a probe blocks: whatever else Pulumi has to do goes on meanwhile.
        while one := await asyncio.to_thread(next, rounds, None):
            self._heard[port] = one
            self._report()

    def _report(self) -> None:
        """Report the first port that is still silent."""
        known = [self._heard[port] for port in self.ports if port in self._heard]
        one = next((one for one in known if not one.verdict.alive), None)
        if one and one.waited - self._said >= REPORT_EVERY:
            self._said = one.waited
            # The times first: a terminal cuts the line where its width ends.
            text = f"waited {probe.clock(one.waited)}, {probe.clock(one.left)} left; {one.verdict}"
            pulumi.log.info(self.shown(text), self.gateway, ephemeral=True)


_CAUSES = {
    probe.Outcome.SILENCE: "its first start failed or is not over yet, or this network lets no"
    " UDP 500 out (some companies' and CI networks don't)",
    probe.Outcome.REFUSED: "a firewall on the way refuses UDP 500; or the machine is up, and its"
    " guest was never set up (cloud-init failed), so that nothing listens",
    probe.Outcome.GARBAGE: "something between here and there answers in its place, such as a"
    " hotspot's login page or a filter",
    probe.Outcome.UNREACHABLE: "this computer has no way to the internet, or its firewall refuses"
    " UDP 500",
    probe.Outcome.NO_NAME: "this computer has no working resolver",
}


def explanation(heard: Mapping[int, probe.Round], config: GatewayConfig, vm: str) -> str:
    """Return one line for the one who waited in vain: what, the likely cause, the next command.

    Args:
        heard: of each port the last round; at least one of them brought no answer.
        vm: Azure's resource id. Spelt out, so that the command can be copied.
    """
    answering = [port for port, one in heard.items() if one.verdict.alive]
    silent = [port for port in heard if port not in answering]
    last = heard[silent[0]]
    asked = f"asked for {probe.clock(last.waited)}, readyTimeout {config.ready_timeout} min"
    by_hand = f"from another network, python -m gateway.probe {config.server}"
    if answering:
        said = _half_shut(answering[0], silent[0], f"{last.verdict} ({asked})")
        text = f"{said}; {by_hand} --port {silent[0]} asks by hand"
    else:
        said = _shut(last.verdict, f"on UDP {silent[-1]} neither; {asked}", config, vm)
        text = f"{said}; {by_hand} asks by hand"
    return f"the gateway was created but is not ready: {text}"


def _half_shut(answering: int, silent: int, verdict: str) -> str:
    return (
        f"UDP {answering} answers and UDP {silent} does not; phones need both. {verdict}. Likely"
        f" cause: a rule of the NSG or a router's port forwarding for UDP {silent} is missing, or"
        f" this network lets none out. {_words().refresh} puts the NSG's rules back and waits again"
    )


def _shut(verdict: probe.Verdict, asked: str, config: GatewayConfig, vm: str) -> str:
    cause = _CAUSES[verdict.outcome]
    if config.shutdown_time and verdict.outcome is probe.Outcome.SILENCE:
        cause += f"; or shutdownTime stopped the machine (az vm start --ids {vm})"
    return (
        f"{verdict} ({asked}). Likely cause: {cause}. See what its console says, FAIL or waiting:"
        f" {_words(vm).console} — then {_words().up} waits again"
    )


class _Words(NamedTuple):
    """Commands, as the one who reads about them types them."""

    up: str
    refresh: str
    console: str


def _words(vm: str = "") -> _Words:
    """Return make's words for who came by `make up`: Pulumi's would look for another stack."""
    if os.environ.get("LUNCH_GATEWAY_CALLER") == "make":
        stack = f"STACK={pulumi.get_stack()}"
        return _Words(f"make up {stack}", f"make up REFRESH=yes {stack}", f"make logs {stack}")
    console = f"az vm boot-diagnostics get-boot-log --ids {vm}"
    return _Words("pulumi up", "pulumi refresh, then pulumi up,", console)
