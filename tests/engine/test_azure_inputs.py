"""What the double says of inputs: against the SDK's types, and how two of them differ."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from here.azure import diff, schema
from tests.engine.samples import SAMPLES, changed, kind


@pytest.mark.parametrize(
    ("short", "change", "word"),
    [
        ("VirtualMachine", {"osProfile.colour": "red"}, "unknown property 'osProfile.colour'"),
        ("VirtualMachine", {"osProfile.adminUsername": 1}, "'osProfile.adminUsername'"),
        ("VirtualMachine", {"resourceGroupName": None}, "missing required"),
        ("VirtualMachine", {"networkProfile.networkInterfaces": {}}, "'array'"),
        ("VirtualMachine", {"storageProfile.osDisk.deleteOption": "Maybe"}, "'Maybe'"),
        ("PublicIPAddress", {"sku.name": "Gold"}, "'Gold'"),
        ("Subnet", {"defaultOutboundAccess": "no"}, "'bool'"),
        ("NetworkSecurityGroup", {"securityRules": [{"access": "Allow"}]}, "missing required"),
    ],
)
def test_inputs_are_held_against_the_sdk(
    sdk_types: Path, short: str, change: dict[str, Any], word: str
) -> None:
    classes = json.loads(sdk_types.read_text())
    assert schema.faults(classes, kind(short).token, SAMPLES[short]) == []
    found = schema.faults(classes, kind(short).token, changed(short, change))
    assert len(found) >= 1
    assert word in " ".join(found)


@pytest.mark.parametrize(
    ("short", "change", "expected"),
    [
        ("VirtualMachine", {"osProfile.customData": "IyB4"}, {"osProfile.customData": "UPDATE"}),
        ("VirtualMachine", {"location": "japaneast"}, {"location": "UPDATE_REPLACE"}),
        ("VirtualMachine", {"location": "West US 2"}, {}),
        ("VirtualMachine", {"vmName": "x"}, {"vmName": "UPDATE_REPLACE"}),
        ("PublicIPAddress", {"sku.name": "Basic"}, {"sku.name": "UPDATE_REPLACE"}),
        ("PublicIPAddress", {"sku.tier": "Global"}, {"sku.tier": "ADD"}),
        ("Subnet", {"virtualNetworkName": "x"}, {"virtualNetworkName": "UPDATE_REPLACE"}),
        (
            "NetworkInterface",
            {"ipConfigurations": [schema.UNKNOWN]},
            {"ipConfigurations[0]": "UPDATE"},
        ),
        ("NetworkInterface", {"ipConfigurations": schema.UNKNOWN}, {"ipConfigurations": "UPDATE"}),
    ],
)
def test_differences_as_azure_native_reports_them(
    short: str, change: dict[str, Any], expected: dict[str, str]
) -> None:
    assert diff.changes(kind(short), SAMPLES[short], changed(short, change)) == expected


def test_drift_goes_into_the_inputs_and_defaults_do_not() -> None:
    inputs = {"a": {"kept": 1}, "list": [{"x": 1}]}
    before = {"a": {"kept": 1, "default": 2}, "list": [{"x": 1, "y": 2}]}
    after = {"a": {"kept": 3, "default": 2, "new": 4}, "list": [{"x": 1, "y": 5}]}
    assert diff.apply_drift(inputs, before, before) == inputs
    assert diff.apply_drift(inputs, before, after) == {
        "a": {"kept": 3, "new": 4},
        "list": [{"x": 1, "y": 5}],
    }
