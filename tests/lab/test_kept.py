"""What is kept of a machine that runs, for whom, and what happens where it is of no use; on
machines that only pretend. That real ones go on is seen by every run of the lab."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lab import host
from lab import kept as module
from lab.host import LabError
from lab.machines.expectations import ExpectationFailed
from lab.machines.machine import Machine
from lab.machines.monitor import Monitor, MonitorRefused
from lab.progress import Progress
from tests.lab.machines import Pretender

DISKS = ("box.qcow2", "seed.img")


@dataclass(frozen=True)
class Told(Monitor):
    """A monitor that does what it is told, and says so."""

    machine: Kept | None = None

    def ask(self, request: str, arguments: dict[str, Any] | None = None) -> Any:
        assert self.machine
        self.machine.told.append(request)
        if request == "query-status" and self.machine.late:
            self.machine.late -= 1
            raise MonitorRefused("box: QEMU: no answer to query-status: Connection refused")
        if request == self.machine.refuses:
            raise MonitorRefused(f"box: QEMU: {request}: it can't")
        return {"status": "paused"}

    def write_memory(self, target: Path) -> None:
        target.write_text("all that it knows")
        self.ask("write memory")


class Kept(Pretender):
    """A machine that stands still and goes on when it is told to."""

    def __init__(self, scratch: Path) -> None:
        super().__init__()
        self.name, self.scratch, self.directory = "box", scratch, scratch / "evidence"
        self.arguments = ["-accel", "tcg,thread=multi", "-drive", f"file={scratch}/box.qcow2"]
        self.disks = [scratch / name for name in DISKS]
        self.told: list[str] = []
        self.refuses = self.dies = ""
        self.late = 0
        for each in self.disks:
            each.write_text(f"{each.name}, first")

    @property
    def monitor(self) -> Monitor:
        return Told("box", self.scratch / "box.monitor", self)

    def start(self, memory: Path | None = None) -> None:
        assert memory
        self.told.append(f"on with {memory.read_text()}")

    def stop(self) -> None:
        self.told.append("off")

    def check_alive(self) -> None:
        if self.dies:
            raise LabError(f"QEMU of box has ended: {self.dies}")

    def wait_until_up(self, timeout: float = 180) -> None:
        self.told.append("up")

    def succeed(self, command: str, timeout: float = 60, patience: float = 120) -> str:
        self.told.append(command.partition(" ")[0])
        if command == self.refuses:
            raise ExpectationFailed(f"status 1 of: {command}")
        return ""

    def wait_until_succeeds(self, command: str, timeout: float = 60) -> str:
        return self.succeed(command)


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(module, "_qemus_version", lambda: "QEMU 7.2")
    monkeypatch.setattr("lab.images.disk.overlay", lambda base, to: to.write_text(f"over {base}"))
    (scratch := tmp_path / "run").mkdir()
    return Kept(scratch)


def state(box: Machine, base: str = "box-1.qcow2", *inputs: str) -> Path:
    found = module.state_of(box, Path(base), *inputs)
    assert found
    return found


def keep(box: Kept) -> Path:
    module.keep(Progress(), box, where := state(box))
    box.told.clear()
    return where


def test_it_stands_still_while_it_is_kept(box: Kept) -> None:
    module.keep(Progress(), box, where := state(box))
    assert box.told == ["stop", "write memory", "cont", "date"]
    assert {path.name for path in where.iterdir()} == {*DISKS, "memory", "sizes.json"}
    assert (where / "seed.img").read_text() == "seed.img, first"


def test_it_goes_on_with_its_memory_its_disks_and_the_time(
    box: Kept, capsys: pytest.CaptureFixture[str]
) -> None:
    where = keep(box)
    for each in box.disks:
        each.write_text("another")
    assert module.went_on(Progress(), box, where)
    assert box.told == ["on with all that it knows", "query-status", "cont", "up", "date", "dmesg"]
    assert box.disks[0].read_text() == f"over {where}/box.qcow2"
    assert box.disks[1].read_text() == "seed.img, first"
    assert re.search(r"box goes on from box-1\.\w+\.state, after 0\.\d s$", capsys.readouterr().out)


def test_qemu_may_not_listen_at_once(box: Kept) -> None:
    where = keep(box)
    box.late = 1
    assert module.went_on(Progress(), box, where)
    assert box.told[1:3] == ["query-status"] * 2


def test_nothing_is_there_at_first(box: Kept) -> None:
    assert not module.went_on(Progress(), box, state(box))
    assert box.told == []


def test_what_goes_into_it_names_it(box: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where this run has its files does not."""
    names = {state(box), state(box, "box-2.qcow2"), state(box, "box-1.qcow2", "other record")}
    for argument in (["-m", "2048"], ["-smp", "1"]):
        other = Kept(box.scratch)
        other.arguments = [*other.arguments, *argument]
        names.add(state(other))
    for what, value in (("_qemus_version", "QEMU 9"), ("_this_host", ["another", "host"])):
        with monkeypatch.context() as patch:
            patch.setattr(module, what, lambda value=value: value)
            names.add(state(box))
    assert len(names) == 7
    (elsewhere := box.scratch / "elsewhere").mkdir()
    assert state(Kept(elsewhere)) == state(box)


def test_with_hardware_virtualisation_nothing_is_kept(box: Kept) -> None:
    box.arguments = ["-accel", "kvm"]
    assert module.state_of(box, Path("box-1.qcow2")) is None
    module.keep(Progress(), box, None)
    assert not module.went_on(Progress(), box, None)
    assert box.told == []


def useless(box: Kept, where: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Have it fail to go on; returns the one line that says so."""
    for each in box.disks:
        each.write_text("this run's")
    capsys.readouterr()
    assert not module.went_on(Progress(), box, where)
    assert {each.read_text() for each in box.disks} == {"this run's"}
    assert not where.exists()
    (line,) = capsys.readouterr().out.splitlines()
    assert "box boots; what was kept of it is of no use: " in line
    return line.partition("of no use: ")[2]


@pytest.mark.parametrize("name", [*DISKS, "memory"])
def test_one_that_is_cut_off_boots(
    box: Kept, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    where = keep(box)
    (where / name).write_text("cut")
    assert re.fullmatch(rf"{name} has 3 bytes of \d+", useless(box, where, capsys))
    assert box.told == ["off"]


@pytest.mark.parametrize("name", [*DISKS, "memory", "sizes.json"])
def test_one_that_lacks_something_boots(
    box: Kept, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    where = keep(box)
    (where / name).unlink()
    assert name in useless(box, where, capsys)


def test_one_that_qemu_does_not_load_boots(box: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    where = keep(box)
    box.dies = "qemu-system-x86_64: Unknown savevm section\nload of migration failed"
    assert "load of migration failed" in useless(box, where, capsys)
    assert box.told == ["on with all that it knows", "off"]


@pytest.mark.parametrize("refuses", ["cont", module.NEW_RANDOMNESS])
def test_one_that_does_not_go_on_as_it_must_boots(
    box: Kept, refuses: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two runs from the same memory must not have the same keys."""
    where = keep(box)
    box.refuses = refuses
    useless(box, where, capsys)
    assert box.told[-1] == "off"


def test_one_that_can_not_be_kept_goes_on_here(
    box: Kept, capsys: pytest.CaptureFixture[str]
) -> None:
    box.refuses = "write memory"
    module.keep(Progress(), box, where := state(box))
    assert box.told == ["stop", "write memory", "cont"]
    assert "box could not be kept: box: QEMU: write memory: it can't" in capsys.readouterr().out
    assert not where.exists()
    assert not (box.scratch / "box.kept").exists()


def test_a_damaged_one_is_not_kept(box: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    said = "clocksource: timekeeping watchdog: Marking clocksource 'tsc' as unstable because"
    box.answers_by = (("dmesg", f"[   9.1] {said}\n"),)
    module.keep(Progress(), box, where := state(box))
    assert box.told == []
    assert said in capsys.readouterr().out
    assert not where.exists()


@pytest.mark.parametrize(
    ("says", "damaged"),
    [
        ("BUG: soft lockup - CPU#0 stuck for 26s!", True),
        ("Oops: int3: 0000 [#1] SMP", True),
        ("clocksource: Switched to clocksource tsc", False),
        ("..MP-BIOS bug: 8254 timer not connected to IO-APIC", False),
    ],
)
def test_what_damage_is(says: str, damaged: bool) -> None:
    told = module.DAMAGE.replace("dmesg", f"echo '[  1.0] {says}'")
    assert bool(subprocess.run(["sh", "-c", told], stdout=subprocess.PIPE).stdout) == damaged


def test_who_keeps_it_second_leaves_it_as_it_is(
    box: Kept, capsys: pytest.CaptureFixture[str]
) -> None:
    where = keep(box)
    (where / "mine").touch()
    keep(box)
    assert "could not be kept" not in capsys.readouterr().out
    assert (where / "mine").exists()
    assert not (box.scratch / "box.kept").exists()


def test_the_last_used_stay(box: Kept) -> None:
    old = [host.cache_directory() / f"box-1.{number}.state" for number in range(module.STATES)]
    for age, each in enumerate(old):
        each.mkdir()
        (each / "memory").touch()
        os.utime(each, (age, age))
    where = keep(box)
    assert [each.exists() for each in (*old, where)] == [False, True, True, True]


def test_they_go_with_the_disk_they_began_with(box: Kept) -> None:
    where = keep(box)
    for number in range(2):
        (disk := host.cache_directory() / f"box-{number + 1}.qcow2").touch()
        os.utime(disk, (number, number))
    host.forget_all_but(1, "box-*.qcow2")
    assert not where.exists()


def test_sizes_are_those_of_what_was_kept(box: Kept) -> None:
    where = keep(box)
    told = json.loads((where / "sizes.json").read_text())
    assert told == {name: (where / name).stat().st_size for name in (*DISKS, "memory")}
