"""QEMU's guest agent, the stand-in for Azure's own: requests and answers in JSON lines
(QEMU, "Guest Agent Protocol Reference")."""

from __future__ import annotations

import json
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.host import LabError


@dataclass(frozen=True)
class GuestAgent:
    """The agent of one machine, behind a socket on ours."""

    name: str
    path: Path

    def ask(
        self,
        request: str,
        arguments: dict[str, Any] | None = None,
        *,
        answer: bool = True,
        timeout: float = 30,
    ) -> Any:
        """One request to the guest agent.

        Raises:
            OSError: the agent is not there or does not answer in `timeout` seconds.
            LabError: it refused.
        """
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout)
            connection.connect(str(self.path))
            file = connection.makefile("rwb")
            # What an interrupted caller left behind must not be taken for our answer:
            # the agent sends 0xff before the reply to a delimited sync.
            token = time.monotonic_ns() & 0x7FFFFFFF
            _send(file, {"execute": "guest-sync-delimited", "arguments": {"id": token}}, b"\xff")
            while (line := _receive(file)).get("return") != token:
                pass
            _send(file, {"execute": request, "arguments": arguments or {}})
            if not answer:
                return None
            line = _receive(file)
            if "error" in line:
                raise LabError(f"{self.name}: {request}: {line['error'].get('desc')}")
            return line["return"]


def _send(file: Any, message: dict[str, Any], before: bytes = b"") -> None:
    file.write(before + json.dumps(message).encode() + b"\n")
    file.flush()


def _receive(file: Any) -> dict[str, Any]:
    line = file.readline()
    if not line:
        raise ConnectionError("the guest agent closed the connection")
    reply: dict[str, Any] = json.loads(line.rpartition(b"\xff")[2] or b"{}")
    return reply
