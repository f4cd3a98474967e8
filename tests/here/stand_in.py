"""What stands behind Azure where nothing boots: what it is told is kept, and IKE is answered as the
filter says that it was told, if the machine was given something that cloud-init would take."""

from __future__ import annotations

import base64
import json
import os
import re
import shlex
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from here.computer import Computer
from lab.lab import PUBLIC_ADDRESS
from lab.machines.expectations import ExpectationFailed
from tests.gateway.responders import OUR_GATEWAY, Answers, marked, responding

ROOT = Path(__file__).parents[2]
PORTS = (500, 4500)
OPEN = "open-ports"


@dataclass
class StandIn:
    """A ground without machines."""

    path: Path
    told: list[dict[str, Any]] = field(default_factory=list)
    answer: dict[str, Any] = field(default_factory=dict)

    @property
    def given(self) -> list[bytes]:
        """The custom data of each machine, in order."""
        found = (message.get("custom_data") for message in self.told)
        return [base64.b64decode(each) for each in found if each is not None]

    @property
    def stands(self) -> bool:
        return bool(self.told and self.told[-1]["machine"])

    def files(self) -> dict[str, str]:
        """What cloud-init would write on the newest machine, by path."""
        told = yaml.safe_load(self.given[-1])
        return {file["path"]: file["content"] for file in told["write_files"]}

    def passwords(self) -> dict[str, str]:
        """As pppd reads them on the newest machine: words, and \\ before " and \\ in quotes."""
        lines = self.files()["/etc/ppp/chap-secrets"].splitlines()
        try:
            words = [shlex.split(line) for line in lines if line]
        except ValueError as error:
            raise ExpectationFailed(f"no such line can be read: {error}") from None
        return {user: password for user, _, password, _ in words}

    def ikev2_passwords(self) -> dict[str, str]:
        """As charon reads them on the newest machine: in quotes, or in hexadecimal after 0x."""
        text = self.files()["/etc/swanctl/conf.d/ikev2-secrets.conf"]
        found = re.findall(r"^id\d* = fqdn:(.*)\n(?:id.*\n)*secret = (.*)$", text, re.MULTILINE)
        return {user: charon_reads(secret) for user, secret in found}

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as file:
                file.write(json.dumps(self._said(json.loads(file.readline()))).encode() + b"\n")

    def _said(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["verb"] == "stand":
            self.told.append(message)
            self.path.with_name(OPEN).write_text(" ".join(self._open_ports()))
            return self.answer
        return {} if self.stands else {"error": "the machine is not running"}

    def _open_ports(self) -> list[str]:
        boots = self.stands and self.given and self.given[-1].startswith(b"#cloud-config\n")
        rules = self.told[-1]["rules"] if boots else []
        return [rule["destinationPortRange"] for rule in rules if rule["access"] == "Allow"]


def charon_reads(secret: str) -> str:
    """swanctl.conf(5): what begins with 0x is hexadecimal, anything else stands in quotes."""
    if secret.startswith("0x"):
        return bytes.fromhex(secret.removeprefix("0x")).decode()
    return secret.removeprefix('"').removesuffix('"')


@contextmanager
def standing_in(path: Path) -> Iterator[StandIn]:
    ground = StandIn(path)
    path.with_name(OPEN).touch()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=ground.serve, args=(listener,), daemon=True)
        thread.start()
        yield ground
        listener.shutdown(socket.SHUT_RDWR)


NET = """
set -eu
ip link set lo up
ip address add {address}/32 dev lo
{python} -m tests.here.stand_in {open} & trap "kill $!" EXIT
for try in $(seq 200); do ss -Hlun | grep -q :4500 && break; sleep 0.1; done
"$@"
"""


@dataclass(frozen=True)
class OnStandIn(Computer):
    """A computer on whose net the stand-in's machine answers."""

    open: Path

    def enter(self, command: Sequence[str]) -> list[str]:
        words = {"python": sys.executable, "open": shlex.quote(str(self.open))}
        script = NET.format(address=PUBLIC_ADDRESS, **words)
        user = [] if os.geteuid() == 0 else ["--map-root-user"]
        inside = ["unshare", "--net", "--fork", "--kill-child", *user]
        return [*inside, "env", f"PYTHONPATH={ROOT}", "bash", "-c", script, "in", *command]


def main() -> None:
    """Answer on the ports that the file names, until ended."""
    named = Path(sys.argv[1])

    def let_in(port: int) -> Answers:
        answers = marked(OUR_GATEWAY) if port == 4500 else OUR_GATEWAY
        return lambda packet: answers(packet) if str(port) in named.read_text().split() else []

    with ExitStack() as stack:
        for port in PORTS:
            stack.enter_context(responding(let_in(port), PUBLIC_ADDRESS, port))
        threading.Event().wait()


if __name__ == "__main__":
    main()
