"""Scenarios in two labs at once, played by small programs in the place of machines."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab import opening, play, side_by_side
from lab.opening import LabOptions
from lab.progress import Progress

Run = Callable[..., int]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Plays with a Python program a scenario; what it writes to `out` is its result."""

    def provisioned(options: LabOptions, _progress: Progress) -> int:
        options.out.mkdir()
        return 0

    def run(labs: int = 2, **programs: str) -> int:
        def player(options: LabOptions, name: str) -> list[str]:
            (out := options.out / name).mkdir(exist_ok=True)
            return [sys.executable, "-c", f"{LEAVES}\n{programs[name]}", str(out), name]

        monkeypatch.setattr(side_by_side, "player", player)
        options = LabOptions(Path("settings"), tmp_path / "out", False)
        return side_by_side.run(options, list(programs), labs, Progress())

    monkeypatch.setattr(opening, "provisioned", provisioned)
    monkeypatch.setattr(side_by_side, "idle_processors", lambda _wait: 1.0)
    return run


LEAVES = """
import json, pathlib, sys, time
out, name = pathlib.Path(sys.argv[1]), sys.argv[2]
def leave(*checks, **told):
    found = [{"name": each, "ok": not each.endswith("!"), "detail": ""} for each in checks]
    (out / "result.json").write_text(json.dumps({**told, "checks": found}))
    sys.exit(any(not each["ok"] for each in found))
def wait_for(path):
    until = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < until, path
        time.sleep(0.02)
"""


def result(tmp_path: Path) -> Any:
    return json.loads((tmp_path / "out" / "result.json").read_text())


def names(tmp_path: Path) -> list[str]:
    return [check["name"] for check in result(tmp_path)["checks"]]


def test_one_result_of_all(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    split = "print('pages come'); leave('before', 'fast', kernel=7, split=1)"
    dial_in = "print('dials'); leave('before', 'in', kernel=7, client='me')"
    assert run(split=split, dial_in=dial_in) == 0
    assert names(tmp_path) == ["before", "in", "fast"]
    assert {"kernel": 7, "split": 1, "client": "me"}.items() <= result(tmp_path).items()
    said = capsys.readouterr().out
    assert "split     pages come\n" in said
    assert "dial_in   dials\n" in said
    assert "2 of 2 are through" in said
    assert f"3 checks ok, 0 failed; {tmp_path}/out/result.json" in said


def test_they_are_played_at_once(run: Run) -> None:
    meets = "(out / 'here').touch(); wait_for(out.parent / {!r} / 'here'); leave('met')"
    assert run(split=meets.format("dial_in"), dial_in=meets.format("split")) == 0


AGAIN = "(out / 'once').exists() or ((out / 'once').touch(), sys.exit(75))"


def test_a_lab_that_qemu_broke_is_played_once_more(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(split=f"{AGAIN}; leave('fast')", dial_in="leave('in')") == 0
    assert names(tmp_path) == ["in", "fast"]
    said = capsys.readouterr().out
    assert said.count("split: QEMU broke its lab") == 1
    assert "2 of 2 are through" in said


@pytest.mark.parametrize(("status", "ended", "times"), [(75, 2, 2), (1, 1, 1), (2, 2, 1)])
def test_neither_a_third_time_nor_for_what_a_gateway_did(
    run: Run, tmp_path: Path, status: int, ended: int, times: int
) -> None:
    counts = f"(out / 'times').open('a').write('x'); sys.exit({status})"
    assert run(split=counts, dial_in="leave('in')") == ended
    assert (tmp_path / "out" / "split" / "times").read_text() == times * "x"


def test_no_more_than_there_are_labs(run: Run, tmp_path: Path) -> None:
    alone = "(out / 'here').touch(); time.sleep(0.2); (out / 'here').unlink(); leave('alone')"
    looks = f"assert not list(out.parent.glob('*/here')); {alone}"
    assert run(1, split=looks, dial_in=looks, carrier=looks) == 0


@pytest.mark.parametrize(("idle", "together"), [(0.4, False), (0.6, True)])
def test_another_begins_where_processors_are_idle(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, idle: float, together: bool
) -> None:
    def sampled(wait: Callable[[float], object]) -> float:
        wait(0.05)
        return idle

    monkeypatch.setattr(side_by_side, "idle_processors", sampled)
    lingers = "(out / 'here').touch(); time.sleep(1); (out / 'here').unlink()"
    looks = f"met = [*out.parent.glob('*/here')]; {lingers}; leave('met' if met else 'alone')"
    assert run(split=looks, dial_in=looks, carrier=looks) == 0
    assert ("met" in names(tmp_path)) is together


@pytest.mark.parametrize(
    ("passed", "found"),
    [([100, 60, 40, 0, 0, 0, 0], 0.0), ([20, 20, 10, 140, 10, 0, 0], 1.5), ([0] * 7, 0.0)],
)
def test_processors_are_idle_as_the_kernel_says(
    monkeypatch: pytest.MonkeyPatch, passed: list[int], found: float
) -> None:
    """Of two, for a second: what gives way wants its processor too, who waits for a disk not."""
    before = [7, 6, 5, 4, 3, 2, 1]
    ticks = iter([before, [then + more for then, more in zip(before, passed, strict=True)]])
    monkeypatch.setattr(side_by_side, "_ticks", lambda: next(ticks))
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    waited: list[float] = []
    assert side_by_side.idle_processors(waited.append) == found
    assert waited == [side_by_side.SAMPLE]


def test_this_machine_says_so() -> None:
    idle = side_by_side.idle_processors(lambda _seconds: time.sleep(0.1))
    assert 0 <= idle <= (os.cpu_count() or 1)


def test_the_longest_begins_first(run: Run, tmp_path: Path) -> None:
    notes = "(out.parent / 'order').open('a').write(name + ' '); leave('done')"
    run(1, split=notes, attacks=notes, dial_in=notes, unheard_of=notes)
    assert (tmp_path / "out" / "order").read_text() == "attacks dial_in unheard_of split "


def test_what_is_red_in_one_is_red(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(split="leave('a', 'b!')", dial_in="leave('a', 'b')") == 1
    assert names(tmp_path) == ["a", "b", "b!"]
    assert capsys.readouterr().err == f"FAILED: b!; evidence: {tmp_path}/out\n"


def test_the_same_check_red_once_and_green_once_is_red(run: Run, tmp_path: Path) -> None:
    red = "leave('a'); "
    turned = (
        "found = [{'name': 'a', 'ok': False, 'detail': 'no'}];"
        "(out / 'result.json').write_text(json.dumps({'checks': found})); sys.exit(1)"
    )
    assert run(split=red, dial_in=turned) == 1
    assert sorted(check["ok"] for check in result(tmp_path)["checks"]) == [False, True]


@pytest.mark.parametrize("words", ["sys.exit(2)", "import os; os.kill(os.getpid(), 9)"])
def test_a_lab_that_could_not_go_on_is_named(
    run: Run, tmp_path: Path, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(split=words, dial_in="leave('a')") == 2
    assert names(tmp_path) == ["a"]
    assert "could not go on: split; what they said stands above\n" in capsys.readouterr().err


def test_one_that_fails_and_leaves_no_result_is_a_failure(run: Run) -> None:
    assert run(split="sys.exit(1)", dial_in="leave('a')") == 1


def test_without_any_result_there_is_a_failure(run: Run) -> None:
    assert run(split="sys.exit(0)", dial_in="sys.exit(0)") == 1


TIDIES = """
import signal
def tidy(*_):
    time.sleep(0.3)
    (out / 'tidied').touch()
    sys.exit(143)
signal.signal(signal.SIGTERM, tidy)
(out / 'here').touch()
time.sleep(30)
"""


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_interrupted_they_tidy_up_and_none_begins(
    run: Run, tmp_path: Path, interrupt: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    def raised(*_: object) -> None:
        raise interrupt

    before = signal.signal(signal.SIGUSR1, raised)
    threading.Thread(target=_when_there, args=(tmp_path / "out", 2), daemon=True).start()
    began = time.monotonic()
    try:
        with pytest.raises(interrupt):
            run(split=TIDIES, dial_in=TIDIES, carrier=TIDIES)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert time.monotonic() - began < 20
    assert len(list(tmp_path.glob("out/*/tidied"))) == 2
    assert len(list(tmp_path.glob("out/*/here"))) == 2


def _when_there(out: Path, players: int) -> None:
    while len(list(out.glob("*/here"))) < players:
        time.sleep(0.02)
    os.kill(os.getpid(), signal.SIGUSR1)


def test_players_share_processors_with_whoever_gives_way(run: Run, tmp_path: Path) -> None:
    """Away from their terminal (setsid(2)) they would take their part whatever is niced there."""
    says = "import os; leave('a', ids=[os.getsid(0), os.getpgid(0), os.getpid()])"
    assert run(split=says) == 0
    terminal, group, process = result(tmp_path)["ids"]
    assert terminal == os.getsid(0)
    assert group == process


def test_what_was_made_fresh_is_not_made_again(tmp_path: Path) -> None:
    options = LabOptions(Path("mine.yaml"), tmp_path, True)
    words = side_by_side.player(options, "split")[1:]
    told = ["--scenario", "split", "--settings", "mine.yaml", "--out", str(tmp_path / "split")]
    assert words == ["-m", "lab", "run", *told]


@pytest.mark.parametrize(
    ("asked", "chosen", "free", "labs"),
    [
        (None, 7, 16, 2),
        (None, 7, 8, 2),
        (None, 7, 7, 1),
        (None, 7, 1, 1),
        (None, 1, 16, 1),
        (1, 7, 16, 1),
        (3, 7, 1, 3),
        (3, 2, 16, 2),
    ],
)
def test_as_many_as_asked_for_or_as_memory_allows(
    monkeypatch: pytest.MonkeyPatch, asked: int | None, chosen: int, free: int, labs: int
) -> None:
    monkeypatch.setattr(side_by_side, "_free_memory", lambda: free)
    assert side_by_side.labs_for(asked, ["one"] * chosen) == labs


def test_this_machine_has_memory() -> None:
    assert side_by_side._free_memory() >= 1


def test_every_scenario_has_a_time() -> None:
    assert set(side_by_side.LASTS) == set(play.names())
