"""Each check of the attacks sees what it is there for: one thing goes otherwise on the machines
that pretend, and it is red. Whether the real guest does so, `--broken` shows (lab/broken.py)."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.lab import IKE_AWAITED
from lab.machines.expectations import ExpectationFailed
from lab.machines.machine import Ran
from lab.phones.downloads import PAGE
from lab.play import load
from lab.progress import Checks, Progress
from tests.lab.players import USERS, Actor, laid_out
from tests.lab.test_scenarios import PROMISED


@dataclass(frozen=True)
class Otherwise:
    """A command that ends otherwise, once another one was given, and until a third."""

    command: str
    status: int = 1
    output: str = ""
    after: str = "^"
    until: str = "never"

    def applies(self, command: str, told: list[str]) -> bool:
        begun = any(re.search(self.after, line) for line in told)
        over = any(re.search(self.until, line) for line in told)
        return begun and not over and re.search(self.command, command) is not None


IN_IKE = re.escape(IKE_AWAITED)
IN_PAGE = re.escape(PAGE)

SYMPTOMS = {
    "third-phone-gets-an-address": Otherwise("exec phone4 .*swanctl --initiate"),
    "vanished-phone-holds-no-connection": Otherwise(r"^test \$\(ss --no-header"),
    "wall-192.168.100.1": Otherwise(r"exec phone .*192\.168\.100\.1/", 0),
    "wall-100.100.100.200": Otherwise(r"exec phone .*100\.100\.100\.200/", 0),
    "wall-10.200.0.5": Otherwise(r"exec phone .*10\.200\.0\.5/", 0),
    "wall-172.16.9.9": Otherwise(r"exec phone .*172\.16\.9\.9/", 0),
    "names-beside-a-flood": Otherwise(r"dig \+tries", 0, "198.18.2.80\n" * 9),
    "self-test-and-reload-beside-a-flood": Otherwise(IN_IKE, after="reload nftables"),
    "mistake-in-the-rules": Otherwise(r"exec phone .*169\.254\.169\.254/", 0),
    "flushed-rules": Otherwise(
        "cat /.*/in-the-clear",
        0,
        "IP 10.1.0.4.1701 > 198.18.1.7.50321: l2tp",
        after="nft flush ruleset",
    ),
    "split-without-its-rule": Otherwise(IN_PAGE, after="ip rule delete", until="restart gateway-s"),
    "split-without-its-route": Otherwise(IN_PAGE, after="route flush table 100"),
    "xl2tpd-comes-back": Otherwise("^pidof xl2tpd", after="l2tp-crash"),
    "many-calls-from-one-address": Otherwise("list counter", 0, "packets 0 bytes 0"),
    "other-address": Otherwise("systemctl start gateway-watch"),
    "dial-in-after-charon-began-anew": Otherwise(
        "exec phone3 .*swanctl --initiate", after="gateway-watch"
    ),
}
"""What the gateway of the first draft did, as the scenario would meet it, by the check."""


@pytest.fixture(autouse=True)
def _waits_take_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    slept = [0.0]
    now = time.monotonic
    monkeypatch.setattr("time.sleep", lambda seconds: slept.append(slept.pop() + seconds))
    monkeypatch.setattr("time.monotonic", lambda: now() + slept[0])
    monkeypatch.setattr("lab.scenarios.attacks.expect.GIVES_UP", 0.1)


def red(
    symptom: Otherwise, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scenario: str = "attacks"
) -> set[str]:
    """The checks that are red where this goes otherwise."""
    lab, play = laid_out(tmp_path)
    execute, fail = Actor.execute, Actor.fail

    def otherwise(actor: Actor, command: str, timeout: float = 60, patience: float = 120) -> Ran:
        ran = execute(actor, command, timeout, patience)
        if symptom.applies(command, play.told):
            return Ran(command, symptom.status, symptom.output)
        return ran

    def does_not_fail(actor: Actor, command: str, timeout: float = 60) -> str:
        if symptom.status == 0 and symptom.applies(command, play.told):
            raise ExpectationFailed(f"must fail: {command}")
        return fail(actor, command, timeout)

    monkeypatch.setattr(Actor, "execute", otherwise)
    monkeypatch.setattr(Actor, "fail", does_not_fail)
    monkeypatch.setattr(Actor, "check_alive", lambda _: None)
    checks = Checks(Progress())
    load(scenario)(lab, USERS, checks)
    return {result["name"] for result in checks.results if not result["ok"]}


@pytest.mark.parametrize("name", SYMPTOMS)
def test_a_check_sees_what_it_is_there_for(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert f"attacks-{name}" in red(SYMPTOMS[name], tmp_path, monkeypatch)


def test_none_of_them_is_red_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert red(Otherwise("no such command"), tmp_path, monkeypatch) == set()


def test_every_check_of_the_attacks_has_its_symptom() -> None:
    promised = {name for name in PROMISED if name.startswith("attacks-")}
    assert {f"attacks-{name}" for name in SYMPTOMS} == promised


@pytest.mark.parametrize("late", [r"printf ask \| socat", "cat /run/heard"])
def test_what_comes_late_on_a_half_closed_connection_must_arrive(
    late: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Split it was cut off, forwarded not: from the site, and from the phone."""
    cut_off = Otherwise(late, 0, "0\n", until="stop haproxy")
    assert red(cut_off, tmp_path, monkeypatch, "limits") == {"limits-half-close"}
