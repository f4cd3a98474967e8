"""The same work here and on a gateway, which is one more process of this computer here."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab import yardstick
from lab.machines.machine import Machine, Ran

BUSY = "import time\nwhile time.process_time() < {}: pass"


def test_processor_seconds_are_those_of_all_its_processes(tmp_path: Path) -> None:
    """Those that have ended too, and none of a process that somebody else has waited for."""
    box = Machine("box", tmp_path, tmp_path, [])
    assert box.processor_seconds == 0
    for started in (1, 2):
        box._process = subprocess.Popen([sys.executable, "-c", BUSY.format(0.3)])
        while box.is_running():
            time.sleep(0.01)
        # The kernel counts in hundredths.
        assert 0.28 * started <= box.processor_seconds < 0.6 * started
    box._process = subprocess.Popen(["true"])
    box._process.wait()
    assert 0.56 <= box.processor_seconds < 1.2


class Emulated(Machine):
    """One whose commands take a process of its own, with three times the work."""

    def execute(self, command: str, timeout: float = 60, patience: float = 120) -> Ran:
        self._process = subprocess.Popen(["sh", "-c", command.replace("0.2", "0.6")])
        while self.is_running():
            pass
        return Ran(command, 0, "")


def test_it_says_what_the_same_work_takes_on_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = f"exec {sys.executable} -c '{BUSY.format(0.2)}'"
    monkeypatch.setattr(yardstick, "WORK", {"a loop": command})
    told = yardstick.measure(Emulated("box", tmp_path, tmp_path, []))
    assert list(told) == ["a loop"]
    assert told["a loop"]["host"] == pytest.approx(0.2, abs=0.1)
    assert told["a loop"]["gateway"] == pytest.approx(0.6, abs=0.2)


def test_what_can_not_be_done_here_is_no_measure() -> None:
    assert all(yardstick._here(command) > 0.05 for command in yardstick.WORK.values())
    with pytest.raises(subprocess.CalledProcessError):
        yardstick._here("sleep 0.1; false")
