"""A gateway's whole life, once, just as ``make try`` runs it; its result is looked at here."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.lab.live import live

ROOT = Path(__file__).parents[2]
RESULT = ROOT / "build/try/result.json"
pytestmark = pytest.mark.lab

# A check that is silently gone would pass.
PROMISED = {
    "up-ends-when-the-gateway-answers",
    "box-with-server-page-and-commands",
    "no-secret-in-what-up-says",
    *(f"page-and-profiles-agree-{user}" for user in ("alice", "bob")),
    *(f"{way}-{user}" for user in ("alice", "bob") for way in ("ikev2", "l2tp")),
    "preview-shows-what-changes-inside",
    "preview-replaces-the-machine-alone",
    "no-secret-in-what-preview-says",
    "replaced-with-the-same-name-address-and-key",
    *(f"{way}-alice-again" for way in ("ikev2", "l2tp")),
    *(f"{way}-bob-again-refused" for way in ("ikev2", "l2tp")),
    "down-leaves-nothing-on-azure",
    "down-leaves-no-machine",
    "down-leaves-no-name",
    "no-process-and-no-disk-is-left",
}


@pytest.fixture(scope="module")
def ended(pytestconfig: pytest.Config) -> tuple[int, str]:
    return live(pytestconfig, "here", "try")


@pytest.fixture(scope="module")
def result(ended: tuple[int, str]) -> Any:
    assert RESULT.exists(), "it left no result; see test_it_ends_well"
    return json.loads(RESULT.read_text())


def test_it_ends_well(ended: tuple[int, str]) -> None:
    status, words = ended
    assert status == 0, f"it ended with status {status}:\n{words}"


def test_every_check_passed(result: Any) -> None:
    failed = [f"{each['name']}: {each['detail']}" for each in result["checks"] if not each["ok"]]
    assert not failed


def test_nothing_promised_went_unchecked(result: Any) -> None:
    assert {check["name"] for check in result["checks"]} >= PROMISED


def test_two_machines_booted(result: Any) -> None:
    assert len(result["starts"]) == 2


def test_of_what_went_well_its_result_alone_is_left(result: Any) -> None:
    assert [path.name for path in RESULT.parent.iterdir()] == [RESULT.name]


def test_its_readme_draws_who_is_where() -> None:
    text = (ROOT / "here/life/README.md").read_text()
    assert re.search(r"^```\n(?:.*\n)+?```$", text, re.MULTILINE)
    assert "What must hold:" in text
