"""Whether Azure has what the settings ask for, in this region and for this subscription.

Asked once, before anything is made: Azure itself says no only to the last resource, minutes
later, when the address is there and costs. Who gets no answer goes on.
"""

from __future__ import annotations

import math
import re
import subprocess
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ops import azure
from ops.backend import PROJECT
from ops.cli import OpsError
from ops.pulumi import Pulumi
from ops.region import DEFAULT_REGION, REGION, short_region

_PATIENCE = 90
"""Seconds. The list of a region's sizes takes Azure 10 to 60."""

_SKUS = "/subscriptions/{subscriptionId}/providers/Microsoft.Compute/skus"
"""az puts the subscription in."""

Sku = Mapping[str, Any]
"""What Azure says of one size (REST: Resource Skus - List)."""


def require(pulumi: Pulumi) -> None:
    """Ask Azure about the stack's size, and its region's auto-shutdown if that is set.

    Raises:
        OpsError: it is not to be had; with the key, what is, and the command that sets it.
    """
    if azure.logs_in_by_itself(pulumi.environment):
        return
    shown = pulumi.json("config", "--stack", pulumi.stack)
    settings = {key: entry.get("value") for key, entry in shown.items()}
    region = short_region(settings.get(REGION) or DEFAULT_REGION)
    size = settings.get(f"{PROJECT}:vmSize", "")
    print(f"asking Azure for {size} in {region} (at most {_PATIENCE} s)", flush=True)
    with ThreadPoolExecutor() as pool:
        skus = pool.submit(_skus, pulumi.environment, region)
        schedules = None
        if settings.get(f"{PROJECT}:shutdownTime"):
            schedules = pool.submit(_schedule_regions, pulumi.environment)
    file = pulumi.settings_file.name
    faults = [size_fault(skus.result(), size, region, pulumi.stack, file)]
    if schedules:
        faults.append(shutdown_fault(schedules.result(), region))
    if any(faults):
        raise OpsError("; and ".join(filter(None, faults)))


def size_fault(skus: Iterable[Sku], size: str, region: str, stack: str, file: str) -> str:
    """Return why the machine could not be made there; empty if it can, or nobody knows.

    Args:
        skus: what Azure answered about the region; empty if it did not.
    """
    machines = [sku for sku in skus if sku.get("resourceType") == "virtualMachines"]
    if not machines:
        return ""
    wanted = next((sku for sku in machines if _name(sku).lower() == size.lower()), None)
    reason = _reason(wanted) if wanted else "not offered there"
    if not reason:
        return ""
    others = [_name(sku) for sku in sorted(machines, key=_how_much) if not _reason(sku)][:2]
    instead = "it has no other that fits there"
    if others:
        instead = f"it has {' and '.join(others)} there: {PROJECT}:vmSize: {others[0]} in {file}"
    return (
        f"{PROJECT}:vmSize: Azure gives this subscription no {size} in {region} ({reason});"
        f" {instead}. Or another region: make up STACK={stack}-REGION REGION=REGION"
    )


def shutdown_fault(regions: Iterable[str], region: str) -> str:
    """Return why Azure could not stop the machine there; empty if it can, or nobody knows."""
    offered = {short_region(name) for name in regions}
    if not offered or region in offered:
        return ""
    return (
        f"{PROJECT}:shutdownTime: Azure has no auto-shutdown in {region}; go without it (take the"
        " line out of the stack's file), or to a region that has it, such as"
        f" {', '.join(sorted(offered & _NEARBY) or sorted(offered)[:2])}"
    )


_NEARBY = frozenset({"westus2", "japaneast", "westeurope"})
"""Named first where there is a choice."""


def _reason(sku: Sku) -> str:
    """Return why it can't be our machine; empty if it can."""
    for limit in _entries(sku, "restrictions"):
        # A zone that is shut is none of ours: the machine is in no zone.
        if limit.get("type") == "Location":
            return str(limit.get("reasonCode") or "restricted")
    able = _abilities(sku)
    if "V2" not in able.get("HyperVGenerations", "V2"):
        return "it starts no generation 2 images"
    if able.get("TrustedLaunchDisabled") == "True":
        return "it has no trusted launch"
    if able.get("CpuArchitectureType", "x64") != "x64":
        return "its processor is Arm"
    return ""


def _abilities(sku: Sku) -> dict[str, str]:
    return {str(able.get("name")): str(able.get("value")) for able in _entries(sku, "capabilities")}


def _entries(of: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """The objects in a list; what is anything else, Azure did not mean for us."""
    found = of.get(key)
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def _how_much(sku: Sku) -> tuple[float, float, str]:
    """Return a key for an order that begins with the smallest, mostly the cheapest."""
    able = _abilities(sku)
    return _number(able.get("vCPUs")), _number(able.get("MemoryGB")), _name(sku)


def _number(text: str | None) -> float:
    return float(text) if text and re.fullmatch(r"\d{1,6}(\.\d{1,6})?", text) else math.inf


def _name(sku: Sku) -> str:
    return str(sku.get("name", ""))


def _skus(environment: Mapping[str, str], region: str) -> list[Sku]:
    parameters = ("api-version=2021-07-01", f"$filter=location eq '{region}'")
    asked = ("rest", "--method", "get", "--url", _SKUS, "--uri-parameters", *parameters)
    return _entries(_answer(environment, *asked), "value")


def _schedule_regions(environment: Mapping[str, str]) -> list[str]:
    """Return the regions as Azure's portal calls them: West US 2."""
    shown = _answer(environment, "provider", "show", "--namespace", azure.SHUTDOWN_NAMESPACE)
    for kind in _entries(shown, "resourceTypes"):
        if kind.get("resourceType") == "schedules" and isinstance(kind.get("locations"), list):
            return [str(name) for name in kind["locations"]]
    return []


def _answer(environment: Mapping[str, str], *arguments: str) -> dict[str, Any]:
    """Empty if there is none: who may not ask may well be allowed to create."""
    try:
        found = azure.ask(environment, *arguments, patience=_PATIENCE)
    except (OSError, ValueError, subprocess.SubprocessError):
        return {}
    return found if isinstance(found, dict) else {}
