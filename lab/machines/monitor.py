"""What a machine's QEMU itself can be asked and told, beside whatever runs in the machine: requests
and answers in JSON lines (QEMU, "QEMU QMP Reference Manual")."""

from __future__ import annotations

import shlex
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.host import LabError
from lab.machines.agent import receive, send

PATIENCE = 60
"""Seconds for an answer, which QEMU gives at once, unless its process stands still."""
ALL_OF_MEMORY = 180
"""Seconds until a machine's memory is written or read: 400 MB, on a slow disk."""
UNLIMITED = 1 << 40
"""Bytes/s. By default 128 MiB/s: a network with something else on it."""


class MonitorRefused(LabError):
    """QEMU answered that it can't, or did not answer."""


@dataclass(frozen=True)
class Monitor:
    """The monitor of one machine's QEMU, behind a socket on ours."""

    name: str
    path: Path

    def ask(self, request: str, arguments: dict[str, Any] | None = None) -> Any:
        """Send one request; returns the answer. Raises `MonitorRefused`."""
        try:
            answer = self._ask(request, arguments or {})
        except (OSError, ValueError) as error:
            raise MonitorRefused(f"{self.name}: QEMU: no answer to {request}: {error}") from error
        if "error" in answer:
            raise MonitorRefused(f"{self.name}: QEMU: {request}: {answer['error'].get('desc')}")
        return answer["return"]

    def _ask(self, request: str, arguments: dict[str, Any]) -> dict[str, Any]:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(PATIENCE)
            connection.connect(str(self.path))
            with connection.makefile("rwb") as file:
                receive(file)  # its greeting
                _answer(file, "qmp_capabilities", {})
                return _answer(file, request, arguments)

    def write_memory(self, target: Path) -> None:
        """Write the memory of a machine that stands still, and the state of its devices.

        Raises:
            MonitorRefused: it was not written.
        """
        self.ask("migrate-set-parameters", {"max-bandwidth": UNLIMITED})
        self.ask("migrate", {"uri": f"exec:{WRITE} > {shlex.quote(str(target))}"})
        deadline = time.monotonic() + ALL_OF_MEMORY
        while (state := self.ask("query-migrate"))["status"] != "completed":
            if state["status"] == "failed" or time.monotonic() > deadline:
                why = state.get("error-desc", f"not within {ALL_OF_MEMORY} s")
                raise MonitorRefused(f"{self.name}: its memory was not written: {why}")
            time.sleep(0.05)

    def is_loading(self) -> bool:
        """Returns whether it still reads the memory that it was started with."""
        return bool(self.ask("query-status")["status"] == "inmigrate")


WRITE, READ = "cat", "cat"


def incoming(memory: Path) -> list[str]:
    """Returns QEMU's options for a machine that shall go on from this memory."""
    return ["-incoming", f"exec:{READ} {shlex.quote(str(memory))}"]


def _answer(file: Any, request: str, arguments: dict[str, Any]) -> dict[str, Any]:
    send(file, {"execute": request, "arguments": arguments})
    while "event" in (line := receive(file)):
        pass
    return line
