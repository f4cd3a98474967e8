"""Each scenario, to its end, on machines that only pretend: what is wrong in a scenario itself
is seen within a second, and what it promises can't be silently gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab import play as module
from lab.progress import Checks, Progress
from tests.lab.players import USERS, laid_out
from tests.lab.test_scenarios import PROMISED

BY_ITSELF = {"self-test-before-ike"}
"""What no scenario checks, but whoever plays them."""


def played(name: str, tmp_path: Path) -> Checks:
    lab, _ = laid_out(tmp_path)
    checks = Checks(Progress())
    module.load(name)(lab, USERS, checks)
    return checks


@pytest.fixture(autouse=True)
def _nobody_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)


@pytest.mark.parametrize("name", module.names())
def test_a_scenario_finds_what_it_expects(name: str, tmp_path: Path) -> None:
    results = played(name, tmp_path).results
    assert results
    assert [result for result in results if not result["ok"]] == []


def test_no_promise_goes_unchecked(tmp_path: Path) -> None:
    names = {
        result["name"]
        for scenario in module.names()
        for result in played(scenario, tmp_path).results
    }
    assert names >= PROMISED - BY_ITSELF
