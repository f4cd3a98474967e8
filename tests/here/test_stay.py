"""A gateway that is left standing here, as far as it can be seen without one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from subprocess import PIPE

import pytest

from here import ground, stay
from here.__main__ import main
from here.project import Project
from tests.engine.samples import SAMPLES, put


def told(out: Path, pid: int) -> None:
    (out / ground.STANDS).write_text(json.dumps({"pid": pid, "computer": pid}))


def test_nothing_stands_where_nothing_was_begun(tmp_path: Path) -> None:
    assert not stay.stands(tmp_path)


def test_another_process_with_its_number_is_not_it(tmp_path: Path) -> None:
    told(tmp_path, os.getpid())
    assert not stay.stands(tmp_path)
    with subprocess.Popen([sys.executable, "-c", "input()", str(tmp_path)], stdin=PIPE) as other:
        told(tmp_path, other.pid)
        while str(tmp_path).encode() not in Path(f"/proc/{other.pid}/cmdline").read_bytes():
            time.sleep(0.01)
        assert not stay.stands(tmp_path)
        other.kill()


def test_it_ends_and_leaves_nothing_of_its_own(tmp_path: Path) -> None:
    words = [sys.executable, "-c", "import time; time.sleep(600)", "here.ground", str(tmp_path)]
    with subprocess.Popen(words) as process:
        told(tmp_path, process.pid)
        for name in (ground.SOCKET, ground.LOG, "settings-stay"):
            (tmp_path / name).touch()
        while not stay.stands(tmp_path):
            time.sleep(0.01)
        stay.end(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["settings-stay"]


def test_a_machine_that_ended_with_the_computer_is_lost_to_azure_too(tmp_path: Path) -> None:
    project = Project(tmp_path, stay.STACK)
    project.azure.directory.mkdir()
    for short in SAMPLES:
        put(project.azure, short)
    assert stay._lose_machines(project)
    kinds = {entry["token"].rpartition(":")[2] for entry in project.azure.resources()}
    assert kinds == SAMPLES.keys() - {"VirtualMachine"}
    assert project.azure.disks() == []
    # Its interface is free for the next one.
    put(project.azure, "VirtualMachine", vmName="another")


def test_a_door_is_opened_at_the_beginning_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stay, "directory", lambda: tmp_path)
    monkeypatch.setattr(stay, "_project", lambda out: Project(out, stay.STACK))
    monkeypatch.setattr(stay, "stands", lambda _out: True)
    assert main(["ops", "--phone", "192.0.2.7", "up", "--stack", "here"]) == 1
    said = capsys.readouterr().err
    assert said == "up: PHONE: it stands already; make down STACK=here comes first\n"
