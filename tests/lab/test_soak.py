"""Power cuts at moments of chance, on machines that only pretend."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from lab import opening, provision
from lab import soak as module
from lab.__main__ import main
from lab.images.debian import BootFiles
from lab.lab import Lab
from lab.machines.expectations import ExpectationFailed
from lab.progress import Progress
from tests.lab.machines import Pretender


class Gateway(Pretender):
    """A gateway that is ready whenever it is asked, and remembers what was done with its power."""

    def __init__(self, directory: Path, selftest: str = '{"ok": true}', audit: str = "") -> None:
        super().__init__(("selftest.json", selftest), ("dpkg", audit))
        self.directory = directory
        self.done: list[str] = []

    def start(self, memory: Path | None = None) -> None:
        self.done.append("on")

    def stop(self) -> None:
        self.done.append("off")


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the power stayed on, each time; nothing else of a cut needs a machine."""
    seconds: list[float] = []
    monkeypatch.setattr(time, "sleep", seconds.append)
    monkeypatch.setattr(provision, "until_ready", lambda progress, lab: None)
    monkeypatch.setattr(Lab, "insert_disk", lambda lab, base: None)
    monkeypatch.setattr(provision, "gateway_image", lambda: BootFiles(Path("image")))
    return seconds


def soaked(monkeypatch: pytest.MonkeyPatch, gateway: Gateway, *, seed: int) -> int:
    options = module.SoakOptions(Path("settings"), gateway.directory, True, 3, seed, 100)
    lab = Lab(gateway.directory, gateway.directory, Pretender(), gateway)

    class Alone:
        def __enter__(self) -> Lab:
            return lab

        def __exit__(self, *_: Any) -> None: ...

    monkeypatch.setattr(opening, "world_alone", lambda options, progress: Alone())
    return module.soak(options, Progress())


def test_each_is_cut_once_at_a_moment_that_the_seed_names(
    tmp_path: Path, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = Gateway(tmp_path)
    assert soaked(monkeypatch, gateway, seed=1) == 0
    assert gateway.done == ["on", "off", "on", "off"] * 3
    first, slept[:] = list(slept), []
    assert all(module.EARLIEST <= each <= 100 for each in first)
    soaked(monkeypatch, Gateway(tmp_path), seed=1)
    assert slept == first
    slept.clear()
    soaked(monkeypatch, Gateway(tmp_path), seed=2)
    assert slept != first


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"selftest": '{"ok": false}'}, "the self-test says"),
        ({"audit": "The following packages are only half installed"}, "dpkg --audit says"),
    ],
)
def test_one_that_is_not_whole_ends_it(
    tmp_path: Path,
    slept: list[float],
    monkeypatch: pytest.MonkeyPatch,
    told: dict[str, str],
    words: str,
) -> None:
    with pytest.raises(ExpectationFailed, match=words):
        soaked(monkeypatch, Gateway(tmp_path, **told), seed=1)


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("--cuts=0", "'0' is not positive"),
        ("--cuts=many", "'many' is not positive"),
        ("--within=5", "nothing is cut off"),
        ("--within=nan", "nothing is cut off"),
        ("--within=soon", "'soon': more than"),
    ],
)
def test_nothing_to_cut_is_refused(
    option: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["soak", option])
    assert words in capsys.readouterr().err
