"""A gateway's life from its first `pulumi up` to its end, one stack led through the tests
in their order. Each leaves the stack up, and says in one sentence what a user sees."""

from __future__ import annotations

import json

import pytest

from tests.engine.conftest import ALICE, BOB, PSK
from tests.engine.world import Done, Stack

EVERYTHING = {
    "ResourceGroup",
    "VirtualNetwork",
    "Subnet",
    "PublicIPAddress",
    "NetworkSecurityGroup",
    "NetworkInterface",
    "VirtualMachine",
}
REPLACED = {"VirtualMachine": "replace"}


def outside(stack: Stack) -> tuple[object, object]:
    """What a phone knows of the gateway."""
    outputs = stack.outputs()
    return outputs["server"], outputs["address"]


def replaced_alone(done: Done) -> None:
    assert done.code == 0, done.text
    assert done.steps() == REPLACED


@pytest.fixture(scope="module")
def up(life: Stack) -> Stack:
    done = life.up()
    assert done.code == 0, done.text
    assert done.steps() == dict.fromkeys(EVERYTHING, "create")
    return life


def test_a_preview_creates_nothing(life: Stack) -> None:
    done = life.preview()
    assert done.code == 0, done.text
    assert set(done.steps()) == EVERYTHING
    assert life.world.azure.resources() == []
    assert life.world.azure.calls() == []


def test_the_first_up_makes_a_gateway_with_an_address_and_a_name(up: Stack) -> None:
    outputs = up.outputs()
    (address,) = up.world.azure.resources("PublicIPAddress")
    assert outputs["address"] == address["outputs"]["ipAddress"]
    assert outputs["server"] == address["outputs"]["dnsSettings"]["fqdn"]
    assert (outputs["psk"], outputs["passwords"]) == (PSK, {"alice": ALICE})
    kinds = {entry["token"].rpartition(":")[2] for entry in up.world.azure.resources()}
    assert kinds == EVERYTHING


def test_another_up_changes_nothing(up: Stack) -> None:
    requests = len(up.world.azure.calls())
    done = up.up("--expect-no-changes")
    assert done.code == 0, done.text
    assert len(up.world.azure.calls()) == requests


def test_a_change_of_the_guest_replaces_the_machine_alone(up: Stack) -> None:
    """The preview shows what changes inside; address and name stay."""
    before = outside(up)
    up.configure({"mtu": "1300"})
    previewed = up.preview("--diff")
    replaced_alone(previewed)
    assert previewed.replacing("VirtualMachine") == ["osProfile.customData"]
    inside = {line.strip() for line in previewed.text.splitlines()}
    assert {"- mtu 1280", "+ mtu 1300"} <= inside
    replaced_alone(up.up())
    assert outside(up) == before


def test_the_old_machine_and_its_disk_are_gone(up: Stack) -> None:
    assert len(up.world.azure.resources("VirtualMachine")) == 1
    assert len(up.world.azure.disks()) == 1


def test_a_new_user_replaces_the_machine_alone(up: Stack) -> None:
    before = outside(up)
    up.configure({}, {"users.bob": BOB})
    replaced_alone(up.preview())
    replaced_alone(up.up())
    assert outside(up) == before
    assert up.outputs()["passwords"] == {"alice": ALICE, "bob": BOB}


def test_another_size_replaces_the_machine_alone(up: Stack) -> None:
    """Azure would refuse it in place: other hardware, and no temporary disk."""
    before = outside(up)
    up.configure({"vmSize": "Standard_B2ats_v2"})
    previewed = up.preview()
    replaced_alone(previewed)
    assert previewed.replacing("VirtualMachine") == ["hardwareProfile.vmSize"]
    replaced_alone(up.up())
    assert outside(up) == before


def test_tags_change_in_place(up: Stack) -> None:
    up.configure({"tags.owner": "alice"})
    done = up.up()
    assert done.code == 0, done.text
    assert done.steps() == dict.fromkeys(EVERYTHING - {"Subnet"}, "update")
    for entry in up.world.azure.resources():
        if "Subnet" not in entry["token"]:
            assert entry["outputs"]["tags"]["owner"] == "alice"


def test_a_daily_stop_comes_and_goes_beside_the_machine(up: Stack) -> None:
    """Azure takes its name, its time and its zone."""
    for settings, step in (
        ({"shutdownTime": "13:30"}, "create"),
        ({"shutdownTimeZone": "W. Europe Standard Time"}, "update"),
    ):
        up.configure(settings)
        done = up.up()
        assert done.code == 0, done.text
        assert done.steps() == {"GlobalSchedule": step}
    (schedule,) = up.world.azure.resources("GlobalSchedule")
    assert schedule["inputs"]["timeZoneId"] == "W. Europe Standard Time"
    up.remove("shutdownTime", "shutdownTimeZone")
    done = up.up()
    assert done.code == 0, done.text
    assert done.steps() == {"GlobalSchedule": "delete"}


def test_another_label_is_another_name_for_the_guest_too(up: Stack) -> None:
    """IKEv2 clients want it to call itself as they do. The address stays."""
    _, address = outside(up)
    up.configure({"dnsLabel": "lunch-of-alice"})
    done = up.up()
    assert done.code == 0, done.text
    assert done.steps() == {"PublicIPAddress": "update", "VirtualMachine": "replace"}
    assert outside(up) == ("lunch-of-alice.westus2.cloudapp.azure.com", address)


def test_another_network_keeps_address_and_name(up: Stack) -> None:
    before = outside(up)
    up.configure({"vnetSubnet": "10.77.0.0/24"})
    done = up.up()
    assert done.code == 0, done.text
    replaced = {"VirtualNetwork", "Subnet", "NetworkInterface", "VirtualMachine"}
    assert done.steps() == dict.fromkeys(replaced, "replace")
    assert outside(up) == before


def test_refresh_after_nothing_happened_changes_nothing(up: Stack) -> None:
    done = up.refresh("--expect-no-changes")
    assert done.code == 0, done.text
    assert up.up("--expect-no-changes").code == 0


def test_another_region_moves_everything(up: Stack) -> None:
    up.configure({"azure-native:location": "japaneast"})
    done = up.up()
    assert done.code == 0, done.text
    assert up.outputs()["server"] == "lunch-of-alice.japaneast.cloudapp.azure.com"
    regions = {entry["inputs"].get("location") for entry in up.world.azure.resources()}
    assert regions == {"japaneast", None}
    assert len(up.world.azure.resources()) == len(EVERYTHING)
    assert len(up.world.azure.disks()) == 1


def test_destroy_leaves_nothing_asks_once_and_keeps_the_configuration(up: Stack) -> None:
    settings = up.file.read_text()
    before = len(up.world.azure.calls())
    done = up.destroy()
    assert done.code == 0, done.text
    requests = up.world.azure.calls()[before:]
    assert [(call["verb"], call["kind"]) for call in requests] == [("delete", "ResourceGroup")]
    assert up.world.azure.resources() == []
    assert up.world.azure.disks() == []
    assert not up.state().get("latest", {}).get("resources")
    assert up.file.read_text() == settings


def test_up_after_destroy_needs_no_new_settings_on_the_phone(up: Stack) -> None:
    done = up.up()
    assert done.code == 0, done.text
    outputs = up.outputs()
    assert outputs["server"] == "lunch-of-alice.japaneast.cloudapp.azure.com"
    assert (outputs["psk"], outputs["passwords"]) == (PSK, {"alice": ALICE, "bob": BOB})
    assert json.dumps(up.state()).count("VirtualMachine") > 0
