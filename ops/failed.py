"""What to say after an update that failed: what stands, what of it costs, what ends it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ops.cli import OpsError
from ops.pulumi import Pulumi

_COSTS = {
    "network:PublicIPAddress": "the address",
    "compute:VirtualMachine": "the machine with its disk",
}
"""By type in the stack's state. Nothing else that the program makes has a price of its own."""

_HINTS = (
    # What is there, what is missing, what that often means.
    (
        "resources:ResourceGroup",
        "network:PublicIPAddress",
        "if Azure says DnsRecordInUse or DnsRecordIsReserved above, somebody else has the name:"
        " lunch-gateway:dnsLabel: NAME in {file}",
    ),
    (
        "network:NetworkInterface",
        "compute:VirtualMachine",
        "if Azure says SkuNotAvailable or speaks of a quota above: lunch-gateway:vmSize: SIZE in"
        " {file}, or another region (make up STACK={stack}-REGION REGION=REGION)",
    ),
)


def report(pulumi: Pulumi) -> str:
    """The lines after Pulumi's own words, which end somewhere in the middle."""
    stack = pulumi.stack
    again = f"make up STACK={stack} goes on where this stopped"
    down = f"make down STACK={stack}"
    try:
        kinds = list(_kinds(json.loads(pulumi.read("stack", "export", "--stack", stack))))
    except (OpsError, ValueError):
        return f"not up; {again}. What stands already may cost money: {down} ends it"
    if not kinds:
        return f"not up, and nothing stands on Azure, so nothing costs; {again}"
    costly = " and ".join(name for kind, name in _COSTS.items() if kind in kinds)
    price = f"paid by the hour: {costly}" if costly else "nothing of it costs money"
    stands = f"On Azure stand {len(kinds)} resources of stack {stack}; {price}. {down} deletes all"
    hints = [hint for there, gone, hint in _HINTS if there in kinds and gone not in kinds]
    known = {"stack": stack, "file": pulumi.settings_file.name}
    return "\n".join([f"not up; {again}", stands, *(hint.format(**known) for hint in hints)])


def _kinds(exported: Any) -> Iterator[str]:
    """Yield the kinds of what Azure has as far as the state knows, such as
    ``network:PublicIPAddress``: what was being made when a command was killed may be there as
    well."""
    deployment = exported.get("deployment") if isinstance(exported, Mapping) else None
    state = deployment if isinstance(deployment, Mapping) else {}
    began = [entry.get("resource") or {} for entry in state.get("pending_operations") or ()]
    for resource in [*(state.get("resources") or ()), *began]:
        provider, _, kind = str(resource.get("type", "")).partition(":")
        if provider == "azure-native" and resource.get("custom"):
            yield kind
