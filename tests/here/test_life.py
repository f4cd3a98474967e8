"""A gateway's life on a machine that boots what Azure was sent, as ``make try`` leads it, but for
the change in its middle: that needs a second machine, and is in test_stand_in.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.here.promised import SHORT
from tests.lab.live import live

OUT = Path(__file__).parents[2] / "build/life"
pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def ended(pytestconfig: pytest.Config) -> tuple[int, str]:
    return live(pytestconfig, "here", "try", "--short", "--out", str(OUT))


@pytest.fixture(scope="module")
def result(ended: tuple[int, str]) -> Any:
    path = OUT / "result.json"
    assert path.exists(), "the life left no result; see test_it_ends_well"
    return json.loads(path.read_text())


def test_it_ends_well(ended: tuple[int, str]) -> None:
    status, words = ended
    assert status == 0, f"the life ended with status {status}:\n{words}"


def test_every_check_passed(result: Any) -> None:
    failed = [f"{each['name']}: {each['detail']}" for each in result["checks"] if not each["ok"]]
    assert not failed, "\n".join(failed)


def test_nothing_promised_went_unchecked(result: Any) -> None:
    assert {check["name"] for check in result["checks"]} == SHORT


def test_it_had_one_machine(result: Any) -> None:
    assert len(result["starts"]) == 1
