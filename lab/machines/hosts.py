"""The hosts that a machine plays, each in a network namespace of its own: the verbs are the
machine's, spoken to one of them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.machines.machine import Machine, Ran

PATIENCE = 180
"""Seconds in which anything ends that takes some on a quiet host: labs share its processors with
each other and with all other tests, and hosts differ by two in speed. Three times as long as what
was too short there."""
LAST_WORDS = 6000
"""Characters of output that a failed command is quoted with: a self-test has 2,000 where
nothing is wrong, and the line that says what is wrong may be its first."""


def on(host: str, command: str) -> str:
    """Returns the machine's command that runs this one on a host, or (none) on the machine."""
    return f"ip netns exec {host} sh -c {shlex.quote(command)}" if host else command


def unit(name: str, command: str, host: str = "", *properties: str) -> str:
    """Returns the machine's command that has systemd run this one of the shell.

    The unit is gone when it has ended, however it has.

    Args:
        name: of the unit, without its suffix; none that runs may have it yet.
        command: begins with ``exec`` if it shall get the unit's signals itself. In it ``${…}``
            and ``$$`` are systemd's own.
        host: where, if not on the machine itself.
        properties: of the unit, as KEY=VALUE (systemd.exec(5), systemd.kill(5)).
    """
    shell = on(host, command) if host else f"sh -c {shlex.quote(command)}"
    own = "".join(f" --property={each}" for each in properties)
    start = f"systemd-run --quiet --collect --unit={name}{own} {shell}"
    return f"systemctl reset-failed {name} 2>/dev/null; {start}"


@dataclass(frozen=True)
class Host:
    """One of a machine's hosts. Times are seconds; errors are the machine's."""

    machine: Machine
    name: str

    def execute(self, command: str, timeout: float = PATIENCE) -> Ran:
        """Run a shell command on the host and wait for its end, whatever that is."""
        return self.machine.execute(on(self.name, command), timeout)

    def succeed(self, command: str, timeout: float = PATIENCE) -> str:
        """Run a command that must end with status 0; returns what it printed."""
        return self.machine.succeed(on(self.name, command), timeout)

    def fail(self, command: str, timeout: float = PATIENCE) -> str:
        """Run a command that must not succeed; returns what it printed."""
        return self.machine.fail(on(self.name, command), timeout)

    def wait_until_succeeds(self, command: str, timeout: float = PATIENCE) -> str:
        """Repeat a command until it ends with status 0; returns what it printed then."""
        return self.machine.wait_until_succeeds(on(self.name, command), timeout)

    def start_unit(self, name: str, command: str, *properties: str) -> None:
        """Have the machine's systemd run a shell command on the host; see `Machine.start_unit`."""
        self.machine.start_unit(name, command, self.name, *properties)

    def wait_for_port(self, port: int, timeout: float = PATIENCE) -> None:
        """Wait until somebody listens to a TCP port of the host."""
        self.machine.wait_for_port(self.name, port, timeout)
