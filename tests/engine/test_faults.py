"""Azure says no, or breaks in the middle: a clear word, and a second `pulumi up` ends it."""

from __future__ import annotations

import subprocess

from here.azure.control import Fault
from ops.failed import report
from ops.pulumi import Pulumi
from tests.engine.conftest import SECRETS
from tests.engine.world import Stack, World

ALL = 7
"""Resources of a gateway."""


def said_after(stack: Stack) -> str:
    """What make up adds to Pulumi's own words."""
    return report(Pulumi(stack.world.environment, stack.name, stack.world.project))


def whole(world: World) -> bool:
    """One of everything, and one disk."""
    return (len(world.azure.resources()), len(world.azure.disks())) == (ALL, 1)


FAILURES = [
    Fault(verb="create", kind="ResourceGroup", code="RequestTimeout", accepted=True),
    Fault(verb="create", kind="Subnet", code="AnotherOperationInProgress", status=429),
    Fault(verb="create", kind="NetworkInterface"),
    Fault(verb="create", kind="VirtualMachine", code="OperationNotAllowed", status=409),
    Fault(verb="create", kind="VirtualMachine", code="AllocationFailed", accepted=True),
]
"""Each further on than the one before. A quota is OperationNotAllowed; what was accepted
exists in a failed state."""


def test_one_failure_after_another_and_then_it_is_up(life: Stack) -> None:
    for fault in FAILURES:
        life.world.control(fault)
        failed = life.up()
        assert failed.code != 0
        assert fault.code in failed.text
    done = life.up()
    assert done.code == 0, done.text
    assert whole(life.world)
    assert life.up("--expect-no-changes").code == 0


def test_a_replacement_that_fails_after_the_old_machine_is_gone(life: Stack) -> None:
    before = life.outputs()
    life.configure({"mtu": "1300"})
    life.world.control(Fault(verb="create", kind="VirtualMachine"))
    assert life.up().code != 0
    assert life.world.azure.resources("VirtualMachine") == []
    again = life.up()
    assert again.code == 0, again.text
    assert whole(life.world)
    assert life.outputs()["address"] == before["address"]


def test_a_delete_that_fails_can_be_asked_again(life: Stack) -> None:
    life.world.control(Fault(verb="delete", kind="ResourceGroup"))
    assert life.destroy().code != 0
    done = life.destroy()
    assert done.code == 0, done.text
    assert life.world.azure.resources() == []
    assert life.world.azure.disks() == []


def test_what_is_not_to_be_had_is_named_and_another_setting_helps(life: Stack) -> None:
    """A label of somebody else, a size that the region has not got, too few cores."""
    small, other, large = "Standard_B1s", "Standard_B2ats_v2", "Standard_B4as_v2"
    missing = {"taken_labels": [("westus2", "lunch")], "unavailable": [("westus2", small)]}
    life.world.control(**missing, cores={"westus2": 3})
    life.configure({"dnsLabel": "lunch", "vmSize": small})
    failed = life.up()
    assert failed.code != 0
    assert "DnsRecordInUse" in failed.text
    assert "nothing of it costs money" in said_after(life)
    assert "if Azure says DnsRecordInUse" in said_after(life)
    assert "lunch.westus2.cloudapp.azure.com" in failed.text
    for size, word in ((small, "SkuNotAvailable"), (large, "Cores quota")):
        life.configure({"dnsLabel": "lunch-2", "vmSize": size})
        failed = life.up()
        assert failed.code != 0
        assert word in failed.text
        assert "paid by the hour: the address. make down" in said_after(life)
        assert "if Azure says SkuNotAvailable or speaks of a quota" in said_after(life)
        assert len(life.world.azure.resources()) == ALL - 1
    life.configure({"vmSize": other})
    done = life.up()
    assert done.code == 0, done.text
    assert done.steps() == {"VirtualMachine": "create"}
    assert whole(life.world)


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
