"""Each scenario, to its end, on machines that only pretend: what is wrong in a scenario itself
is seen within a second, and what it promises can't be silently gone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab import play as module
from lab.phones.phone import Credentials, DialFailed, Phone
from lab.progress import Checks, Progress
from tests.lab.players import USERS, laid_out
from tests.lab.test_scenarios import PROMISED

BY_ITSELF = {"self-test-before-ike"}
"""What no scenario checks, but whoever plays them."""
WHILE_OTHERS_SLEEP = "carrier-l2tp-redials-on-another-network"


def played(name: str, tmp_path: Path) -> Checks:
    return followed(name, tmp_path)[0]


def followed(name: str, tmp_path: Path) -> tuple[Checks, list[str]]:
    """What was found, and everything that the machines were told, in order."""
    lab, play = laid_out(tmp_path)
    checks = Checks(Progress())
    module.load(name)(lab, USERS, checks)
    return checks, play.told


@pytest.fixture(autouse=True)
def _nobody_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)


@pytest.mark.parametrize("name", module.names())
def test_a_scenario_finds_what_it_expects(name: str, tmp_path: Path) -> None:
    results = played(name, tmp_path).results
    assert results
    assert [result for result in results if not result["ok"]] == []


@pytest.mark.parametrize("name", module.names())
def test_a_call_that_fails_is_a_check_and_not_the_end(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody gets in: what needs it is red, and the rest is looked at all the same."""

    def fails(_phone: Phone, _credentials: Credentials) -> None:
        raise DialFailed("ipsec", "nobody answers")

    well = {result["name"] for result in played(name, tmp_path).results}
    monkeypatch.setattr(Phone, "connect", fails)
    monkeypatch.setattr("lab.scenarios.attacks.expect.GIVES_UP", 0.1)
    results = played(name, tmp_path).results
    assert any(not result["ok"] for result in results)
    # One phone redials while others sleep, which they can't do without a call.
    assert {result["name"] for result in results} >= well - {WHILE_OTHERS_SLEEP}


def test_no_promise_goes_unchecked(tmp_path: Path) -> None:
    names = {
        result["name"]
        for scenario in module.names()
        for result in played(scenario, tmp_path).results
    }
    assert names >= PROMISED - BY_ITSELF


def test_one_phone_redials_while_another_one_sleeps(tmp_path: Path) -> None:
    """For its 100 seconds, whatever the other one takes: it has its own alarm clock."""
    checks, told = followed("carrier", tmp_path)
    steps = [
        r"systemctl kill -s STOP phone2-l2tp",
        r"'sleep 100; .*kill -s CONT phone2-l2tp; .*kill -s CONT phone2-ipsec'$",
        r"exec phone sh -c 'ip link set dev carrier down",
        r"exec phone sh -c 'ip link set dev carrier up",
        r"! grep -q '\^State:.*T ",
        r"! ip -o address \| grep -q 'peer ",
    ]
    found = [number for number, line in enumerate(told) for step in steps if re.search(step, line)]
    assert found == sorted(found)
    assert [next(s for s in steps if re.search(s, told[number])) for number in found] == steps
    names = [result["name"] for result in checks.results]
    assert names[-2:] == [
        "carrier-l2tp-redials-on-another-network",
        "carrier-l2tp-sleeps-and-wakes-up",
    ]


def test_a_sleeping_phone_was_asked_while_it_slept(tmp_path: Path) -> None:
    """Not before: a call that broke off leaves the gateway asking too."""
    _, told = followed("ikev2", tmp_path)
    asked = [line for line in told if "retransmit 1 of request" in line]
    assert asked
    assert all("--since=@1764240000 " in line for line in asked)


def test_the_gateway_searches_its_disk_while_the_world_tries_its_scan(tmp_path: Path) -> None:
    """And has ended before it is scanned itself: one that is busy answers late."""
    _, told = followed("dial_in", tmp_path)
    steps = [
        r"^gateway: .*systemd-run .*--unit=search .*grep -rlaF .* >/run/found",
        r"^world: nmap .* -p- .* 198\.18\.2\.80$",
        r"^gateway: ! systemctl is-active --quiet search",
        r"^gateway: cat /run/found",
        r"^world: nmap .* -p- .* 198\.18\.3\.10$",
        r"^world: ip netns exec azure nmap .* -p- .* 10\.1\.0\.4$",
    ]
    found = [next(s for s in steps if re.search(s, line)) for line in told if _any(steps, line)]
    assert found == steps


def _any(patterns: list[str], line: str) -> bool:
    return any(re.search(pattern, line) for pattern in patterns)
