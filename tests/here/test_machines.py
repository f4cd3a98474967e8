"""What is asked of the machine's QEMU, with a real one in which nothing runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from here.kept import SAME, Start
from here.machines import Machines
from lab import host
from lab.images import disk
from lab.lab import Lab
from lab.machines.expectations import poll
from lab.machines.machine import Machine
from lab.machines.monitor import MonitorRefused
from lab.progress import Progress
from tests.lab.machines import Pretender


class Restarts(Pretender):
    """Whoever asks whether it restarts is told so."""

    asked = 0

    def follow_reboot(self) -> None:
        self.asked += 1


def test_the_end_of_it_all_is_no_restart(tmp_path: Path) -> None:
    """QEMU ends in the same way for both, and would be started anew while its disk is removed."""
    gateway = Restarts()
    lab = Lab(tmp_path, tmp_path / "scratch", Pretender(), gateway)
    machines = Machines(lab, tmp_path / "user-data", True, Progress())
    began = Start(tmp_path / "disk", SAME)
    machines._start = began
    follows = threading.Thread(target=machines._follow_reboots, args=(began,), daemon=True)
    follows.start()
    poll(lambda: gateway.asked or None, "it is asked", 10)
    machines.close()
    told = gateway.asked
    follows.join(10)
    assert not follows.is_alive()
    assert gateway.asked == told


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    host.install([*host.QEMU, *disk.HOST_PACKAGES])
    first = tmp_path / "first.qcow2"
    disk.run("qemu-img", "create", "-q", "-f", "qcow2", first, "8M")
    stopped = ["-machine", "q35", "-S", "-drive", f"if=virtio,format=qcow2,file={first}"]
    gateway = Machine("gateway", tmp_path, tmp_path, stopped)
    lab = Lab(tmp_path, tmp_path, Machine("world", tmp_path, tmp_path, []), gateway)
    gateway.start()
    poll(lambda: hears(gateway), "QEMU answers", 30, gateway.check_alive)
    yield Machines(lab, tmp_path / "user-data", True, Progress())
    gateway.stop()


def hears(machine: Machine) -> bool | None:
    try:
        return bool(machine.monitor.ask("query-status"))
    except MonitorRefused:
        return None


def test_a_machine_goes_on_with_a_disk_above_its_first(machines: Machines) -> None:
    """So that nobody writes the first one any more, which is then copied."""
    gateway = machines.lab.gateway
    machines._go_on_with(machines.live)
    (drive,) = (each for each in gateway.monitor.ask("query-block") if "inserted" in each)
    assert drive["inserted"]["file"] == str(machines.live)
    assert drive["inserted"]["backing_file"].endswith("first.qcow2")
