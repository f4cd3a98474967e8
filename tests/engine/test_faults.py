"""Azure says no, or breaks in the middle: a clear word, and a second `pulumi up` ends it."""

from __future__ import annotations

import subprocess

import pytest

from tests.engine.azure.control import Fault
from tests.engine.conftest import SECRETS
from tests.engine.world import Stack, World

ALL = 7
"""Resources of a gateway."""


def whole(world: World) -> bool:
    """One of everything, and one disk."""
    return (len(world.azure.resources()), len(world.azure.disks())) == (ALL, 1)


def test_a_region_without_the_size_needs_another_size_and_nothing_else(stack: Stack) -> None:
    stack.world.control(unavailable=[("westus2", "Standard_B1s")])
    failed = stack.up()
    assert failed.code != 0
    assert "SkuNotAvailable" in failed.text
    assert len(stack.world.azure.resources()) == ALL - 1
    stack.configure({"vmSize": "Standard_B2ats_v2"})
    again = stack.up()
    assert again.code == 0, again.text
    assert again.steps() == {"VirtualMachine": "create"}
    assert whole(stack.world)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(
            verb="create",
            kind="VirtualMachine",
            code="OperationNotAllowed",
            status=409,
            message="it results in exceeding approved Total Regional Cores quota",
        ),
        Fault(verb="create", kind="VirtualMachine", code="AllocationFailed", accepted=True),
        Fault(verb="create", kind="NetworkInterface"),
        Fault(verb="create", kind="Subnet", code="AnotherOperationInProgress", status=429),
        Fault(verb="create", kind="ResourceGroup", code="RequestTimeout", accepted=True),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.code}",
)
def test_a_failure_in_the_middle_is_mended_by_a_second_up(stack: Stack, fault: Fault) -> None:
    stack.world.control(fault)
    failed = stack.up()
    assert failed.code != 0
    assert fault.code in failed.text
    again = stack.up()
    assert again.code == 0, again.text
    assert whole(stack.world)


def test_a_replacement_that_fails_after_the_old_machine_is_gone(stack: Stack) -> None:
    assert stack.up().code == 0
    before = stack.outputs()
    stack.configure({"mtu": "1300"})
    stack.world.control(Fault(verb="create", kind="VirtualMachine"))
    assert stack.up().code != 0
    assert stack.world.azure.resources("VirtualMachine") == []
    again = stack.up()
    assert again.code == 0, again.text
    assert whole(stack.world)
    assert stack.outputs()["address"] == before["address"]


def test_a_label_of_somebody_else_is_named(stack: Stack) -> None:
    stack.world.control(taken_labels=[("westus2", "lunch")])
    stack.configure({"dnsLabel": "lunch"})
    failed = stack.up()
    assert failed.code != 0
    assert "DnsRecordInUse" in failed.text
    assert "lunch.westus2.cloudapp.azure.com" in failed.text
    stack.configure({"dnsLabel": "lunch-2"})
    assert stack.up().code == 0
    assert whole(stack.world)


def test_a_delete_that_fails_can_be_asked_again(stack: Stack) -> None:
    assert stack.up().code == 0
    stack.world.control(Fault(verb="delete", kind="ResourceGroup"))
    assert stack.destroy().code != 0
    done = stack.destroy()
    assert done.code == 0, done.text
    assert stack.world.azure.resources() == []
    assert stack.world.azure.disks() == []


def test_two_regions_side_by_side(world: World) -> None:
    """Both come up at the same time, have names of their own, and one ends without the other."""
    regions = {"dev": "westus2", "tokyo": "japaneast"}
    stacks = {
        name: Stack(world, name, region=region, secrets=SECRETS) for name, region in regions.items()
    }
    runs: list[subprocess.Popen[str]] = [
        world.start(*stack.arguments("up", "--yes", "--skip-preview")) for stack in stacks.values()
    ]
    for run in runs:
        out, err = run.communicate(timeout=240)
        assert run.returncode == 0, out + err
    servers = {name: stack.outputs()["server"] for name, stack in stacks.items()}
    assert servers["dev"].endswith(".westus2.cloudapp.azure.com")
    assert servers["tokyo"].endswith(".japaneast.cloudapp.azure.com")
    assert len(world.azure.resources()) == 2 * ALL
    assert stacks["dev"].destroy().code == 0
    assert {entry["inputs"].get("location") for entry in world.azure.resources()} == {
        "japaneast",
        None,
    }
    assert stacks["tokyo"].up("--expect-no-changes").code == 0
