"""How the lab is opened: what is started when, on machines that only pretend."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from lab import kept
from lab import lab as lab_module
from lab import opening as module
from lab.images.debian import BootFiles
from lab.lab import Lab
from lab.machines.machine import Machine
from lab.opening import LabOptions
from lab.progress import Progress
from lab.provision import Provisioned
from tests.lab.machines import Pretender


class Switched(Pretender):
    """Notes when it is switched on, and when it was up."""

    def __init__(self, name: str, told: list[str]) -> None:
        super().__init__()
        self.name, self.told = name, told

    def start(self, memory: Path | None = None) -> None:
        self.told.append(f"{self.name} on")

    def wait_until_up(self, timeout: float = 180) -> None:
        self.told.append(f"{self.name} up")

    def is_running(self) -> bool:
        return False


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What happens, in order, on machines that need no image."""
    told: list[str] = []
    lab = Lab(tmp_path, tmp_path, Switched("world", told), Switched("gateway", told))
    gateway = Provisioned("kept.qcow2", [], 1.0, 1.0, True, {}, 1.0, {})
    monkeypatch.setattr(module, "build", lambda *_arguments: lab)
    on_an_image(monkeypatch, "first")
    monkeypatch.setattr(lab_module, "_listens", lambda _path: True)
    monkeypatch.setattr("lab.images.disk.overlay", lambda base, _target: told.append(str(base)))

    def provision(*_arguments: object) -> Provisioned:
        told.append("provisioned")
        return gateway

    monkeypatch.setattr("lab.provision.provision", provision)
    monkeypatch.setattr(module, "_prepare", lambda *_arguments: (tmp_path, gateway))
    return told


def on_an_image(monkeypatch: pytest.MonkeyPatch, identity: str) -> None:
    image = BootFiles(Path("world-1.qcow2"), identity=identity)
    monkeypatch.setattr(module, "world_image", lambda: image)


def opened(tmp_path: Path, told: list[str], fresh: bool = False) -> None:
    with module.opened(LabOptions(tmp_path, tmp_path, fresh), Progress()):
        told.append("opened")


@pytest.fixture
def keeps(told: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Machines that were kept, by name; what is done with them is told."""
    there: list[str] = []
    monkeypatch.setattr(kept, "state_of", lambda each, *_: tmp_path / each.name)

    def went_on(_: Progress, machine: Machine, state: Path) -> bool:
        if machine.name in there:
            told.append(f"{state.name} goes on")
        return machine.name in there

    monkeypatch.setattr(kept, "went_on", went_on)
    monkeypatch.setattr(kept, "keep", lambda *all: told.append(f"{all[2].name} is kept"))
    monkeypatch.setattr(kept, "forget", lambda state: there.remove(state.name))
    return there


def test_a_gateway_that_is_there_boots_into_a_world_that_is_up(
    tmp_path: Path, told: list[str]
) -> None:
    opened(tmp_path, told)
    assert told == ["world on", "world up", "kept.qcow2", "gateway on", "opened"]


def test_what_booted_is_kept_before_anybody_touched_it(
    tmp_path: Path, told: list[str], keeps: list[str]
) -> None:
    """The world without a gateway, the gateway without a phone."""
    assert not keeps
    opened(tmp_path, told)
    assert told == [
        *("world on", "world up", "world is kept"),
        *("kept.qcow2", "gateway on", "gateway is kept", "opened"),
    ]


def test_what_was_kept_goes_on(tmp_path: Path, told: list[str], keeps: list[str]) -> None:
    keeps += ["world", "gateway"]
    opened(tmp_path, told)
    assert told == ["world goes on", "gateway goes on", "opened"]


def test_a_world_of_another_image_is_another(
    tmp_path: Path, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was kept on the first one's disk is garbage on the second's."""
    made_of: list[tuple[object, ...]] = []

    def state_of(machine: Machine, *inputs: object) -> None:
        if machine.name == "world":
            made_of.append(inputs)

    monkeypatch.setattr(kept, "state_of", state_of)
    opened(tmp_path, told)
    on_an_image(monkeypatch, "second")
    opened(tmp_path, told)
    first, second = made_of
    assert first != second


def test_afresh_the_world_boots(tmp_path: Path, told: list[str], keeps: list[str]) -> None:
    """The gateway has another record then: what was kept of it is of another."""
    keeps.append("world")
    opened(tmp_path, told, fresh=True)
    assert told[:3] == ["world on", "world up", "world is kept"]


def test_one_that_is_not_is_provisioned_first(
    tmp_path: Path, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """How long that takes is measured: with a world that is up."""
    monkeypatch.setattr(module, "_prepare", lambda *_arguments: (tmp_path, None))
    opened(tmp_path, told)
    before = ["world on", "world up", "provisioned"]
    assert told == [*before, "kept.qcow2", "gateway on", "opened"]


@pytest.mark.parametrize("there", [True, False])
def test_whoever_only_provisions_finds_what_was_measured(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    told: list[str],
    monkeypatch: pytest.MonkeyPatch,
    there: bool,
) -> None:
    """Now or earlier. Where its disk lies on this computer is nobody's business."""
    out = tmp_path_factory.mktemp("out")
    if not there:
        monkeypatch.setattr(module, "_prepare", lambda *_arguments: (tmp_path, None))
    assert module.provisioned(LabOptions(tmp_path, out, False), Progress()) == 0
    assert ("provisioned" in told) is not there
    found = json.loads((out / "result.json").read_text())
    assert found["ready_seconds"] == found["processor_seconds"] == 1.0
    assert "kept.qcow2" not in json.dumps(found)


def test_a_cable_is_there_when_somebody_takes_connections(tmp_path: Path) -> None:
    path = tmp_path / "a cable"
    assert not lab_module._listens(path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        assert not lab_module._listens(path)
        server.listen()
        assert lab_module._listens(path)
        assert not lab_module._listens(path.with_name("another"))
