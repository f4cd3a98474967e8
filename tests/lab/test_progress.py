"""Phases, checks and results, without any machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab.machines.expectations import ExpectationFailed, poll
from lab.progress import Checks, Progress, write_result


def test_phase_says_number_name_and_duration(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(phases=2)
    with progress.phase("one", 90):
        pass
    with pytest.raises(ValueError, match="boom"), progress.phase("two", 5):
        raise ValueError("boom")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("[1/2]")
    assert "one (usually 1:30 min)" in lines[0]
    assert "one: done in 0 s" in lines[1]
    assert "two (usually 5 s)" in lines[2]
    assert "done" not in lines[-1], "a phase that failed was not done"
    assert progress.current == "two"


def test_failed_expectation_is_recorded_and_the_next_follows() -> None:
    checks = Checks(Progress(1))
    with checks.check("a") as detail:
        detail.append("seen")
    with checks.check("b"):
        raise ExpectationFailed("not seen")
    assert checks.results == [
        {"name": "a", "ok": True, "detail": "seen"},
        {"name": "b", "ok": False, "detail": "not seen"},
    ]
    assert not checks.ok


def test_broken_harness_is_not_a_failed_expectation() -> None:
    checks = Checks(Progress(1))
    with pytest.raises(ZeroDivisionError), checks.check("a"):
        _ = 1 / 0
    assert not checks.ok, "no result at all is not a pass"


def test_poll_gives_up_with_what_it_waited_for() -> None:
    with pytest.raises(ExpectationFailed, match="pigs fly"):
        poll(lambda: None, "pigs fly", 0.01)


def test_poll_looks_once_more_when_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may have come during the last pause."""
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    monkeypatch.setattr("time.sleep", lambda seconds: now.append(now.pop() + seconds))
    assert poll(lambda: "seen" if now[0] else None, "it comes late", 0.4) == "seen"


def test_result_is_written_whole(tmp_path: Path) -> None:
    write_result(tmp_path / "result.json", {"checks": []})
    assert json.loads((tmp_path / "result.json").read_text()) == {"checks": []}
    assert list(tmp_path.iterdir()) == [tmp_path / "result.json"]


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What two checks print, the second not met, behind the time."""
    checks = Checks(Progress(1))
    checks.add("a", True, "")
    checks.add("b", False, "")
    return [line[line.index("s  ") + 3 :] for line in capsys.readouterr().out.splitlines()]


PLAIN = ["ok    a: ", "FAIL  b: "]
COLOURED = ["\033[32mok  \033[0m  a: ", "\033[31mFAIL\033[0m  b: "]


@pytest.mark.parametrize(
    ("terminal", "environment", "expected"),
    [
        (True, {}, COLOURED),
        (True, {"NO_COLOR": "1"}, PLAIN),
        (True, {"NO_COLOR": ""}, COLOURED),
        (False, {}, PLAIN),
        (False, {"FORCE_COLOR": "1"}, COLOURED),
        (False, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, PLAIN),
    ],
)
def test_a_terminal_gets_colours_unless_it_wants_none(
    terminal: bool,
    environment: dict[str, str],
    expected: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)
    assert said(capsys) == expected
