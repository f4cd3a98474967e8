"""PUT, GET and DELETE as the provider sends them."""

from __future__ import annotations

import time
from copy import deepcopy
from typing import Any

from here.azure import behind, control, machine, network, schedule
from here.azure.arm import ArmError, Azure, Resource, erase, find, short
from here.azure.kinds import KINDS, SUBSCRIPTION, Kind

REGIONS = frozenset(
    "westus2 japaneast japanwest eastus westeurope southeastasia polandcentral".split()
)
"""Some. Any other word is a region that Azure has not got."""

RULES = {
    "VirtualNetwork": network.virtual_network,
    "Subnet": network.subnet,
    "PublicIPAddress": network.public_address,
    "NetworkSecurityGroup": network.security_group,
    "NetworkInterface": network.interface,
    "VirtualMachine": machine.machine,
    "GlobalSchedule": schedule.schedule,
}

MAX_TAGS = 50


class PartialFailure(ArmError):
    """Azure began and did not finish: the resource is there."""


def put(azure: Azure, kind: Kind, resource_id: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """Create or change a resource, and return it as a GET would.

    Raises:
        ArmError: nothing was done.
        PartialFailure: it was begun.
    """
    exists = get(azure, kind, resource_id) is not None
    verb = "update" if exists else "create"
    asked = control.fault(azure, verb, kind)
    # Before it is hidden from whoever reads it later.
    boots = kind.short == "VirtualMachine" and not exists
    given = behind.custom_data(inputs) if boots else None
    try:
        control.fail(asked, accepted=False)
        _accept(azure, kind, resource_id, inputs, asked)
    except ArmError as error:
        azure.log(verb, kind, resource_id, error.code)
        raise
    control.wait(asked)
    try:
        behind.tell(azure, given)
        control.fail(asked, accepted=True)
    except ArmError as error:
        _mark_failed(azure, resource_id)
        azure.log(verb, kind, resource_id, error.code)
        raise PartialFailure(error.status, error.code, error.message) from None
    azure.log(verb, kind, resource_id, "ok")
    return get(azure, kind, resource_id) or {}


def _accept(
    azure: Azure, kind: Kind, resource_id: str, inputs: dict[str, Any], asked: dict[str, Any] | None
) -> None:
    with azure.open() as known:
        old = find(known, resource_id)
        _place(known, kind, resource_id, inputs)
        own = deepcopy(old["own"]) if old else {}
        new: Resource = {"id": resource_id, "token": kind.token, "own": own}
        new["inputs"] = deepcopy(inputs)
        new["outputs"] = _common(kind, resource_id, inputs)
        if kind.short in RULES:
            RULES[kind.short](azure, known, new, old)
        if asked and asked["seconds"]:
            new["outputs"]["provisioningState"] = "Creating"
            new["ready_at"] = time.time() + asked["seconds"]
        known[resource_id.lower()] = new


def _place(
    known: dict[str, Resource], kind: Kind, resource_id: str, inputs: dict[str, Any]
) -> None:
    """Return what holds for every resource: a region that exists, a group to lie in, tags."""
    region = inputs.get("location")
    if region is not None and region not in REGIONS:
        raise ArmError(
            400, "LocationNotAvailableForResourceType", f"The location '{region}' is not available."
        )
    if len(inputs.get("tags", {})) > MAX_TAGS:
        raise ArmError(400, "TooManyTags", f"a resource takes {MAX_TAGS} tags")
    old = find(known, resource_id)
    if old and old["inputs"].get("location") != region:
        raise ArmError(409, "InvalidResourceLocation", f"{resource_id} is in another region.")
    if old and "gone_at" in old:
        raise ArmError(409, "ResourceGroupBeingDeleted", f"{resource_id} is being deleted.")
    if kind.short != "ResourceGroup":
        group = find(known, resource_id.partition("/providers/")[0])
        if group is None:
            raise ArmError(404, "ResourceGroupNotFound", f"no group for {resource_id}")
        if "gone_at" in group:
            raise ArmError(409, "ResourceGroupBeingDeleted", "the group is being deleted.")


def _common(kind: Kind, resource_id: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """Returns the inputs that a reading shows again, and what every resource has."""
    not_shown = kind.path_inputs() | {"azureApiVersion", "__createBeforeDelete"}
    outputs = {name: deepcopy(value) for name, value in inputs.items() if name not in not_shown}
    return outputs | {
        "name": resource_id.rpartition("/")[2],
        "type": kind.arm_type,
        "provisioningState": "Succeeded",
    }


def _mark_failed(azure: Azure, resource_id: str) -> None:
    with azure.open() as known:
        entry = find(known, resource_id)
        if entry:
            entry["outputs"]["provisioningState"] = "Failed"


def get(azure: Azure, kind: Kind, resource_id: str) -> dict[str, Any] | None:
    """Return what a reading shows, or None for 404."""
    with azure.open() as known:
        entry = find(known, resource_id)
        return deepcopy(entry["outputs"]) if entry else None


def delete(azure: Azure, kind: Kind, resource_id: str) -> None:
    """Delete a resource, and with a group all that is in it. What is gone already is no error.

    Raises:
        ArmError: something still uses it.
    """
    asked = control.fault(azure, "delete", kind)
    try:
        control.fail(asked, accepted=False)
        with azure.open() as known:
            entry = find(known, resource_id)
            if entry and kind.short != "ResourceGroup":
                network.deletable(known, kind.short, entry)
            if entry and asked and asked["seconds"]:
                entry["gone_at"] = time.time() + asked["seconds"]
            elif entry:
                _erase(known, entry)
        behind.tell(azure)
        control.wait(asked)
        control.fail(asked, accepted=True)
    except ArmError as error:
        azure.log("delete", kind, resource_id, error.code)
        raise
    azure.log("delete", kind, resource_id, "ok")


def _erase(known: dict[str, Resource], entry: Resource) -> None:
    if short(entry) == "VirtualMachine":
        failed = entry["outputs"]["provisioningState"] == "Failed"
        machine.released(known, entry, failed=failed)
    erase(known, str(entry["id"]).lower())


def kind_of(token: str) -> Kind:
    """Returns the kind that azure-native calls so.

    Raises:
        ArmError: there is none here.
    """
    if token not in KINDS:
        raise ArmError(404, "InvalidResourceType", f"this double has no {token}")
    return KINDS[token]


__all__ = ["SUBSCRIPTION", "PartialFailure", "delete", "get", "kind_of", "put"]
