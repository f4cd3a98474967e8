"""A machine under QEMU, and the handful of verbs that scenarios speak to it with.

Commands run through QEMU's guest agent, the stand-in for Azure's own agent, so that the
machine under test needs neither a key nor a password nor an open port for us.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lab.host import LabError
from lab.machines.agent import AgentSilent, CommandLost, GuestAgent, put
from lab.machines.console import Console
from lab.machines.expectations import ExpectationFailed, QemuFailed, poll
from lab.machines.hosts import LAST_WORDS, PATIENCE, Host, on, unit
from lab.machines.monitor import Monitor, incoming
from lab.machines.processor import seconds
from lab.machines.qemu import Sockets, qemu

BOOT_ID = "/proc/sys/kernel/random/boot_id"
PARTING = 5
"""Seconds that a command may go unanswered around a reboot."""
LAST_BREATH = 30
"""Seconds that QEMU may take to end when it is asked to."""

ENDS_AT_RESTART = ("-action", "reboot=shutdown")
"""For machines that restart: QEMU ends instead, and is started anew. Firmware and GRUB take minutes
longer after a restart within QEMU 7.2 than after a power-on."""


@dataclass(frozen=True)
class Ran:
    """A command that ended inside a machine."""

    command: str
    status: int
    output: str
    """Standard output and standard error, as they came."""


@dataclass
class Machine:
    """One QEMU process. Use `start`, then the verbs, then `stop`."""

    name: str
    directory: Path
    """Its logs go there."""
    scratch: Path
    """Its sockets lie there."""
    arguments: Sequence[str]
    """What QEMU gets beyond what every machine of the lab has."""
    disks: Sequence[Path] = ()
    """All that it has of disks: files in `scratch`."""
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _busy: dict[int, float] = field(default_factory=dict, init=False)

    @property
    def console(self) -> Console:
        """Returns its serial console."""
        return Console(self.directory / f"{self.name}.serial.log")

    @property
    def _agent(self) -> GuestAgent:
        own = self.scratch / self.name
        return GuestAgent(self.name, own.with_suffix(".agent"), own.with_suffix(".ends"))

    @property
    def monitor(self) -> Monitor:
        """Returns what its QEMU is asked by."""
        return Monitor(self.name, (self.scratch / self.name).with_suffix(".monitor"))

    @property
    def command(self) -> list[str]:
        """Returns what it is powered on by."""
        sockets = Sockets(self._agent.path, self._agent.ends, self.monitor.path)
        return qemu(self.name, self.console.log, sockets, self.arguments)

    def start(self, memory: Path | None = None) -> None:
        """Power on, or stand still where a kept machine stood, with this memory of it. The serial
        console is appended to across restarts."""
        command = [*self.command, *(incoming(memory) if memory else [])]
        log = (self.directory / f"{self.name}.qemu.log").open("wb")
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()

    def stop(self) -> None:
        """Power off at once, if it runs."""
        if self._process and self.is_running():
            self._process.terminate()
            try:
                self._process.wait(LAST_BREATH)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def is_running(self) -> bool:
        """Returns whether its power is on."""
        # Once a process was waited for, its number may be another's.
        if self._process is None or self._process.returncode is not None:
            return False
        self._busy[self._process.pid] = seconds(self._process.pid)
        return self._process.poll() is None

    @property
    def processor_seconds(self) -> float:
        """Returns for how long its QEMU has kept processors busy, over all restarts (seconds)."""
        self.is_running()
        return sum(self._busy.values())

    def shut_down(self, timeout: float = 300) -> None:
        """Ask the machine to shut down, and wait until it has (seconds)."""
        self._agent.ask("guest-shutdown", answer=False)
        assert self._process
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise ExpectationFailed(f"{self.name} did not shut down in {timeout:.0f} s") from None

    def reboot(self, timeout: float = 600) -> None:
        """Ask the machine to restart, and wait until it is up again (seconds; a provisioned
        gateway boots in 100 on CI's host, took 250 on a slow one, and once more than 300)."""
        before = self.read(BOOT_ID)
        self._agent.ask("guest-shutdown", {"mode": "reboot"}, answer=False)
        poll(
            lambda: self._is_new_boot(before) or None,
            f"{self.name} restarts",
            timeout,
            self.follow_reboot,
        )

    def _is_new_boot(self, before: str) -> bool:
        # On its way down the agent may take a command and end before it answers.
        try:
            return self.answers() and self.execute(f"cat {BOOT_ID}", 10, PARTING).output != before
        except (AgentSilent, CommandLost, ExpectationFailed):
            return False

    def follow_reboot(self) -> None:
        """Power on again if QEMU has ended because the machine restarts (`ENDS_AT_RESTART`).
        Raises `LabError` with QEMU's last words if it has ended otherwise."""
        ended_well = not self.is_running() and self._process and self._process.returncode == 0
        if ended_well and ENDS_AT_RESTART[-1] in self.arguments:
            self.start()
        else:
            self.check_alive()

    def check_alive(self) -> None:
        """Raises `LabError` with QEMU's last words if the process has ended, `QemuFailed` if its
        kernel died of QEMU."""
        self._expect_sound()
        if not self.is_running():
            words = (self.directory / f"{self.name}.qemu.log").read_text(errors="replace")
            raise LabError(f"QEMU of {self.name} has ended: {words[-500:] or 'without a word'}")

    def _expect_sound(self) -> None:
        # What started anew after it lacks all that it was told, and would look for it in vain.
        if self.console.died_of_qemu():
            raise QemuFailed(f"QEMU broke {self.name}: {self._last_words()}; try again")

    def _last_words(self) -> str:
        # QEMU stops a machine whose disk has no room to grow, without a word.
        free = shutil.disk_usage(self.scratch).free / 1e9
        return f"{self.console.last_words()}; the host's disk has {free:.1f} GB free"

    # The verbs.

    def execute(self, command: str, timeout: float = PATIENCE, patience: float = 120) -> Ran:
        """Run a shell command inside and wait for its end, whatever that is (seconds).

        Raises:
            ExpectationFailed: the command runs for longer than `timeout`.
            AgentSilent: the machine says nothing at all for `patience`.
            CommandLost: the machine started anew in the middle of it.
            QemuFailed: it did, or had done before, because QEMU broke it.
        """
        try:
            ran = Ran(command, *self._agent.run(command, timeout, patience))
        except TimeoutError as error:
            self._expect_sound()
            raise ExpectationFailed(f"{self.name}: {error}: {command}") from None
        except AgentSilent as error:
            self._expect_sound()
            raise AgentSilent(f"{error}; {self._last_words()}") from error
        except CommandLost as error:
            self._expect_sound()
            raise CommandLost(
                f"{self.name} started anew in the middle of a command; {self._last_words()};"
                f" the command was: {command}"
            ) from error
        if ran.status != 0:
            self._expect_sound()
        return ran

    def succeed(self, command: str, timeout: float = PATIENCE, patience: float = 120) -> str:
        """Run a command that must end with status 0; returns what it printed."""
        ran = self.execute(command, timeout, patience)
        if ran.status != 0:
            words = ran.output.strip()[-LAST_WORDS:]
            raise ExpectationFailed(f"{self.name}: status {ran.status} of: {command}\n{words}")
        return ran.output

    def fail(self, command: str, timeout: float = PATIENCE) -> str:
        """Run a command that must not succeed; returns what it printed."""
        ran = self.execute(command, timeout)
        if ran.status == 0:
            words = ran.output[-LAST_WORDS:]
            raise ExpectationFailed(f"{self.name}: must fail: {command}\n{words}")
        return ran.output

    def wait_until_succeeds(self, command: str, timeout: float = PATIENCE) -> str:
        """Repeat a command until it ends with status 0; returns what it printed then."""
        return poll(lambda: self._output_if_ok(command), f"{self.name}: {command}", timeout)

    def host(self, name: str) -> Host:
        """Returns one of the hosts that this machine plays, by its network namespace."""
        return Host(self, name)

    def start_unit(
        self, name: str, command: str, host: str = "", *properties: str, once: bool = False
    ) -> None:
        """Have systemd run a shell command on a host, or (none) on the machine itself: `unit` has
        the arguments. With `once` nothing is done where it runs already."""
        start = unit(name, command, host, *properties)
        self.succeed(f"systemctl is-active --quiet {name} || {{ {start}; }}" if once else start)

    def stop_unit(self, name: str) -> None:
        """Stop a unit that runs."""
        self.succeed(f"systemctl stop {name}")

    def wait_for_unit(self, name: str, timeout: float = PATIENCE) -> None:
        """Wait until a unit is active (seconds). One that has failed is not waited for."""
        poll(lambda: self._is_active(name) or None, f"{self.name}: {name} is active", timeout)

    def wait_for_end_of_unit(self, name: str, timeout: float = PATIENCE) -> None:
        """Wait until a unit that was started is done (seconds)."""
        self.wait_until_succeeds(f"! systemctl is-active --quiet {name}", timeout)

    def wait_for_port(self, host: str, port: int, timeout: float = PATIENCE) -> None:
        """Wait until a TCP port of a host, or (none) of the machine, is listened to (seconds)."""
        self.wait_until_succeeds(on(host, f"ss -Hltn sport = :{port} | grep -q ."), timeout)

    def _is_active(self, name: str) -> bool:
        state = self.execute(f"systemctl is-active {name}").output.strip()
        if state == "failed":
            why = self.execute(f"systemctl status --no-pager --lines=20 {name}").output
            raise ExpectationFailed(f"{self.name}: {name} has failed:\n{why.strip()[-1500:]}")
        return state == "active"

    def write(self, files: Mapping[str, str], mode: int = 0o644) -> None:
        """Put files there, by path, and the directories above them."""
        self.succeed(put(files, mode))

    def read(self, path: str) -> str:
        """Returns a file's text."""
        return self.succeed(f"cat {shlex.quote(path)}")

    def fetch(self, path: str, target: Path) -> None:
        """Copy a file of any size and kind out of the machine."""
        with target.open("wb") as file:
            file.writelines(self._agent.parts(path))

    def answers(self) -> bool:
        """Returns whether the machine is up far enough to take commands."""
        try:
            self._agent.ask("guest-ping", timeout=3)
        except AgentSilent:
            return False
        return True

    def wait_until_up(self, timeout: float = 180) -> None:
        """Wait until the machine takes commands (seconds)."""
        poll(
            lambda: self.answers() or None,
            f"{self.name} answers its agent",
            timeout,
            self.check_alive,
        )

    def _output_if_ok(self, command: str) -> str | None:
        ran = self.execute(command)
        return ran.output if ran.status == 0 else None
