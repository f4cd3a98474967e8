"""The machine that boots behind the double of Azure: one of the lab's, given what Azure was."""

from __future__ import annotations

import re
import shutil
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from here import kept
from here.kept import Start
from lab.host import LabError
from lab.images import disk
from lab.lab import FIRMWARE, Lab
from lab.machines.expectations import ExpectationFailed
from lab.progress import Progress

HOST_NAME = "lunch-gateway"
READY = "gateway-ready: phones can dial in"
SCRUBBED = "test -e /var/lib/lunch-gateway/scrubbed"
"""The last act of a set-up."""


@dataclass
class Machines:
    """At most one machine at a time. Raises `LabError` where the lab itself can't go on."""

    lab: Lab
    user_data: Path
    """The file in which the lab looks for it."""
    keeps: bool
    """Whether a disk that was set up may be kept: it holds its secrets."""
    progress: Progress
    _given: bytes = b""
    _start: Start | None = None
    _went_on: bool = False
    _busy: threading.Lock = field(default_factory=threading.Lock)

    @property
    def live(self) -> Path:
        """Returns the disk that the machine writes to once its first one is kept."""
        return self.lab.scratch / "live.qcow2"

    def power_on(self, custom_data: bytes) -> None:
        """Boot a machine that finds these bytes where Azure's would."""
        self._given, self._start = custom_data, kept.start(custom_data)
        self._went_on = False
        self._lay_out(custom_data)
        self.lab.insert_disk(self._start.disk)
        self.progress.note(f"the machine starts with {self._start.told}")
        self.lab.gateway.start()
        threading.Thread(target=self._follow_reboots, args=(self._start,), daemon=True).start()
        if self.keeps and self._start.left != kept.SAME:
            threading.Thread(target=self._keep, args=(self._start,), daemon=True).start()

    def _lay_out(self, custom_data: bytes) -> None:
        """Lay out a new machine: firmware that remembers nothing, and an instance of its own."""
        self.user_data.write_bytes(custom_data)
        seed = self.lab.scratch / "seed.img"
        seed.unlink(missing_ok=True)
        disk.seed_disk(self.user_data, HOST_NAME, seed, kept.set_up_name(custom_data))
        variables = FIRMWARE / "OVMF_VARS_4M.ms.fd"
        shutil.copyfile(variables, self.lab.scratch / "efi-variables.fd")
        self.live.unlink(missing_ok=True)
        console = self.lab.gateway.console.log
        if console.exists():
            console.rename(console.with_suffix(f".{time.time():.0f}.log"))

    def power_off(self) -> None:
        """End the machine. Of a whole first boot the packages are kept, if not all of it was."""
        gateway, began = self.lab.gateway, self._start
        with self._busy:
            kept_already = self._went_on or began is None or began.left != kept.WHOLE
            if not kept_already and gateway.is_running() and self._is_set_up():
                self._keep_packages()
            gateway.stop()
            self._start = None

    def close(self) -> None:
        """End machine and world, and whoever would take the machine's end for its restart."""
        self._start = None
        with self._busy:
            self.lab.close()

    @property
    def is_on(self) -> bool:
        """Returns whether a machine runs."""
        return self._start is not None and self.lab.gateway.is_running()

    def kernels(self) -> list[str]:
        """Returns the kernels that it has started, in order."""
        console = self.lab.gateway.console.text()
        return re.findall(r"^\[ *0\.0+\] Linux version (\S+)", console, re.MULTILINE)

    def _is_set_up(self) -> bool:
        # It may be in the middle of its first boot, and say nothing at all.
        try:
            return self.lab.gateway.execute(SCRUBBED, 20, 20).status == 0
        except (LabError, ExpectationFailed):
            return False

    def _follow_reboots(self, began: Start) -> None:
        """Power it on again whenever it restarts itself, as long as it is this machine."""
        while self._start is began:
            with self._busy:
                if self._start is began:
                    try:
                        self.lab.gateway.follow_reboot()
                    except LabError as error:
                        self.progress.note(str(error))
                        return
            time.sleep(1)

    def _keep(self, began: Start) -> None:
        """Wait for the end of the set-up, and keep the disk as it is then."""
        while READY not in self.lab.gateway.console.text():
            if self._start is not began:
                return
            time.sleep(2)
        while not self._is_set_up():
            if self._start is not began:
                return
            time.sleep(2)
        with self._busy:
            if self._start is began and self.lab.gateway.is_running():
                self.lab.gateway.succeed("sync")
                self._go_on_with(self.live)
                self._went_on = True
                kept.keep_set_up(self.lab.gateway_disk, self._given)
                self.progress.note("kept its disk: the same bytes need no first boot again")

    def _go_on_with(self, target: Path) -> None:
        """Have the machine write to a new disk above its own, which nobody writes any more."""
        above = {"device": "virtio0", "snapshot-file": str(target), "format": "qcow2"}
        self.lab.gateway.monitor.ask("blockdev-snapshot-sync", above)

    def _keep_packages(self) -> None:
        self.progress.note("before it goes, its packages are kept for the next machine")
        self.lab.gateway.shut_down()
        kept.keep_packages(self.lab.gateway_disk, self._given)
