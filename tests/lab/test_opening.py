"""How the lab is opened: what is started when, on machines that only pretend."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from lab import lab as lab_module
from lab import opening as module
from lab.lab import Lab
from lab.opening import LabOptions
from lab.progress import Progress
from lab.provision import Provisioned
from tests.lab.machines import Pretender


class Switched(Pretender):
    """Notes when it is switched on, and when it was up."""

    def __init__(self, name: str, told: list[str]) -> None:
        super().__init__()
        self.name, self.told = name, told

    def start(self) -> None:
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
    gateway = Provisioned("kept.qcow2", [], 1.0, 1.0, True)
    monkeypatch.setattr(module, "build", lambda *_arguments: lab)
    monkeypatch.setattr(lab_module, "_listens", lambda _path: True)
    monkeypatch.setattr("lab.images.disk.overlay", lambda base, _target: told.append(str(base)))

    def provision(*_arguments: object) -> Provisioned:
        told.append("provisioned")
        return gateway

    monkeypatch.setattr("lab.provision.provision", provision)
    monkeypatch.setattr(module, "_prepare", lambda *_arguments: (tmp_path, gateway))
    return told


def opened(tmp_path: Path, told: list[str]) -> None:
    with module.opened(LabOptions(tmp_path, tmp_path, False), Progress()):
        told.append("opened")


def test_a_gateway_that_is_there_boots_beside_the_world(tmp_path: Path, told: list[str]) -> None:
    opened(tmp_path, told)
    assert told == ["world on", "kept.qcow2", "gateway on", "world up", "opened"]


def test_one_that_is_not_is_provisioned_first(
    tmp_path: Path, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """How long that takes is measured: with a world that is up."""
    monkeypatch.setattr(module, "_prepare", lambda *_arguments: (tmp_path, None))
    opened(tmp_path, told)
    before = ["world on", "world up", "provisioned"]
    assert told == [*before, "kept.qcow2", "gateway on", "opened"]


def test_a_cable_is_there_when_somebody_takes_connections(tmp_path: Path) -> None:
    path = tmp_path / "a cable"
    assert not lab_module._listens(path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        assert not lab_module._listens(path)
        server.listen()
        assert lab_module._listens(path)
        assert not lab_module._listens(path.with_name("another"))
