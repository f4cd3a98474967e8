"""What stands behind the double where machines really boot: told of each change, over a socket.

Without it, as in most tests, a machine is a line in a file and nothing boots.
"""

from __future__ import annotations

import base64
import json
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from here.azure.arm import ArmError, Azure, Resource, find, of_kind

FILE = "behind.json"
PATIENCE = 600.0
"""Seconds for an answer. A machine that is deleted may have to shut down first."""


@dataclass(frozen=True)
class Behind:
    """What boots the machines: where it listens, and which public address it routes to its
    machine."""

    socket: str
    address: str

    def write(self, directory: Path) -> None:
        """Have the subscription in this directory stand before it from now on."""
        (directory / FILE).write_text(json.dumps({"socket": self.socket, "address": self.address}))


def of(azure: Azure) -> Behind | None:
    """Returns what stands behind this subscription."""
    path = azure.directory / FILE
    return Behind(**json.loads(path.read_text())) if path.exists() else None


def custom_data(inputs: dict[str, Any]) -> bytes:
    """Returns what a machine is to be given, decoded as Azure does it."""
    try:
        return base64.b64decode(inputs.get("osProfile", {}).get("customData", ""))
    except ValueError:
        # Refused by `here.azure.machine`, with Azure's words.
        return b""


def tell(azure: Azure, given: bytes | None = None) -> None:
    """Tell what stands now, if anybody is there.

    Args:
        azure: the subscription.
        given: the custom data of a machine that was just made.

    Raises:
        ArmError: it can't be so here; with what is wrong and what to do.
    """
    behind = of(azure)
    if behind is None:
        return
    with azure.open() as known:
        message = _standing(known)
    if given is not None:
        message["custom_data"] = base64.b64encode(given).decode()
    try:
        answer = ask(behind.socket, {"verb": "stand", **message})
    except OSError as error:
        # With whoever ran the machines, they have ended too.
        answer = {"error": f"its machines' process is gone ({error})"} if message["machine"] else {}
    if "error" in answer:
        raise ArmError(409, "NotOnThisMachine", answer["error"])


def ask(path: str, message: dict[str, Any]) -> dict[str, Any]:
    """Send one message; returns the answer.

    Raises:
        OSError: nobody listens there, or nobody answered.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE)
        connection.connect(path)
        with connection.makefile("rwb") as file:
            file.write(json.dumps(message).encode() + b"\n")
            file.flush()
            return dict(json.loads(file.readline()))


def _standing(known: dict[str, Resource]) -> dict[str, Any]:
    """Returns the machine, the rules before it, its name and its network, as far as they are."""
    machines = of_kind(known, "VirtualMachine")
    if len(machines) > 1:
        raise ArmError(409, "QuotaExceeded", "one gateway at a time can stand here; down first")
    interfaces = of_kind(known, "NetworkInterface")
    found: dict[str, Any] = {"machine": None, "rules": [], "name": "", "subnets": _subnets(known)}
    for machine in machines:
        found["machine"] = machine["id"]
        named = machine["inputs"]["networkProfile"]["networkInterfaces"]
        interfaces = [interface for each in named if (interface := find(known, each["id"]))]
    for interface in interfaces:
        found["rules"] = _rules(known, interface)
        found["name"] = _name(known, interface)
    return found


def _rules(known: dict[str, Resource], interface: Resource) -> list[dict[str, Any]]:
    """Returns what is let in, first rule first. A Standard address without a filter, or an
    interface without an address, lets in nothing (learn.microsoft.com, "Public IP addresses")."""
    named = interface["inputs"].get("networkSecurityGroup", {}).get("id")
    group = find(known, named)
    if group is None or not _address(known, interface):
        return []
    rules = group["inputs"].get("securityRules", [])
    inbound = (rule for rule in rules if rule["direction"] == "Inbound")
    return sorted(inbound, key=lambda rule: int(rule["priority"]))


def _address(known: dict[str, Resource], interface: Resource) -> Resource | None:
    for part in interface["inputs"]["ipConfigurations"]:
        if address := find(known, part.get("publicIPAddress", {}).get("id")):
            return address
    return None


def _name(known: dict[str, Resource], interface: Resource) -> str:
    address = _address(known, interface) or {"outputs": {}}
    return str(address["outputs"].get("dnsSettings", {}).get("fqdn", ""))


def _subnets(known: dict[str, Resource]) -> list[str]:
    return [entry["inputs"]["addressPrefix"] for entry in of_kind(known, "Subnet")]
