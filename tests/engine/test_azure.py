"""The double itself: it refuses what Azure refuses. Without an engine, so quick."""

from __future__ import annotations

import base64
import time
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from here.azure import rest
from here.azure.arm import ArmError, Azure
from here.azure.control import Control, Fault
from here.azure.schedule import ZONES
from settings.time_zones import PLACES
from tests.engine.samples import SAMPLES, delete, id_of, kind, put


@pytest.fixture
def azure(tmp_path: Path) -> Azure:
    """One of everything."""
    made = Azure(tmp_path)
    for short in SAMPLES:
        put(made, short)
    return made


OTHER_MACHINE = {"vmName": "other"}
TRUSTED = OTHER_MACHINE | {"securityProfile": {"securityType": "TrustedLaunch"}}
PREMIUM = {"storageProfile.osDisk.managedDisk": {"storageAccountType": "Premium_LRS"}}
OTHER_INTERFACE = {"networkInterfaceName": "other"}
OTHER_ADDRESS = {"publicIpAddressName": "other"}


@pytest.mark.parametrize(
    ("short", "change", "code"),
    [
        ("ResourceGroup", {"location": "japaneast"}, "InvalidResourceLocation"),
        ("ResourceGroup", {"location": "atlantis"}, "LocationNotAvailableForResourceType"),
        ("ResourceGroup", {"tags": {str(n): "" for n in range(51)}}, "TooManyTags"),
        ("VirtualNetwork", {"resourceGroupName": "none"}, "ResourceGroupNotFound"),
        (
            "VirtualNetwork",
            {"addressSpace.addressPrefixes": ["10.9.0.0/24"]},
            "NetcfgInvalidSubnet",
        ),
        ("VirtualNetwork", {"addressSpace.addressPrefixes": ["x"]}, "InvalidAddressPrefixFormat"),
        ("VirtualNetwork", {"addressSpace.addressPrefixes": []}, "MissingAddressSpace"),
        ("Subnet", {"virtualNetworkName": "none"}, "ResourceNotFound"),
        ("Subnet", {"addressPrefix": "10.2.0.0/25"}, "NetcfgInvalidSubnet"),
        ("Subnet", {"addressPrefix": "10.1.0.128/25"}, "InUsePrefixCannotBeDeleted"),
        ("Subnet", {"subnetName": "t"}, "NetcfgSubnetRangesOverlap"),
        ("PublicIPAddress", OTHER_ADDRESS, "DnsRecordInUse"),
        (
            "PublicIPAddress",
            OTHER_ADDRESS | {"dnsSettings.domainNameLabel": "had"},
            "DnsRecordIsReserved",
        ),
        ("PublicIPAddress", {"sku.name": "Basic"}, "IPv4BasicSkuPublicIpCountLimitReached"),
        (
            "PublicIPAddress",
            {"publicIPAllocationMethod": "Dynamic"},
            "StandardSkuPublicIPAddressMustBeStatic",
        ),
        ("PublicIPAddress", {"dnsSettings.domainNameLabel": "No_"}, "InvalidDomainNameLabel"),
        (
            "NetworkSecurityGroup",
            {"securityRules": [{"name": n, "direction": "Inbound", "priority": 100} for n in "ab"]},
            "SecurityRuleConflict",
        ),
        (
            "NetworkSecurityGroup",
            {"securityRules": [{"name": "a", "direction": "Inbound", "priority": 99}]},
            "SecurityRuleInvalidPriority",
        ),
        (
            "NetworkSecurityGroup",
            {"securityRules": [{"direction": "Inbound", "priority": 100}]},
            "SecurityRuleInvalidName",
        ),
        ("NetworkInterface", OTHER_INTERFACE, "PublicIPAddressInUse"),
        (
            "NetworkInterface",
            {"ipConfigurations": []},
            "NetworkInterfaceMustHaveOneIpConfiguration",
        ),
        (
            "NetworkInterface",
            {"networkSecurityGroup.id": "/subscriptions/none"},
            "InvalidResourceReference",
        ),
        ("VirtualMachine", OTHER_MACHINE, "NicInUse"),
        ("VirtualMachine", {"osProfile.customData": "IyB4Cg=="}, "PropertyChangeNotAllowed"),
        ("VirtualMachine", {"osProfile.computerName": "other"}, "PropertyChangeNotAllowed"),
        ("VirtualMachine", {"osProfile.customData": "no base64"}, "InvalidParameter"),
        (
            "VirtualMachine",
            {"osProfile.customData": base64.b64encode(b"x" * 65536).decode()},
            "InvalidParameter",
        ),
        ("VirtualMachine", {"osProfile.adminUsername": "admin"}, "PropertyChangeNotAllowed"),
        (
            "VirtualMachine",
            OTHER_MACHINE | {"osProfile.adminUsername": "admin"},
            "InvalidParameter",
        ),
        ("VirtualMachine", {"storageProfile.imageReference.sku": "14"}, "PropertyChangeNotAllowed"),
        (
            "VirtualMachine",
            OTHER_MACHINE | {"storageProfile.imageReference.sku": "14"},
            "PlatformImageNotFound",
        ),
        ("VirtualMachine", {"hardwareProfile.vmSize": "B1s"}, "InvalidParameter"),
        (
            "VirtualMachine",
            OTHER_MACHINE | {"hardwareProfile.vmSize": "Standard_B4s"},
            "OperationNotAllowed",
        ),
        (
            "VirtualMachine",
            OTHER_MACHINE | {"hardwareProfile.vmSize": "Standard_B9"},
            "SkuNotAvailable",
        ),
        ("VirtualMachine", {"hardwareProfile.vmSize": "Standard_B2ats_v2"}, "OperationNotAllowed"),
        *(
            ("VirtualMachine", OTHER_MACHINE | {"hardwareProfile.vmSize": size}, "BadRequest")
            for size in ("Standard_A1_v2", "Standard_D1", "Standard_D2_v2", "Standard_D2_v3")
        ),
        *(
            ("VirtualMachine", TRUSTED | {"hardwareProfile.vmSize": size}, "InvalidParameter")
            for size in ("Standard_B2pts_v5", "Standard_EC2as_v5", "Standard_DC2as_v5")
        ),
        (
            "VirtualMachine",
            OTHER_MACHINE | PREMIUM | {"hardwareProfile.vmSize": "Standard_F2"},
            "InvalidParameter",
        ),
        *(
            ("PublicIPAddress", {"dnsSettings.domainNameLabel": label}, "DomainNameLabelReserved")
            for label in ("microsoft", "windows-lunch", "my-login-gw", "xbox-1")
        ),
        (
            "GlobalSchedule",
            {"location": "polandcentral", "name": "other"},
            "LocationNotAvailableForResourceType",
        ),
        *(
            ("GlobalSchedule", {"timeZoneId": zone}, "InvalidTimeZone")
            for zone in ("JST", "Tokyo", "Asia/Tokyo", "Pacific Daylight Time", "UTC+9", "GMT", "")
        ),
        ("GlobalSchedule", {"dailyRecurrence": {"time": "13:30"}}, "InvalidScheduleTime"),
        ("GlobalSchedule", {"name": "my-schedule"}, "InvalidResourceName"),
        ("GlobalSchedule", {"targetResourceId": "/none"}, "ResourceNotFound"),
        ("VirtualMachine", {"networkProfile.networkInterfaces": []}, "OperationNotAllowed"),
    ],
)
def test_refused(azure: Azure, short: str, change: dict[str, Any], code: str) -> None:
    Control(
        unavailable=[("westus2", "Standard_B9")],
        cores={"westus2": 3},
        reserved_labels=[("westus2", "had")],
    ).write(azure.directory)
    before = azure.resources()
    with pytest.raises(ArmError) as refusal:
        put(azure, short, **change)
    assert refusal.value.code == code
    assert "\n" not in str(refusal.value)
    assert azure.resources() == before


def test_an_interface_of_a_machine_stays_in_its_subnet(azure: Azure) -> None:
    put(azure, "VirtualNetwork", **{"addressSpace.addressPrefixes": ["10.1.0.0/24", "10.9.0.0/24"]})
    put(azure, "Subnet", subnetName="t", addressPrefix="10.9.0.0/24")
    moved = deepcopy(SAMPLES["NetworkInterface"]["ipConfigurations"])
    moved[0]["subnet"]["id"] = id_of("Subnet").removesuffix("/s") + "/t"
    with pytest.raises(ArmError) as refusal:
        put(azure, "NetworkInterface", ipConfigurations=moved)
    assert refusal.value.code == "SubnetCannotBeChanged"


@pytest.mark.parametrize("short", ["ResourceGroup", "VirtualNetwork"])
def test_nothing_is_made_in_a_group_that_goes(azure: Azure, short: str) -> None:
    with azure.open() as known:
        known[id_of("ResourceGroup").lower()]["gone_at"] = time.time() + 60
    with pytest.raises(ArmError) as refusal:
        put(azure, short)
    assert refusal.value.code == "ResourceGroupBeingDeleted"


@pytest.mark.parametrize("size", ["Standard_B1s", "Standard_B2s"])
def test_a_size_of_the_same_series_may_follow_in_place(azure: Azure, size: str) -> None:
    put(azure, "VirtualMachine", **{"hardwareProfile.vmSize": size})


@pytest.mark.parametrize("zone", ["UTC", "W. Mongolia Standard Time", "tokyo standard time"])
def test_windows_own_time_zones(azure: Azure, zone: str) -> None:
    put(azure, "GlobalSchedule", timeZoneId=zone)


def test_the_program_and_the_double_took_the_same_zones_from_two_sources() -> None:
    assert PLACES.keys() == ZONES


@pytest.mark.parametrize(
    ("short", "code"),
    [
        ("VirtualNetwork", "InUseSubnetCannotBeDeleted"),
        ("Subnet", "InUseSubnetCannotBeDeleted"),
        ("PublicIPAddress", "PublicIPAddressCannotBeDeleted"),
        ("NetworkSecurityGroup", "InUseNetworkSecurityGroupCannotBeDeleted"),
        ("NetworkInterface", "NicInUse"),
    ],
)
def test_the_order_of_deletions(azure: Azure, short: str, code: str) -> None:
    with pytest.raises(ArmError) as refusal:
        delete(azure, short)
    assert refusal.value.code == code


def test_a_group_takes_everything_along(azure: Azure) -> None:
    delete(azure, "ResourceGroup")
    assert azure.resources() == []
    assert azure.disks() == []


@pytest.mark.parametrize(("option", "left"), [("Delete", 0), ("Detach", 1)])
def test_a_disk_goes_with_its_machine_only_if_asked_to(
    tmp_path: Path, option: str, left: int
) -> None:
    azure = Azure(tmp_path)
    for short in SAMPLES:
        extra = {"storageProfile.osDisk.deleteOption": option} if short == "VirtualMachine" else {}
        put(azure, short, **extra)
    delete(azure, "VirtualMachine")
    assert len(azure.disks()) == left


def test_an_interface_stays_reserved_after_a_failed_machine(azure: Azure) -> None:
    delete(azure, "VirtualMachine")
    failing = Fault(verb="create", kind="VirtualMachine", accepted=True)
    Control(faults=[failing]).write(azure.directory)
    with pytest.raises(rest.PartialFailure):
        put(azure, "VirtualMachine")
    delete(azure, "VirtualMachine")
    with pytest.raises(ArmError) as refusal:
        put(azure, "VirtualMachine", **OTHER_MACHINE)
    assert refusal.value.code == "NicReservedForAnotherVm"
    put(azure, "VirtualMachine")


def test_an_address_given_up_is_gone_and_its_name_is_not(azure: Azure) -> None:
    before = rest.get(azure, kind("PublicIPAddress"), id_of("PublicIPAddress"))
    delete(azure, "ResourceGroup")
    for short in SAMPLES:
        after = put(azure, short)
        if short == "PublicIPAddress":
            assert before is not None
            assert after["ipAddress"] != before["ipAddress"]
            assert after["dnsSettings"] == before["dnsSettings"]


def test_custom_data_is_never_shown_nor_kept(azure: Azure) -> None:
    shown = rest.get(azure, kind("VirtualMachine"), id_of("VirtualMachine"))
    assert shown is not None
    assert "customData" not in shown["osProfile"]
    text = SAMPLES["VirtualMachine"]["osProfile"]["customData"]
    assert text not in (azure.directory / "cloud.json").read_text()
