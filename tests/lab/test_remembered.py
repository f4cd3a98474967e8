"""How long a phase takes is learnt from the last run on this machine."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from lab import command, remembered
from lab.host import cache_directory
from lab.progress import Progress
from lab.remembered import ROOT, Remembered, of_this_command

FIRST = [("world", 40.0, 61.0), ("boot", 300.0, 900.0), ("dial_in", 180.0, 240.0)]


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def started(monkeypatch: pytest.MonkeyPatch, *words: str) -> Remembered:
    monkeypatch.setattr(sys, "argv", [str(ROOT / "lab/__main__.py"), *words])
    return of_this_command()


def test_the_last_run_says_how_long_a_phase_takes_and_what_is_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started(monkeypatch, "run", "--out", "a").keep(FIRST)
    progress = Progress(3, remembered=started(monkeypatch, "run", "--out=b"))
    for name, usual, _ in FIRST:
        with progress.phase(name, usual):
            pass
    lines = [line.partition("  ")[2].strip() for line in capsys.readouterr().out.splitlines()]
    assert "world (usually 1:01 min; about 20:01 min left)" in lines[0]
    assert "boot (usually 15:00 min; about 19:00 min left)" in lines[2]
    assert "dial_in (usually 4:00 min; about 4:00 min left)" in lines[4]


def test_what_is_not_known_is_what_its_author_thought() -> None:
    known = Remembered("lab run", FIRST)
    assert (known.usually("boot", 300), known.left("boot", 300)) == (900, 1140)
    # A kept machine's phase has the same name and is another.
    assert (known.usually("world", 5), known.left("world", 5)) == (5, None)
    assert (known.usually("split", 180), known.left("split", 180)) == (180, None)


def test_each_command_has_its_own_and_old_ones_go(monkeypatch: pytest.MonkeyPatch) -> None:
    started(monkeypatch, "run").keep(FIRST)
    started(monkeypatch, "run", "--fresh").keep(FIRST[:1])
    assert started(monkeypatch, "run").phases == FIRST
    assert started(monkeypatch, "run", "--fresh").phases == FIRST[:1]
    for number in range(remembered.COMMANDS):
        started(monkeypatch, "run", str(number)).keep(FIRST)
    assert len(json.loads((cache_directory() / "times.json").read_text())) == remembered.COMMANDS
    assert started(monkeypatch, "run").phases == []
    assert started(monkeypatch, "run", "0").phases == FIRST


@pytest.mark.parametrize("status", [0, 1])
def test_only_what_ended_well_is_kept(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    started(monkeypatch, "run")

    def work(progress: Progress) -> int:
        with progress.phase("boot", 300):
            return status

    assert command.carry_out(work, None) == status
    assert [name for name, *_ in started(monkeypatch, "run").phases] == ["boot"][status:]


@pytest.mark.parametrize("text", ["", "[]", "5", '{"lab run": 5}', '{"lab run": [["a"]]}', "{"])
def test_a_broken_file_is_nothing(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (cache_directory() / "times.json").write_text(text)
    assert started(monkeypatch, "run").phases == []
    started(monkeypatch, "run").keep(FIRST)
    assert started(monkeypatch, "run").phases == FIRST


def test_a_program_of_somebody_else_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/bin/pytest", "tests"])
    of_this_command().keep(FIRST)
    assert not (cache_directory() / "times.json").exists()
