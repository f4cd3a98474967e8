"""QEMU's guest agent, the stand-in for Azure's own: requests and answers in JSON lines
(QEMU, "Guest Agent Protocol Reference")."""

from __future__ import annotations

import base64
import io
import json
import socket
import tarfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.host import LabError

SYNC_PATIENCE = 10
"""Seconds for one attempt to get in step with the agent."""
ENDS = "lab.ends"
"""The port through which a command says that it has ended, as the agent itself can't. Being
asked all the time costs a busy guest its processor; being asked now and then cost a seventh of
what all commands took."""
_PORT = f"/dev/virtio-ports/{ENDS}"
# Who can't say it (early in a boot, or beside another command) is asked all the same.
_SAY_END = f"trap '{{ [ -c {_PORT} ] && echo >{_PORT}; }} 2>/dev/null' EXIT"
HEARD, UNHEARD, SELDOM = 0.05, 0.25, 1.0
"""Seconds until a command is asked after whose end was heard; whose was not, at first; and in
the end."""


class AgentSilent(LabError):
    """The agent is not there, or did not answer in time."""


class AgentRefused(LabError):
    """The agent answered that it can't."""


class CommandLost(LabError):
    """The agent does not know a command that it was given."""


@dataclass(frozen=True)
class GuestAgent:
    """The agent of one machine, behind a socket on ours."""

    name: str
    path: Path
    ends: Path
    """Grows whenever something comes through the port `ENDS`."""

    def ask(
        self,
        request: str,
        arguments: dict[str, Any] | None = None,
        *,
        answer: bool = True,
        timeout: float = 120,
    ) -> Any:
        """Send one request to the guest agent; returns its answer.

        Raises:
            AgentSilent: it is not there or did not answer in `timeout` seconds. The request
                may have been carried out all the same.
            AgentRefused: it answered with an error.
        """
        deadline = time.monotonic() + timeout
        try:
            with self._in_step(deadline) as connection, connection.makefile("rwb") as file:
                connection.settimeout(max(1.0, deadline - time.monotonic()))
                send(file, {"execute": request, "arguments": arguments or {}})
                line: dict[str, Any] = receive(file) if answer else {"return": None}
        except (OSError, ValueError) as error:
            raise AgentSilent(f"{self.name}: no answer to {request}: {error}") from error
        if "error" in line:
            raise AgentRefused(f"{self.name}: {request}: {line['error'].get('desc')}")
        return line["return"]

    def run(self, command: str, timeout: float, patience: float) -> tuple[int, str]:
        """Returns status and output of a shell command that ends within `timeout` seconds.

        Raises:
            TimeoutError: it runs for longer.
            CommandLost: another agent answers than the one that was given the command.
            AgentSilent: no answer for `patience` seconds.
        """
        script = f"exec 2>&1\n{_SAY_END}\n{command}"
        start = {"path": "/bin/sh", "arg": ["-c", script], "capture-output": True}
        said = self._said()
        process = self.ask("guest-exec", start, timeout=patience)
        deadline = time.monotonic() + timeout
        pause = UNHEARD
        while (left := deadline - time.monotonic()) > 0:
            before, said = said, self._wait_for_an_end(said, min(pause, left))
            pause = HEARD if said != before else min(pause * 2, SELDOM)
            try:
                state = self.ask("guest-exec-status", process, timeout=patience)
            except AgentRefused as error:
                # An agent forgets a command only when it has told its end.
                raise CommandLost(str(error)) from error
            if state["exited"]:
                output = base64.b64decode(state.get("out-data", "")).decode(errors="replace")
                return state.get("exitcode", -state.get("signal", 1)), output
        raise TimeoutError(f"still running after {timeout:.0f} s")

    def _said(self) -> int:
        return self.ends.stat().st_size if self.ends.exists() else 0

    def _wait_for_an_end(self, known: int, longest: float) -> int:
        """Wait until more has been said than is known, or so many seconds. Returns how much."""
        until = time.monotonic() + longest
        while (said := self._said()) == known and time.monotonic() < until:
            time.sleep(0.01)
        return said

    def parts(self, path: str) -> Iterator[bytes]:
        """Yields a file of any size and kind."""
        handle = self.ask("guest-file-open", {"path": path, "mode": "r"})
        whole = False
        while not whole:
            part = self.ask("guest-file-read", {"handle": handle, "count": 1 << 20})
            yield base64.b64decode(part["buf-b64"])
            whole = part["eof"]
        self.ask("guest-file-close", {"handle": handle})

    def _in_step(self, deadline: float) -> socket.socket:
        """Returns a connection on which the next answer is ours. Getting there does nothing to
        the guest, so it is tried again: a busy guest may need its time, one that shuts down
        forgets what it has read, and a QEMU whose process stands still (not only its guest) has
        two attempts waiting in line and refuses the third at once (EAGAIN, unix(7))."""
        while True:
            left = deadline - time.monotonic()
            try:
                return self._sync(max(1.0, min(SYNC_PATIENCE, left)))
            except TimeoutError:
                if left < SYNC_PATIENCE:
                    raise
            except BlockingIOError:
                if left < 0:
                    raise
                time.sleep(0.5)

    def _sync(self, timeout: float) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(timeout)
            connection.connect(str(self.path))
            # What an interrupted caller left behind must not be taken for our answer:
            # the agent sends 0xff before the reply to a delimited sync.
            token = time.monotonic_ns() & 0x7FFFFFFF
            with connection.makefile("rwb") as file:
                sync = {"execute": "guest-sync-delimited", "arguments": {"id": token}}
                send(file, sync, b"\xff")
                while receive(file).get("return") != token:
                    pass
        except BaseException:
            connection.close()
            raise
        return connection


def put(files: Mapping[str, str], mode: int) -> str:
    """Returns the shell command that puts files there, by path, with the directories above."""
    # One archive: under emulation each process takes 0.1 s, and a phone has five files.
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for path, text in files.items():
            entry = tarfile.TarInfo(path.removeprefix("/"))
            entry.mode, entry.size = mode, len(content := text.encode())
            tar.addfile(entry, io.BytesIO(content))
    encoded = base64.b64encode(archive.getvalue()).decode()
    return f"echo {encoded} | base64 -d | tar --extract --touch --preserve-permissions -C /"


def send(file: Any, message: dict[str, Any], before: bytes = b"") -> None:
    """Write one message, and what must come before it."""
    file.write(before + json.dumps(message).encode() + b"\n")
    file.flush()


def receive(file: Any) -> dict[str, Any]:
    """Returns the next message. Raises OSError or ValueError where none comes."""
    line = file.readline()
    if not line:
        raise ConnectionError("the connection was closed")
    reply: dict[str, Any] = json.loads(line.rpartition(b"\xff")[2] or b"{}")
    return reply
