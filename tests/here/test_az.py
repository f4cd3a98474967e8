"""Azure's command about a machine that stands here, as make's commands ask it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from here import az
from here.azure.behind import ask
from tests.here.stand_in import standing_in

LOG = ("vm", "boot-diagnostics", "get-boot-log", "--ids", "/vm")
SELFTEST = ("vm", "run-command", "invoke", "--command-id", "RunShellScript", "--scripts", "id")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the ground is asked; it answers by its verb."""
    answers: dict[str, dict[str, Any]] = {
        "console": {"text": "Linux"},
        "run": {"status": 0, "output": "uid=0"},
    }
    asked: list[dict[str, Any]] = []

    def answer(path: str, message: dict[str, Any]) -> dict[str, Any]:
        asked.append(message)
        return dict(answers[message["verb"]])

    monkeypatch.setattr(az, "ask", answer)
    return asked


def test_somebody_is_logged_in_to_this_computer(capsys: pytest.CaptureFixture[str]) -> None:
    assert az.main(["socket", "account", "show", "--output", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "this computer"


def test_the_console(asked: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert az.main(["socket", *LOG]) == 0
    assert capsys.readouterr().out == "Linux\n"


def test_a_command_on_the_machine(asked: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert az.main(["socket", *SELFTEST]) == 0
    (answer,) = json.loads(capsys.readouterr().out)["value"]
    assert answer["message"] == "Enable succeeded: \n[stdout]\nuid=0\n[stderr]\n"
    assert asked == [{"verb": "run", "command": "id"}]


def test_where_no_machine_stands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert az.main([str(tmp_path / "nobody"), *LOG]) == 3
    with standing_in(tmp_path / "socket") as ground:
        assert az.main([str(ground.path), *LOG]) == 1
        assert ask(str(ground.path), {"verb": "console"}) == {"error": "the machine is not running"}
    said = capsys.readouterr().err
    assert said == "ERROR: no machine stands here\nERROR: the machine is not running\n"


def test_what_it_does_not_know_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert az.main(["socket", "vm", "start", "--ids", "x"]) == 2
    assert capsys.readouterr().err == "ERROR: az here knows no vm start --ids\n"
