"""The benchmark's command line, as far as it gets without a machine."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bench import benchmark, command
from bench.lines import LINES
from bench.ways import WAYS
from lab import opening
from lab.command import Mistake
from lab.host import LabError
from lab.lab import Lab
from lab.progress import Progress
from lab.world import sites
from lab.world.line import Line
from tests.bench.test_options import parse
from tests.lab.machines import Pretender
from tests.lab.test_command import python


def test_help_names_everything() -> None:
    done = python("bench", "run", "--help")
    assert done.returncode == 0
    # What is long may be broken at a hyphen.
    said = "".join(done.stdout.split())
    for name in (*LINES, *WAYS, *Line.__annotations__):
        assert name in said
    for option in vars(parse()):
        assert f"--{option.replace('_', '-')}" in said


def test_mistakes_are_told_without_a_traceback() -> None:
    # Without settings nothing boots, should the mistake not be seen.
    done = python("bench", "run", "--own-line", "rate=0,delay=1", "--settings", "nowhere.yaml")
    assert done.returncode == 2
    assert "argument --own-line: rate must be from 0.05" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_its_world_has_one_processor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Two that are busy can kill it in mid-benchmark: `build`."""

    def opened(_options: object, _progress: Progress, processors: int = 2) -> None:
        raise LabError(f"{processors} processors")

    monkeypatch.setattr(opening, "opened", opened)
    with pytest.raises(LabError, match=r"^1 processors$"):
        command.run(parse("--short", "--out", str(tmp_path)), Progress())


# From the door to the files, on machines that only pretend.


class Home:
    """A lab that opens at once and measures in no time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, out: Path) -> None:
        self.out, self.kernel, self.interrupted_after = out, "7.3.4", 1000
        self.measured = 0
        world = Pretender(("date -u", "2026-11-27\n"))
        world.arguments = ["-accel", "tcg"]
        gateway = Pretender(("options.xl2tpd", "1280\n"))
        self.lab = Lab(directory=out, scratch=out, world=world, gateway=gateway)
        monkeypatch.setattr(opening, "opened", self.opened)
        monkeypatch.setattr(sites, "serve", lambda _: None)
        monkeypatch.setattr(benchmark.Benchmark, "prepare", lambda *_: None)
        monkeypatch.setattr(benchmark.Benchmark, "turn", lambda *_: None)
        monkeypatch.setattr(benchmark, "measure", self.measure)

    @contextmanager
    def opened(self, asked: Any, *_: object) -> Iterator[tuple[Lab, None]]:
        shutil.rmtree(asked.out, ignore_errors=True)
        asked.out.mkdir(parents=True)
        gateway = self.lab.gateway
        assert isinstance(gateway, Pretender)
        gateway.answers_by = (*gateway.answers_by[:1], ("uname", self.kernel))
        yield self.lab, None

    def measure(self, *_: object) -> dict[str, Any]:
        if self.measured == self.interrupted_after:
            raise KeyboardInterrupt
        self.measured += 1
        return {"goodput_mbps": 8.5, "rtts_ms": [60.0]}

    def run(self, *arguments: str) -> int:
        options = parse("--out", str(self.out), "--way=forward", "--way=gateway-l2tp", *arguments)
        return command.run(options, Progress())

    def records(self, name: str = "records.jsonl") -> list[str]:
        return (self.out / name).read_text().splitlines()


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Home:
    return Home(monkeypatch, tmp_path / "bench")


def test_a_run_keeps_its_records_and_what_they_come_to(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert home.run() == 1, "level with forwarding misses its promise"
    about, *kept = map(json.loads, home.records())
    assert about["version"] == 1
    assert (about["kernel"], about["settings"], about["seconds"]) == ("7.3.4", {"mtu": 1280}, 10)
    assert about["lines"]["lossy-1"]["loss"] == 1
    assert [(each["way"], each["seed"], each["place"]) for each in kept] == [
        ("forward", 1, 0),
        ("gateway-l2tp", 1, 1),
        ("gateway-l2tp", 2, 0),
        ("forward", 2, 1),
        ("forward", 3, 0),
        ("gateway-l2tp", 3, 1),
    ]
    rows = json.loads((home.out / "results.json").read_text())
    assert [(row["way"], row["goodput_mbps"], row["repeats"]) for row in rows] == [
        ("forward", 8.5, 3),
        ("gateway-l2tp", 8.5, 3),
    ]
    promises = json.loads((home.out / "promises.json").read_text())
    assert {promise["kept"] for promise in promises} == {True, False}
    assert "this gateway" in (home.out / "report.html").read_text()
    said = capsys.readouterr()
    assert "6 records, 2 rows" in said.out
    assert "MISSED: lossy-1, far, down, bulk: goodput_mbps of gateway-l2tp to forward" in said.err


def test_an_interrupted_run_goes_on_and_can_be_added_to(home: Home) -> None:
    home.interrupted_after = 2
    with pytest.raises(KeyboardInterrupt):
        home.run()
    assert len(home.records()) == 1 + 2
    assert len(json.loads((home.out / "results.json").read_text())) == 2, "concluded all the same"
    home.interrupted_after = 1000
    into = f"--into={home.out / 'records.jsonl'}"
    home.run(into)
    assert home.measured == 6
    home.run(into)
    assert home.measured == 6, "nothing twice"
    home.run(into, "--repeats=5")
    assert home.measured == 10
    home.run(into, "--line=clean")
    assert len(home.records()) == 1 + 16
    home.run()
    assert len(home.records()) == 1 + 6, "without --into it begins anew"


def test_records_of_another_kernel_are_not_added_to(home: Home) -> None:
    home.run()
    home.kernel = "7.3.5"
    before = home.records()
    with pytest.raises(Mistake, match=r"is of another run \(kernel differ\): measure into another"):
        home.run(f"--into={home.out / 'records.jsonl'}", "--line=clean")
    assert home.records() == before


def test_records_that_are_wrong_open_no_lab(home: Home) -> None:
    bad = home.out.with_name("bad.jsonl")
    bad.write_text('{"version": 2}\n')
    with pytest.raises(Mistake, match=f"^{bad}:1: of version 2"):
        home.run(f"--into={bad}")
    assert not home.out.exists()
