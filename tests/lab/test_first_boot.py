"""The scenario that begins with a machine that was never on, on machines that only pretend."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from lab import opening, play, provision
from lab.host import LabError
from lab.images.debian import BootFiles
from lab.lab import Lab
from lab.machines.machine import Ran
from lab.progress import Checks, Progress
from lab.scenarios.first_boot import expect as module
from tests.lab.machines import Pretender

LINES = {
    "reject": "gateway-setup: waiting, tries again every 20 s: E: Could not connect to a.example",
    "dnat": "gateway-setup: waiting, tries again every 20 s: E: file isn't valid, got 'NOSPLIT'",
    "clock": "gateway-setup: waiting, tries again every 20 s: E: Release file is expired",
    "full": "gateway-setup: waiting, tries again every 20 s: E: You don't have enough free space",
    "kernel": "gateway-setup: backports' kernel can't be had (E: Unmet): Debian's stable one",
    "half": "gateway-setup: FAILED: the user-data did not arrive whole",
}
NAMES = [
    *("no-way-to-the-mirror", "a-page-for-lists", "lists-have-expired", "disk-nearly-full"),
    *("power-cut-while-unpacking", "power-cut-in-the-initramfs", "ends-ready", "stables-kernel"),
    "user-data-cut-off",
]


@dataclass
class State:
    """What is in a gateway's way, in the order in which it would meet it."""

    troubles: set[str] = field(default_factory=set)
    silent: str = ""
    """Of this one nothing is said."""
    answers: bool = False
    told: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Screen:
    state: State
    log: Path = Path("/nowhere/log")

    def plain(self) -> str:
        met = [LINES[each] for each in LINES if each in self.state.troubles - {self.state.silent}]
        return f"[ 9.1] sh[7]: {met[0]}\n" if met else ""

    def text(self) -> str:
        return self.plain()

    def last_line(self) -> str:
        return "Unpacking x"


class Gateway(Pretender):
    def __init__(self, state: State) -> None:
        super().__init__()
        self.state = state

    @property
    def console(self) -> Any:
        return Screen(self.state)

    def start(self, memory: Path | None = None) -> None:
        self.state.told.append("on")

    def stop(self) -> None:
        self.state.told.append("off")

    def wait_until_up(self, timeout: float = 180) -> None: ...

    def check_alive(self) -> None: ...

    def write(self, files: Mapping[str, str], mode: int = 0o644) -> None:
        self.state.troubles.add("kernel")

    def execute(self, command: str, timeout: float = 60, patience: float = 120) -> Ran:
        if command == module.IN_ITS_WAY:
            self.state.troubles |= {"clock", "full"}
        self.state.troubles -= {module.RIGHT_TIME: {"clock"}, "rm /fill": {"full"}}.get(
            command, set()
        )
        self.state.told += [words for words in module.CUTS.values() if words in command]
        return Ran(command, 0, '{"ok": true}' if "selftest.json" in command else "")


class World(Pretender):
    def __init__(self, state: State) -> None:
        super().__init__()
        self.state = state

    def execute(self, command: str, timeout: float = 60, patience: float = 120) -> Ran:
        if "delete table ip mirror" in command:
            self.state.troubles -= {"reject", "dnat"}
            self.state.troubles |= {each for each in ("reject", "dnat") if each in command}
        return Ran(command, int("ike-scan" in command and not self.state.answers), "")


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    state = State()

    def insert(lab: Lab, base: Path) -> None:
        state.troubles -= {"kernel"}
        state.told.append("a fresh disk")

    monkeypatch.setattr(Lab, "insert_disk", insert)
    monkeypatch.setattr(provision, "gateway_image", lambda: BootFiles(Path("image")))
    monkeypatch.setattr(provision, "until_ready", lambda *_: state.told.append("ready"))
    monkeypatch.setattr(provision, "kernels", lambda lab: [])
    monkeypatch.setattr("lab.machines.expectations.time.sleep", lambda seconds: None)
    monkeypatch.setattr(module, "LONG", 0.05)

    def seed(user_data: Path, *_: object) -> None:
        assert user_data.read_text() == "#cloud"
        state.troubles = {"half"}

    monkeypatch.setattr("lab.images.disk.seed_disk", seed)
    (tmp_path / "guest").mkdir()
    (tmp_path / "guest" / "user-data").write_text("#cloud-con()")
    return state


def laid_out(tmp_path: Path, state: State) -> Lab:
    return Lab(tmp_path, tmp_path, World(state), Gateway(state))


def played(tmp_path: Path, state: State) -> dict[str, bool]:
    checks = Checks(Progress())
    module.expect(laid_out(tmp_path, state), [], checks)
    return {each["name"].removeprefix("first-boot-"): each["ok"] for each in checks.results}


def test_each_is_seen_goes_away_and_the_gateway_ends_ready(tmp_path: Path, state: State) -> None:
    assert played(tmp_path, state) == dict.fromkeys(NAMES, True)
    unpacking, initramfs = module.CUTS.values()
    assert state.told == [
        *("a fresh disk", "on", unpacking, "off", "on", initramfs, "off", "on", "ready", "off"),
        *("a fresh disk", "on", "ready", "off"),
        *("a fresh disk", "on", "off"),
    ]


@pytest.mark.parametrize(("silent", "name"), [*zip(LINES, [*NAMES[:4], *NAMES[-2:]], strict=True)])
def test_one_of_which_nothing_is_said_is_red(
    tmp_path: Path, state: State, silent: str, name: str
) -> None:
    state.silent = silent
    assert played(tmp_path, state) == {**dict.fromkeys(NAMES, True), name: False}


def test_a_door_that_opens_meanwhile_is_red(tmp_path: Path, state: State) -> None:
    state.answers = True
    red = {name for name, ok in played(tmp_path, state).items() if not ok}
    assert red == {*NAMES[:4], *NAMES[-2:]}


def test_it_is_played_by_hand_alone(
    tmp_path: Path,
    state: State,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "first_boot" not in play.names()
    (tmp_path / "settings").write_text("psk: x\nusers: {}\n")
    options = opening.LabOptions(tmp_path / "settings", tmp_path, False)
    with pytest.raises(LabError, match="split needs a gateway that runs"):
        play.run(options, ["first_boot", "split"], Progress())
    with pytest.raises(LabError, match="nobody knows what to undo"):
        play.run(options, ["first_boot"], Progress(), ["first-boot-ends-ready"])

    @contextmanager
    def alone(*_: object) -> Any:
        yield laid_out(tmp_path, state)

    monkeypatch.setattr(opening, "world_alone", alone)
    assert play.run(options, ["first_boot"], Progress()) == 0
    assert f"{len(NAMES)} checks ok, 0 failed" in capsys.readouterr().out
    assert len(json.loads((tmp_path / "result.json").read_text())["checks"]) == len(NAMES)
    state.answers = True
    assert play.run(options, ["first_boot"], Progress()) == 1
