"""The ground behind the double of Azure, a process: the lab's world, a machine in it when Azure
has one, Azure's filter before it, and its name. Told over a socket; ends with whoever started it.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from here import computer, door, filter
from here.machines import Machines
from lab import host, opening
from lab.images.gateway import gateway_image
from lab.lab import HOST_PACKAGES, PRIVATE_ADDRESS, PUBLIC_ADDRESS, build
from lab.machines.expectations import ExpectationFailed
from lab.progress import Progress, write_result

SOCKET, STANDS, LOG = "ground.socket", "ground.json", "ground.log"
NAMES = "/run/names/azure"
SUBNET = f"{PRIVATE_ADDRESS.rpartition('.')[0]}.0/24"
"""The network that the lab's gateway stands in."""

LOOK = 5
"""Seconds from one look to the next whether its directory is still there."""

Message = Mapping[str, Any]


@dataclass
class Ground:
    """The world and what is in it."""

    machines: Machines
    _rules: str = ""
    _name: str = ""

    def answer(self, message: Message) -> dict[str, Any]:
        """Do what is asked; returns what came of it, or an ``error`` in one line."""
        verbs: Mapping[str, Callable[[Message], dict[str, Any]]] = {
            "stand": self.stand,
            "run": self.run,
            "console": self.console,
            "evidence": self.evidence,
        }
        try:
            return verbs[message["verb"]](message)
        except (host.LabError, ExpectationFailed, filter.NotUnderstood) as error:
            return {"error": str(error)}

    def stand(self, message: Message) -> dict[str, Any]:
        """Have stand what Azure says that stands, and nothing else."""
        if others := [each for each in message["subnets"] if each != SUBNET]:
            return {"error": f"vnetSubnet: machines here stand in {SUBNET}, not in {others[0]}"}
        if not message["machine"] and self.machines.is_on:
            self.machines.power_off()
        self._let_in(message["rules"])
        self._call(message["name"])
        if "custom_data" in message:
            self.machines.power_on(base64.b64decode(message["custom_data"]))
        return {}

    def _let_in(self, rules: list[Message]) -> None:
        wanted = filter.ruleset(rules)
        if wanted != self._rules:
            world = self.machines.lab.world
            world.write({"/run/nsg.nft": wanted})
            world.succeed("ip netns exec azure nft -f /run/nsg.nft")
            self._rules = wanted

    def _call(self, name: str) -> None:
        """Have the world's resolver know the gateway by this name; by none if it is empty."""
        if name != self._name:
            line = f"{PUBLIC_ADDRESS} {name}\n" if name else ""
            self.machines.lab.world.write({NAMES: line})
            self.machines.lab.world.succeed("systemctl kill --signal=HUP web-dns")
            self._name = name

    def run(self, message: Message) -> dict[str, Any]:
        """Run a command on the gateway, as Azure's own agent does."""
        ran = self.machines.lab.gateway.execute(message["command"], 240, 60)
        return {"status": ran.status, "output": ran.output}

    def console(self, message: Message) -> dict[str, Any]:
        """Tell what the gateway's serial console has said, and which kernels it has started."""
        if not self.machines.is_on:
            return {"error": "the machine is not running"}
        text = self.machines.lab.gateway.console.text()
        return {"text": text, "kernels": self.machines.kernels()}

    def evidence(self, message: Message) -> dict[str, Any]:
        """Fetch both journals."""
        opening.keep_evidence(self.machines.lab)
        return {}


def main() -> None:
    """Do what ``python -m here.ground DIRECTORY`` asks: build it, and answer until the end."""
    parser = argparse.ArgumentParser(prog="python -m here.ground", description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--keep", action="store_true", help="disks with the gateway's secrets")
    parser.add_argument("--phone", default="", metavar="ADDRESS", help="listen there for phones")
    told = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    # The terminal's Ctrl-C is for who started this, which then ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        run(told.directory, told.keep, told.phone)
    except (host.LabError, ExpectationFailed) as error:
        sys.exit(str(error))


def run(directory: Path, keeps: bool, phone: str) -> None:
    """Stand, and answer; whatever happens, the machines are off afterwards."""
    host.install([*HOST_PACKAGES, *computer.HOST_PACKAGES])
    host.require_space()
    gateway_image()
    machines = laid_out(directory, keeps, phone)
    lab, own = machines.lab, None
    try:
        bring_up_world(machines, phone)
        lab.world.succeed(f"{computer.router()} && {door.let_in()}")
        own = computer.plugged_in(lab.scratch)
        ground = Ground(machines)
        ground.stand({"machine": None, "rules": [], "name": "", "subnets": []})
        stands = {"pid": os.getpid(), "computer": own.pid, "scratch": str(lab.scratch)}
        serve(ground, directory, stands)
    finally:
        if own is not None:
            computer.unplug(own)
        machines.close()


def bring_up_world(machines: Machines, phone: str) -> None:
    """Have the lab's own world go on, or boot. One with a way in for phones is another machine, and
    too seldom wanted to be kept as it runs."""
    if phone:
        machines.lab.start_world()
        machines.lab.wait_for_world()
    else:
        machines.progress.phases = 1
        opening.bring_up_world(machines.progress, machines.lab)


def laid_out(directory: Path, keeps: bool, phone: str) -> Machines:
    """Returns the machines, both off, with the cables that only this ground has."""
    evidence = directory / "evidence"
    evidence.mkdir(exist_ok=True)
    user_data = directory / "custom-data"
    user_data.touch(mode=0o600)
    lab = build(evidence, user_data)
    machines = Machines(lab, user_data, keeps, Progress())
    if phone:
        lab.world.arguments = door.opened(lab.world.arguments, phone)
    return machines


def serve(ground: Ground, directory: Path, stands: Mapping[str, Any]) -> None:
    """Say that it stands, and answer one after the other until nobody needs it any more. In the
    main thread, with which the machines that it starts would end."""
    with socket.socket(socket.AF_UNIX) as listener:
        (directory / SOCKET).unlink(missing_ok=True)
        listener.bind(str(directory / SOCKET))
        listener.listen()
        listener.settimeout(LOOK)
        write_result(directory / STANDS, stands)
        while _stands(directory):
            with suppress(TimeoutError):
                connection, _ = listener.accept()
                connection.settimeout(None)
                with connection, connection.makefile("rwb") as file:
                    if line := file.readline():
                        file.write(json.dumps(ground.answer(json.loads(line))).encode() + b"\n")


def _stands(directory: Path) -> bool:
    """Returns whether what is said to stand there is this process, and not one after it."""
    with suppress(OSError, ValueError):
        return bool(json.loads((directory / STANDS).read_text())["pid"] == os.getpid())
    return False


if __name__ == "__main__":
    main()
