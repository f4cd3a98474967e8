"""Azure is asked once, before anything is made, whether it has what the settings ask for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ops.offered import shutdown_fault, size_fault
from tests.ops.conftest import Project

FREE: list[dict[str, Any]] = []
HERE = [{"type": "Location", "values": ["westus2"], "reasonCode": "NotAvailableForSubscription"}]
ZONES = [{"type": "Zone", "values": ["westus2"], "reasonCode": "NotAvailableForSubscription"}]


def sku(name: str, restrictions: list[dict[str, Any]] = FREE, **able: str) -> dict[str, Any]:
    """As Azure's list has it."""
    abilities = {"vCPUs": "1", "MemoryGB": "1", "HyperVGenerations": "V1,V2"} | able
    return {
        "name": name,
        "resourceType": "virtualMachines",
        "restrictions": restrictions,
        "capabilities": [{"name": key, "value": value} for key, value in abilities.items()],
    }


LARGE = sku("Standard_D2s_v5", vCPUs="2", MemoryGB="8")
SMALL = sku("Standard_B2ats_v2", vCPUs="2", MemoryGB="1")
MIDDLE = sku("Standard_B2als_v2", vCPUs="2", MemoryGB="4")
ARM = sku("Standard_B2pts_v2", vCPUs="2", MemoryGB="0.5", CpuArchitectureType="Arm64")
DISK = {"name": "Standard_B1s", "resourceType": "disks"}


def fault(*skus: dict[str, Any], size: str = "Standard_B1s") -> str:
    return size_fault(skus, size, "westus2", "dev", "Pulumi.dev.yaml")


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ([sku("Standard_B1s", HERE)], "NotAvailableForSubscription"),
        ([sku("Standard_B1s", ZONES + HERE)], "NotAvailableForSubscription"),
        ([sku("Standard_B1s", HyperVGenerations="V1")], "it starts no generation 2 images"),
        ([sku("Standard_B1s", TrustedLaunchDisabled="True")], "it has no trusted launch"),
        ([sku("Standard_B1s", CpuArchitectureType="Arm64")], "its processor is Arm"),
        ([], "not offered there"),
        ([DISK], "not offered there"),
    ],
)
def test_why_a_size_is_not_to_be_had(found: list[dict[str, Any]], reason: str) -> None:
    line = fault(LARGE, ARM, *found, SMALL, MIDDLE)
    assert line.startswith("lunch-gateway:vmSize: ")
    assert f"no Standard_B1s in westus2 ({reason})" in line
    # The two smallest that fit.
    assert "it has Standard_B2ats_v2 and Standard_B2als_v2 there" in line
    assert "there: lunch-gateway:vmSize: Standard_B2ats_v2 in Pulumi.dev.yaml." in line
    assert "make up STACK=dev-REGION REGION=REGION" in line


def test_nothing_that_fits_leaves_another_region() -> None:
    line = fault(sku("Standard_B1s", HERE), ARM, sku("Standard_D2_v2", HyperVGenerations="V1"))
    assert "it has no other that fits there. Or another region: make up" in line


@pytest.mark.parametrize(
    "skus",
    [
        [],
        [DISK],
        [sku("Standard_B1s"), SMALL],
        [sku("standard_b1S", ZONES)],
        [{"name": "Standard_B1s", "resourceType": "virtualMachines"}],
        [sku("Standard_B1s") | {"restrictions": None, "capabilities": "?"}],
        [{"resourceType": "virtualMachines", "capabilities": [7]}, sku("Standard_B1s")],
    ],
    ids=["no-answer", "no-machines", "offered", "a-zone-is-shut", "bare", "strange", "odd-others"],
)
def test_who_gets_no_answer_or_a_good_one_goes_on(skus: list[dict[str, Any]]) -> None:
    assert fault(*skus) == ""


def test_a_region_without_auto_shutdown() -> None:
    assert shutdown_fault([], "polandcentral") == ""
    assert shutdown_fault(["West US 2", "Japan East"], "westus2") == ""
    line = shutdown_fault(["Brazil South", "West US 2", "Japan East"], "polandcentral")
    assert line.startswith("lunch-gateway:shutdownTime: Azure has no auto-shutdown in poland")
    assert line.endswith("such as japaneast, westus2")


def answer(project: Project, name: str, content: object) -> None:
    (project.root / "answers" / name).write_text(json.dumps(content))


@pytest.mark.engine
def test_up_asks_and_preview_does_not(made: Project) -> None:
    answer(made, "skus", {"value": [sku("Standard_B1s", HERE), SMALL]})
    line = made.refused("up")
    assert "no Standard_B1s in westus2 (NotAvailableForSubscription)" in line
    made.good("preview")
    made.pulumi("config", "set", "vmSize", "Standard_B2ats_v2", "--stack", "dev")
    said = made.good("up")
    assert "asking Azure for Standard_B2ats_v2 in westus2" in said
    # By a list that can't be reached here, and before anything is made.
    assert "\nit costs until make down; make price STACK=dev asks how much\n" in said
    asked = (made.root / "az.log").read_text()
    assert "$filter=location eq 'westus2'" in asked


@pytest.mark.engine
@pytest.mark.parametrize("said", ["", "<html>", "[]", '{"value": 7}'])
def test_no_answer_is_no_reason_to_stop(made: Project, said: str) -> None:
    (made.root / "answers/skus").write_text(said)
    made.good("up")


@pytest.mark.engine
def test_up_asks_for_auto_shutdown_where_it_is_set(made: Project) -> None:
    kinds = [{"resourceType": "schedules", "locations": ["Japan East"]}]
    answer(
        made,
        "Microsoft.DevTestLab",
        {"registrationState": "Registered", "resourceTypes": [{"resourceType": "labs"}, *kinds]},
    )
    made.good("up")
    made.pulumi("config", "set", "shutdownTime", "13:30", "--stack", "dev")
    assert "no auto-shutdown in westus2" in made.refused("up")


@pytest.mark.engine
def test_a_service_principal_without_az_is_not_kept(made: Project) -> None:
    answer(made, "skus", {"value": [sku("Standard_B1s", HERE)]})
    made.good("up", ARM_CLIENT_ID="0000")
