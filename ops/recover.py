"""After a pulumi up or pulumi destroy that was killed: bring the stack's state and
Azure together again, so that the command can be repeated.

What was being created at that moment may exist in Azure without the state knowing it: the next up
would make a second one, or stop at a name that is taken. Its Azure id follows from what was asked
for, so nobody has to look it up. Only when no other pulumi works on that stack: its lock is taken
away.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ops import azure
from ops.cli import OpsError, checked_name
from ops.pulumi import Pulumi

_GROUP = "/resourceGroups/{resourceGroupName}"
_NETWORK = f"{_GROUP}/providers/Microsoft.Network"
IDS: Mapping[str, str] = {
    "azure-native:resources:ResourceGroup": _GROUP,
    "azure-native:network:VirtualNetwork": f"{_NETWORK}/virtualNetworks/{{virtualNetworkName}}",
    "azure-native:network:Subnet": (
        f"{_NETWORK}/virtualNetworks/{{virtualNetworkName}}/subnets/{{subnetName}}"
    ),
    "azure-native:network:PublicIPAddress": (
        f"{_NETWORK}/publicIPAddresses/{{publicIpAddressName}}"
    ),
    "azure-native:network:NetworkSecurityGroup": (
        f"{_NETWORK}/networkSecurityGroups/{{networkSecurityGroupName}}"
    ),
    "azure-native:network:NetworkInterface": (
        f"{_NETWORK}/networkInterfaces/{{networkInterfaceName}}"
    ),
    "azure-native:compute:VirtualMachine": (
        f"{_GROUP}/providers/Microsoft.Compute/virtualMachines/{{vmName}}"
    ),
    "azure-native:devtestlab:GlobalSchedule": (
        f"{_GROUP}/providers/Microsoft.DevTestLab/schedules/{{name}}"
    ),
}
"""How Azure calls what the program creates, with the inputs that name it."""


class RecoverError(OpsError):
    """The stack can't be mended from here; says what to set."""


def adopt(deployment: dict[str, Any]) -> dict[str, Any]:
    """Take what was being created into the state, as if it had been, and return the inputs
    of each by URN. The next refresh asks Azure about each, and drops what it has not got.

    Raises:
        RecoverError: see `subscription`.
    """
    known = {resource["urn"] for resource in deployment.setdefault("resources", [])}
    doubtful = [
        operation["resource"]
        for operation in deployment.pop("pending_operations", None) or []
        if operation["type"] == "creating"
        and operation["resource"]["type"] in IDS
        and operation["resource"]["urn"] not in known
    ]
    if doubtful:
        prefix = f"/subscriptions/{subscription(deployment)}"
        for resource in doubtful:
            resource["id"] = prefix + IDS[resource["type"]].format(**resource["inputs"])
            # What it depends on was there before, so the end is the right place.
            deployment["resources"].append({**resource, "outputs": {}})
            print(f"in doubt: {resource['id']}", flush=True)
    return {resource["urn"]: resource["inputs"] for resource in doubtful}


def put_back(deployment: dict[str, Any], inputs: Mapping[str, Any]) -> None:
    """Put inputs back as they were asked for. With no earlier reading to compare with, the refresh
    takes Azure's defaults for changed inputs, and an `up` would then change them back."""
    for resource in deployment.get("resources") or []:
        if resource["urn"] in inputs:
            resource["inputs"] = inputs[resource["urn"]]


def subscription(deployment: Mapping[str, Any]) -> str:
    """Say where the stack lives: as its resources say, else as the provider would choose it.

    Raises:
        RecoverError: nothing says so.
    """
    for resource in deployment.get("resources") or []:
        parts = str(resource.get("id", "")).split("/")
        if parts[:2] == ["", "subscriptions"]:
            return parts[2]
    if named := os.environ.get("ARM_SUBSCRIPTION_ID"):
        return named
    try:
        return str(azure.ask(os.environ, "account", "show")["id"])
    except (OSError, ValueError, LookupError, TypeError, subprocess.SubprocessError):
        raise RecoverError(
            "which Azure subscription? Run az login, or set ARM_SUBSCRIPTION_ID, and try again"
        ) from None


def recover(pulumi: Pulumi) -> int:
    """Mend one stack; the number of resources that were in doubt.

    Raises:
        OpsError: see there. The stack is as it was.
    """
    stack = ("--stack", pulumi.stack)
    exported = _export(pulumi)
    doubtful = adopt(exported["deployment"])
    pulumi.read("cancel", "--yes", *stack)
    if doubtful:
        _import(pulumi, exported)
    pulumi.read("refresh", "--yes", "--skip-preview", *stack)
    if doubtful:
        refreshed = _export(pulumi)
        put_back(refreshed["deployment"], doubtful)
        _import(pulumi, refreshed)
    return len(doubtful)


def _export(pulumi: Pulumi) -> dict[str, Any]:
    """Secrets stay encrypted on their way out and in again."""
    return dict(json.loads(pulumi.read("stack", "export", "--stack", pulumi.stack)))


def _import(pulumi: Pulumi, exported: Mapping[str, Any]) -> None:
    pulumi.read("stack", "import", "--stack", pulumi.stack, given=json.dumps(exported))


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 1 and one line where the stack could not be mended."""
    parser = argparse.ArgumentParser(prog="python -m ops.recover", description=__doc__)
    parser.add_argument("stack", help="such as dev")
    stack = parser.parse_args(arguments).stack
    try:
        # Where it is run, as Pulumi's command itself.
        count = recover(Pulumi(os.environ, checked_name(stack), Path.cwd()))
    except OpsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    found = f"{count} in doubt, settled" if count else "nothing was in doubt"
    print(f"{found}; repeat the command that was interrupted")
    return 0


if __name__ == "__main__":
    sys.exit(main())
