"""What the double tells of Azure to what stands behind it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from here.azure import rest
from here.azure.arm import Azure
from here.azure.behind import Behind
from tests.engine.samples import SAMPLES, delete, put
from tests.here.stand_in import StandIn, standing_in

GIVEN = SAMPLES["VirtualMachine"]["osProfile"]["customData"]
ADDRESS = "198.18.3.10"


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[StandIn]:
    with standing_in(tmp_path / "socket") as ground:
        yield ground


@pytest.fixture
def azure(tmp_path: Path, ground: StandIn) -> Azure:
    azure = Azure(tmp_path)
    Behind(str(ground.path), ADDRESS).write(tmp_path)
    return azure


def make(azure: Azure, but: str = "", **change: Any) -> None:
    for short in SAMPLES:
        put(azure, short, **(change if short == but else {}))


def test_a_machine_is_given_its_very_bytes_once(azure: Azure, ground: StandIn) -> None:
    make(azure)
    put(azure, "VirtualMachine", tags={"owner": "alice"})
    assert ground.given == [base64.b64decode(GIVEN)]
    assert ground.stands


def test_the_address_is_the_one_that_is_routed(azure: Azure) -> None:
    make(azure)
    (address,) = azure.resources("PublicIPAddress")
    assert address["outputs"]["ipAddress"] == ADDRESS


def test_name_and_rules_are_told_first_rule_first(azure: Azure, ground: StandIn) -> None:
    last, first = (
        {
            "name": name,
            "priority": priority,
            "direction": "Inbound",
            "access": "Allow",
            "protocol": "Udp",
            "sourcePortRange": "*",
            "destinationPortRange": "500",
            "sourceAddressPrefix": "*",
            "destinationAddressPrefix": "*",
        }
        for name, priority in (("last", 4000), ("first", 100))
    )
    out = {**first, "name": "out", "direction": "Outbound"}
    make(azure, "NetworkSecurityGroup", securityRules=[last, out, first])
    told = ground.told[-1]
    assert [rule["name"] for rule in told["rules"]] == ["first", "last"]
    (address,) = azure.resources("PublicIPAddress")
    assert told["name"] == address["outputs"]["dnsSettings"]["fqdn"]
    assert told["subnets"] == [SAMPLES["Subnet"]["addressPrefix"]]


def test_an_interface_without_a_filter_lets_nothing_in(azure: Azure, ground: StandIn) -> None:
    make(azure, "NetworkInterface", networkSecurityGroup=None)
    assert ground.told[-1]["rules"] == []


def test_a_deleted_machine_ends_and_its_name_stays(azure: Azure, ground: StandIn) -> None:
    make(azure)
    delete(azure, "VirtualMachine")
    assert not ground.stands
    assert ground.told[-1]["name"]


def test_with_the_group_all_of_it_ends(azure: Azure, ground: StandIn) -> None:
    make(azure)
    delete(azure, "ResourceGroup")
    assert ground.told[-1] == {
        "verb": "stand", "machine": None, "rules": [], "name": "", "subnets": []
    }  # fmt: skip


def test_what_can_not_be_here_is_told_and_leaves_a_failed_resource(
    azure: Azure, ground: StandIn
) -> None:
    ground.answer = {"error": "vnetSubnet: not here"}
    with pytest.raises(rest.PartialFailure, match="vnetSubnet: not here"):
        make(azure)
    (failed,) = azure.resources()
    assert failed["outputs"]["provisioningState"] == "Failed"


def test_where_nobody_is_there_any_more_things_can_go_and_not_come(tmp_path: Path) -> None:
    azure = Azure(tmp_path)
    make(azure)
    Behind(str(tmp_path / "nobody"), ADDRESS).write(tmp_path)
    with pytest.raises(rest.PartialFailure, match="process is gone"):
        put(azure, "VirtualMachine", tags={"owner": "alice"})
    delete(azure, "ResourceGroup")
    assert azure.resources() == []
