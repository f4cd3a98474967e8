"""A guest agent that only pretends, over a real socket."""

from __future__ import annotations

import base64
import json
import socket
import threading
from pathlib import Path
from typing import Any


class Speaker(threading.Thread):
    """Serves one connection after the other, a line at a time, until its socket is closed."""

    greeting = b""

    def __init__(self, path: Path) -> None:
        super().__init__(daemon=True)
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(str(path))
        self.server.listen()

    def run(self) -> None:
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as file:
                file.write(self.greeting)
                file.flush()
                for line in file:
                    file.write(self.answer(line))
                    file.flush()

    def answer(self, line: bytes) -> bytes:
        """Returns what to say to a line, or nothing at all: as here, to each."""
        return b""


class Agent(Speaker):
    """Answers guest-exec with a canned status and output, after some line noise."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.status, self.output, self.polls = 0, "", 2
        self.commands: list[str] = []
        self.lost_syncs, self.silent_to, self.forgets = 0, "", False
        self.ends, self.quiet = path.with_suffix(".ends"), False

    def answer(self, line: bytes) -> bytes:
        request = json.loads(line.rpartition(b"\xff")[2])
        return b"" if self.loses(request) else self.reply(request) + b"\n"

    def loses(self, request: dict[str, Any]) -> bool:
        if request["execute"] == "guest-sync-delimited" and self.lost_syncs:
            self.lost_syncs -= 1
            return True
        if request["execute"] == "guest-shutdown":
            self.silent_to = "guest-exec"
        return request["execute"] in (self.silent_to, "guest-shutdown")

    def reply(self, request: dict[str, Any]) -> bytes:
        arguments = request.get("arguments", {})
        name = request["execute"]
        if name == "guest-sync-delimited":
            # An answer that somebody else did not wait for comes first.
            return (
                b'{"return": {"pid": 1}}\n\xff' + json.dumps({"return": arguments["id"]}).encode()
            )
        if name == "guest-exec":
            self.commands.append(arguments["arg"][1])
            if not self.quiet:
                self.say_end()
            return b'{"return": {"pid": 7}}'
        if name == "guest-exec-status" and self.forgets:
            # As Debian 13's agent printed it in CI, placeholder and all.
            return b'{"error": {"class": "GenericError", "desc": "PID ld does not exist"}}'
        if name == "guest-exec-status":
            self.polls -= 1
            done = {
                "exited": True,
                "exitcode": self.status,
                "out-data": base64.b64encode(self.output.encode()).decode(),
            }
            return json.dumps({"return": done if self.polls < 0 else {"exited": False}}).encode()
        return json.dumps({"error": {"desc": f"unknown {name}"}}).encode()

    def say_end(self) -> None:
        with self.ends.open("a") as port:
            port.write("\n")
