"""An update ends when the gateway answers, and red when it does not."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator
from typing import Any

import pulumi
import pytest

from gateway import probe, ready
from gateway.probe import Outcome
from ops.pulumi import CALLER
from tests.gateway import program_run
from tests.gateway.program_run import PASSWORDS, PSK, SECRETS, Run, in_stack, run_program
from tests.gateway.responders import (
    OUR_GATEWAY,
    Answers,
    Responder,
    for_another,
    marked,
    only_from,
    responding,
    silence,
    unused_port,
)

VM = "/azure/lunch-gateway-vm"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine is this one, and a minute of waiting is a second."""
    monkeypatch.setattr(program_run, "ADDRESS", "127.0.0.1")
    monkeypatch.setattr(probe, "INTERVAL", 0.2)
    monkeypatch.setattr(ready, "REPORT_EVERY", 0.1)
    true_rounds = probe.rounds

    def rounds(host: str, seconds: float, port: int) -> Any:
        return true_rounds(host, seconds / 60, port, timeout=0.2)

    monkeypatch.setattr(probe, "rounds", rounds)


@contextlib.contextmanager
def gateway(
    monkeypatch: pytest.MonkeyPatch, answers: Answers, on_nat_port: Answers | None = None
) -> Iterator[tuple[Responder, Responder]]:
    """A machine that answers so on both ports, or on the second in another way."""
    with responding(answers) as ike, responding(marked(on_nat_port or answers)) as nat:
        monkeypatch.setattr(probe, "IKE_PORT", ike.port)
        monkeypatch.setattr(probe, "NAT_PORT", nat.port)
        yield ike, nat


def updated(
    monkeypatch: pytest.MonkeyPatch, answers: Answers, minutes: int = 1, **options: Any
) -> tuple[Run, int]:
    """A run of the program, and how many packets it sent."""
    with gateway(monkeypatch, answers) as ports:
        run = run_program({**SECRETS, "readyTimeout": str(minutes), **options})
        return run, sum(len(port.received) for port in ports)


def test_a_gateway_that_answers_ends_the_update(monkeypatch: pytest.MonkeyPatch) -> None:
    run, _ = updated(monkeypatch, OUR_GATEWAY, minutes=15)
    assert run.error is None
    begin, end = run.log
    assert begin.startswith(
        "INFO: waiting until the gateway answers IKE at 127.0.0.1: at most 15 min (readyTimeout)"
    )
    assert "answers IKE: IKEv1 accepts our proposal (SA)" in end
    assert re.search(rf"UDP {probe.IKE_PORT}: .*; so does UDP {probe.NAT_PORT} \(after 0 min", end)


def test_it_waits_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    run, _ = updated(monkeypatch, only_from(24, OUR_GATEWAY), minutes=10)
    assert run.error is None
    waiting = run.log[1:-1]
    assert len(waiting) >= 2
    for line in waiting:
        assert re.fullmatch(r"INFO: waited 0 min 0\d s, 0 min \d\d s left; .*silence: .*", line), (
            line
        )


@pytest.mark.parametrize(
    ("answers", "cause"),
    [(silence, "this network lets no UDP 500 out"), (for_another, "hotspot's login page")],
    ids=["silence", "garbage"],
)
def test_without_an_answer_it_ends_red(
    monkeypatch: pytest.MonkeyPatch, answers: Answers, cause: str
) -> None:
    run, _ = updated(monkeypatch, answers)
    assert isinstance(run.error, pulumi.RunError)
    message = str(run.error)
    assert "\n" not in message
    assert cause in message
    assert f"az vm boot-diagnostics get-boot-log --ids {VM}" in message
    assert "readyTimeout 1 min" in message
    assert re.search(r"python -m gateway\.probe lunch-gateway-dev-\S+ asks by hand", message)
    assert f"UDP {probe.IKE_PORT}: " in message
    assert f"on UDP {probe.NAT_PORT} neither" in message
    for secret in (PSK, *PASSWORDS.values()):
        assert secret not in message + "".join(run.log)


def test_who_came_by_make_is_told_makes_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pulumi's own would look for another stack, with another passphrase."""
    for name, value in CALLER.items():
        monkeypatch.setenv(name, value)
    run, _ = updated(monkeypatch, silence)
    message = str(run.error)
    assert "See what its console says, FAIL or waiting: make logs STACK=dev" in message
    assert "then make up STACK=dev waits again" in message
    with gateway(monkeypatch, OUR_GATEWAY, silence):
        run = run_program({**SECRETS, "readyTimeout": "2"})
    assert "make up REFRESH=yes STACK=dev puts the NSG's rules back" in str(run.error)
    for words in (message, str(run.error)):
        assert not re.search(r"\bpulumi (up|refresh|stack)", words)


def test_a_public_log_does_not_say_where_the_gateway_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor the subscription, which stands in a resource's id."""
    monkeypatch.setenv("CI", "true")
    good, _ = updated(monkeypatch, only_from(24, OUR_GATEWAY), minutes=10)
    bad, _ = updated(monkeypatch, silence, shutdownTime="13:30")
    said = "\n".join([*good.log, *bad.log, str(bad.error)])
    assert "waiting until the gateway answers IKE at ADDRESS" in said
    assert "python -m gateway.probe SERVER asks by hand" in said
    assert "az vm start --ids ID" in said
    for name in ("127.0.0.1", VM, "cloudapp.azure.com"):
        assert name not in said


def test_a_refused_port_ends_red(monkeypatch: pytest.MonkeyPatch) -> None:
    for port in ("IKE_PORT", "NAT_PORT"):
        monkeypatch.setattr(probe, port, unused_port())
    run = run_program({**SECRETS, "readyTimeout": "1"})
    assert "port unreachable" in str(run.error)
    # No proof of a machine: a firewall on the way says the same.
    assert "Likely cause: a firewall on the way refuses UDP 500; or the machine" in str(run.error)


@pytest.mark.parametrize("silent", ["IKE_PORT", "NAT_PORT"])
def test_one_port_is_not_enough(monkeypatch: pytest.MonkeyPatch, silent: str) -> None:
    answers = (silence, OUR_GATEWAY) if silent == "IKE_PORT" else (OUR_GATEWAY, silence)
    began = time.monotonic()
    with gateway(monkeypatch, *answers):
        run = run_program({**SECRETS, "readyTimeout": "2", "shutdownTime": "13:30"})
    assert time.monotonic() - began > 2
    assert isinstance(run.error, pulumi.RunError)
    message = str(run.error)
    good = {"IKE_PORT": probe.NAT_PORT, "NAT_PORT": probe.IKE_PORT}[silent]
    bad = getattr(probe, silent)
    assert f"is not ready: UDP {good} answers and UDP {bad} does not; phones need both" in message
    assert f"UDP {bad}: silence: no answer" in message
    assert f"a rule of the NSG or a router's port forwarding for UDP {bad} is missing" in message
    assert "asks by hand" in message.partition(f" --port {bad} ")[2]
    # Who answers at all is neither stopped nor unfit.
    assert "az vm" not in message
    assert "\n" not in message


def test_a_port_that_refuses_is_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    with gateway(monkeypatch, OUR_GATEWAY):
        monkeypatch.setattr(probe, "NAT_PORT", unused_port())
        run = run_program({**SECRETS, "readyTimeout": "1"})
    assert f"UDP {probe.NAT_PORT} does not; phones need both" in str(run.error)
    assert "port unreachable" in str(run.error)


@pytest.mark.parametrize("late", ["IKE_PORT", "NAT_PORT"])
def test_the_other_port_may_answer_later(monkeypatch: pytest.MonkeyPatch, late: str) -> None:
    first_and_second = (OUR_GATEWAY, only_from(6, OUR_GATEWAY))
    answers = first_and_second if late == "NAT_PORT" else first_and_second[::-1]
    with gateway(monkeypatch, *answers):
        run = run_program({**SECRETS, "readyTimeout": "10"})
    assert run.error is None
    *waiting, end = run.log[1:]
    assert f"UDP {getattr(probe, late)}: silence: " in waiting[-1]
    assert f"; so does UDP {probe.NAT_PORT} (after" in end


def test_what_answers_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with gateway(monkeypatch, OUR_GATEWAY, silence) as (ike, nat):
        run_program({**SECRETS, "readyTimeout": "2"})
    assert 0 < len(ike.received) < len(nat.received) / 2


def test_every_way_to_fail_has_its_cause() -> None:
    assert set(ready._CAUSES) == set(Outcome) - {Outcome.ANSWERS}


def test_a_failed_wait_loses_no_output(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are what the message tells its reader to use."""
    failed, _ = updated(monkeypatch, silence)
    good, _ = updated(monkeypatch, OUR_GATEWAY)
    assert failed.error
    assert failed.outputs == good.outputs != {}


def test_the_next_update_waits_again(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        run, packets = updated(monkeypatch, silence)
        assert run.error
        assert packets > 0


def test_a_preview_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with gateway(monkeypatch, OUR_GATEWAY) as (ike, nat):
        run = run_program({**SECRETS, "readyTimeout": "1"}, preview=True)
        assert run.error is None
        assert ike.received == nat.received == []
    assert run.log == []


def test_zero_minutes_are_no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    began = time.monotonic()
    run, packets = updated(monkeypatch, silence, minutes=0)
    assert run.error is None
    assert packets == 0
    assert run.log == []
    assert time.monotonic() - began < 5


def test_it_adds_no_resource_and_no_output(
    monkeypatch: pytest.MonkeyPatch, default_run: Run
) -> None:
    """What changed at each update would show as a difference at each preview."""
    run, _ = updated(monkeypatch, OUR_GATEWAY)
    assert [r.raw.name for r in run.requests] == [r.raw.name for r in default_run.requests]
    assert set(run.outputs) == set(default_run.outputs)


def test_a_stopped_machine_is_thought_of(monkeypatch: pytest.MonkeyPatch) -> None:
    run, _ = updated(monkeypatch, silence, shutdownTime="13:30")
    assert f"shutdownTime stopped the machine (az vm start --ids {VM})" in str(run.error)
    run, _ = updated(monkeypatch, silence)
    assert "az vm start" not in str(run.error)


def test_without_an_address_the_name_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def rounds(host: str, *_: Any) -> Any:
        asked.append(host)
        verdict = probe.Verdict(Outcome.ANSWERS, host, "answers IKE")
        return iter([probe.Round(verdict, 0, 0)])

    monkeypatch.setattr(probe, "rounds", rounds)
    monkeypatch.setattr(program_run, "ADDRESS", None)
    assert run_program({**SECRETS, "readyTimeout": "1", "dnsLabel": "named"}).error is None
    assert asked == ["named.westus2.cloudapp.azure.com"] * 2


def test_it_is_on_by_default() -> None:
    from gateway.config import load

    timeouts: list[int] = []
    in_stack(SECRETS, lambda: timeouts.append(load().ready_timeout))
    assert timeouts == [15]
