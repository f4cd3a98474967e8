"""Somebody, or Azure itself, changes things behind Pulumi's back. One stack, in order."""

from __future__ import annotations

from typing import Any

import pytest

from here.azure import rest
from here.azure.kinds import KINDS
from tests.engine.world import Stack

VIRTUAL_MACHINE = KINDS["azure-native:compute:VirtualMachine"]


@pytest.fixture(scope="module")
def up(life: Stack) -> Stack:
    assert life.up().code == 0
    return life


def change(stack: Stack, kind: str, path: str, value: Any) -> None:
    """What a reading of this resource shows from now on."""
    with stack.world.azure.open() as known:
        (entry,) = [e for e in known.values() if e.get("token", "").endswith(f":{kind}")]
        *parts, last = path.split(".")
        place = entry["outputs"]
        for part in parts:
            place = place[part]
        place[last] = value


FILLED_IN = (
    ("VirtualMachine", "osProfile.linuxConfiguration.enableVMAgentPlatformUpdates", True),
    ("VirtualMachine", "storageProfile.osDisk.writeAcceleratorEnabled", False),
    ("VirtualMachine", "securityProfile.encryptionAtHost", False),
    ("VirtualMachine", "storageProfile.imageReference.exactVersion", "0.20261115.2000"),
    ("NetworkInterface", "nicType", "Standard"),
)


def test_a_default_that_azure_fills_in_costs_no_machine(up: Stack) -> None:
    for kind, path, value in FILLED_IN:
        change(up, kind, path, value)
    assert up.refresh("--expect-no-changes").code != 0
    done = up.up()
    assert done.code == 0, done.text
    assert done.steps() == {"VirtualMachine": "update", "NetworkInterface": "update"}
    assert up.up("--expect-no-changes").code == 0


def test_a_tag_changed_by_hand_is_seen_and_put_back(up: Stack) -> None:
    change(up, "PublicIPAddress", "tags.purpose", "dinner")
    seen = up.refresh("--expect-no-changes")
    assert seen.code != 0
    mended = up.up()
    assert mended.code == 0, mended.text
    assert mended.steps() == {"PublicIPAddress": "update"}
    (address,) = up.world.azure.resources("PublicIPAddress")
    assert "purpose" not in address["outputs"]["tags"]


def test_a_machine_deleted_by_hand_is_made_again(up: Stack) -> None:
    (machine,) = up.world.azure.resources("VirtualMachine")
    before = up.outputs()
    rest.delete(up.world.azure, VIRTUAL_MACHINE, machine["id"])
    assert up.refresh().code == 0
    mended = up.up()
    assert mended.code == 0, mended.text
    assert mended.steps() == {"VirtualMachine": "create"}
    assert {k: up.outputs()[k] for k in ("server", "address")} == {
        k: before[k] for k in ("server", "address")
    }
