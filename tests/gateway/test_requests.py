"""Every raw request to the engine, read as a stranger would."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from settings.table import table
from tests.gateway.program_run import PSK, SECRETS, Request, Run, Secret, run_program

UNTAGGABLE = {"Subnet"}


def kind(request: Request) -> str:
    return str(request.raw.type.split(":")[-1])


def test_these_resources_and_no_other(default_run: Run) -> None:
    assert sorted(map(kind, default_run.requests)) == [
        "Gateway",
        "Machine",
        "Network",
        "NetworkInterface",
        "NetworkSecurityGroup",
        "PublicIPAddress",
        "ResourceGroup",
        "Subnet",
        "VirtualMachine",
        "VirtualNetwork",
    ]


def test_every_resource_belongs_to_a_component(default_run: Run) -> None:
    for request in default_run.requests:
        parent = request.raw.parent.split("::")[2].split("$")[-1]
        expected = "lunch-gateway:index:" if request.raw.custom else ("pulumi:", "lunch-gateway:")
        assert parent.startswith(expected), request.raw.name


def test_all_but_the_group_go_with_the_group(default_run: Run) -> None:
    for request in default_run.resources:
        with_group = "ResourceGroup" in request.raw.deletedWith
        assert with_group == (kind(request) != "ResourceGroup"), request.raw.name


def test_everything_is_in_the_region_and_tagged(default_run: Run) -> None:
    for request in default_run.resources:
        if kind(request) not in UNTAGGABLE:
            assert request.inputs["location"] == "westus2"
            assert request.inputs["tags"] == {"project": "lunch-gateway", "stack": "dev"}


def test_network(default_run: Run) -> None:
    assert default_run.one("VirtualNetwork").inputs["addressSpace"] == {
        "addressPrefixes": ["10.1.0.0/24"]
    }
    subnet = default_run.one("Subnet").inputs
    assert subnet["addressPrefix"] == "10.1.0.0/24"
    assert subnet["defaultOutboundAccess"] is False
    assert "networkSecurityGroup" not in subnet


def test_address_is_standard_static_and_named(default_run: Run) -> None:
    address = default_run.one("PublicIPAddress").inputs
    assert address["sku"] == {"name": "Standard"}
    assert address["publicIPAllocationMethod"] == "Static"
    assert address["dnsSettings"]["domainNameLabel"].startswith("lunch-gateway-dev-")


def test_the_filter_stands_on_the_interface(default_run: Run) -> None:
    interface = default_run.one("NetworkInterface").inputs
    assert interface["networkSecurityGroup"] == {"id": "/azure/lunch-gateway-filter"}
    (address,) = interface["ipConfigurations"]
    assert address["publicIPAddress"] == {"id": "/azure/lunch-gateway-address"}
    assert address["subnet"]["id"] == "/azure/lunch-gateway-subnet"


def rules(run: Run) -> list[tuple[Any, ...]]:
    found = run.one("NetworkSecurityGroup").inputs["securityRules"]
    assert {rule["direction"] for rule in found} == {"Inbound"}
    assert {rule["sourcePortRange"] for rule in found} == {"*"}
    assert {rule["destinationAddressPrefix"] for rule in found} == {"*"}
    names = ("priority", "access", "protocol", "destinationPortRange", "sourceAddressPrefix")
    return sorted(tuple(rule[name] for name in names) for rule in found)


VPN_RULES = [
    (100, "Allow", "Udp", "500", "*"),
    (110, "Allow", "Udp", "4500", "*"),
    (120, "Allow", "Udp", "1701", "*"),
]
LAST_RULE = (4096, "Deny", "*", "*", "*")


def test_three_udp_ports_and_nothing_else(default_run: Run) -> None:
    assert rules(default_run) == [*VPN_RULES, LAST_RULE]


def test_without_l2tp_its_port_stays_shut() -> None:
    run = run_program({**SECRETS, "protocols": ["ikev2"]})
    assert rules(run) == [*VPN_RULES[:2], LAST_RULE]


def test_ssh_from_the_source_only() -> None:
    run = run_program({**SECRETS, "sshSource": "203.0.113.7/32"})
    assert rules(run) == [*VPN_RULES, (200, "Allow", "Tcp", "22", "203.0.113.7/32"), LAST_RULE]


def test_machine(default_run: Run) -> None:
    machine = default_run.one("VirtualMachine").inputs
    assert machine["hardwareProfile"] == {"vmSize": "Standard_B1s"}
    assert machine["storageProfile"]["imageReference"] == {
        "publisher": "Debian", "offer": "debian-13", "sku": "13-gen2", "version": "latest"
    }  # fmt: skip
    disk = machine["storageProfile"]["osDisk"]
    assert disk["createOption"] == "FromImage"
    assert disk["deleteOption"] == "Delete"
    assert disk["managedDisk"] == {"storageAccountType": "StandardSSD_LRS"}
    assert "name" not in disk
    assert machine["securityProfile"] == {
        "securityType": "TrustedLaunch",
        "uefiSettings": {"secureBootEnabled": True, "vTpmEnabled": True},
    }
    assert machine["diagnosticsProfile"] == {"bootDiagnostics": {"enabled": True}}
    (interface,) = machine["networkProfile"]["networkInterfaces"]
    assert interface["id"] == "/azure/lunch-gateway-interface"
    assert interface["deleteOption"] == "Detach"


def test_nobody_can_log_in_by_default(default_run: Run) -> None:
    profile = default_run.one("VirtualMachine").inputs["osProfile"]
    assert "adminPassword" not in profile
    assert profile["linuxConfiguration"]["disablePasswordAuthentication"] is True
    (key,) = profile["linuxConfiguration"]["ssh"]["publicKeys"]
    assert key["path"] == f"/home/{profile['adminUsername']}/.ssh/authorized_keys"


def test_auto_shutdown() -> None:
    run = run_program({**SECRETS, "shutdownTime": "13:30"})
    schedule = run.one("GlobalSchedule")
    assert "ResourceGroup" in schedule.raw.deletedWith
    assert schedule.inputs == {
        "name": "shutdown-computevm-lunch-gateway",
        "resourceGroupName": "lunch-gateway-dev",
        "location": "westus2",
        "status": "Enabled",
        "taskType": "ComputeVmShutdownTask",
        "dailyRecurrence": {"time": "1330"},
        "timeZoneId": "Tokyo Standard Time",
        "notificationSettings": {"status": "Disabled", "timeInMinutes": 30},
        "targetResourceId": "/azure/lunch-gateway-vm",
        "tags": {"project": "lunch-gateway", "stack": "dev"},
    }


def test_its_time_zone_can_be_chosen() -> None:
    run = run_program({**SECRETS, "shutdownTime": "22:05", "shutdownTimeZone": "UTC"})
    schedule = run.one("GlobalSchedule").inputs
    assert (schedule["dailyRecurrence"], schedule["timeZoneId"]) == ({"time": "2205"}, "UTC")


def test_custom_data_is_the_guest_and_a_secret(default_run: Run) -> None:
    data = default_run.one("VirtualMachine").inputs["osProfile"]["customData"]
    assert isinstance(data, Secret)
    text = base64.b64decode(data.value, validate=True).decode()
    assert text.startswith("#cloud-config\n")
    assert PSK in text


def test_a_changed_guest_replaces_the_machine_alone(default_run: Run) -> None:
    changed = run_program({**SECRETS, "mtu": "1400"})
    different = [
        new.raw.name
        for old, new in zip(by_name(default_run), by_name(changed), strict=True)
        if old.inputs != new.inputs
    ]
    assert different == ["lunch-gateway-vm"]
    machine = changed.one("VirtualMachine").raw
    assert "osProfile.customData" in machine.replaceOnChanges
    assert machine.deleteBeforeReplace
    assert machine.deleteBeforeReplaceDefined
    assert not machine.ignoreChanges


def by_name(run: Run) -> list[Request]:
    return sorted(run.resources, key=lambda request: str(request.raw.name))


def test_what_azure_settles_at_creation_replaces_the_machine(default_run: Run) -> None:
    assert {
        "hardwareProfile.vmSize",
        "storageProfile.osDisk.managedDisk.storageAccountType",
        "osProfile.adminUsername",
        "osProfile.computerName",
        "osProfile.linuxConfiguration.ssh",
        "storageProfile.imageReference",
        "networkProfile",
    } <= set(default_run.one("VirtualMachine").raw.replaceOnChanges)


def test_a_changed_range_replaces_what_stands_in_it(default_run: Run) -> None:
    """Azure changes no range in use: the interface goes first, the address stays."""
    expected = {
        "VirtualNetwork": ["addressSpace"],
        "Subnet": ["addressPrefix"],
        "NetworkInterface": ["ipConfigurations"],
        "PublicIPAddress": [],
    }
    for name, paths in expected.items():
        request = default_run.one(name).raw
        assert list(request.replaceOnChanges) == paths
        assert request.deleteBeforeReplace == bool(paths)


def test_the_machine_waits_for_its_interface_and_filter(default_run: Run) -> None:
    machine = default_run.one("VirtualMachine").raw
    assert any("NetworkInterface" in urn for urn in machine.dependencies)
    interface = default_run.one("NetworkInterface").raw
    for needed in ("Subnet", "PublicIPAddress", "NetworkSecurityGroup"):
        assert any(needed in urn for urn in interface.dependencies)


CHANGED: dict[str, Any] = {
    "psk": "another-psk-0123456789",
    "users": {"carol": "carol-long-password"},
    "dnsLabel": "my-own-label",
    "vmSize": "Standard_B2ats_v2",
    "diskType": "Premium_LRS",
    "image": "Debian:debian-13:13-gen2:0.20260101.2134",
    "tunnelSubnet": "10.9.0.0/24",
    "dnsServers": ["9.9.9.9"],
    "mtu": "1200",
    "vnetSubnet": "10.3.0.0/24",
    "reachableNetworks": ["192.168.1.0/24"],
    "phoneToPhone": "true",
    "acceleration": "off",
    # Whichever is not the default.
    "quic": ({"allow", "reject"} - {table()["quic"].default}).pop(),
    "modp1024": "allow",
    "sshSource": "203.0.113.7/32",
    "sshPublicKey": "ssh-ed25519 " + base64.b64encode(
        b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + bytes(range(32))
    ).decode(),
    "tags": {"owner": "alice"},
    "azure-native:location": "Japan East",
}  # fmt: skip


@pytest.mark.parametrize("key", CHANGED)
def test_no_setting_is_without_effect(key: str, default_run: Run) -> None:
    run = run_program({**SECRETS, key: CHANGED[key]})
    assert run.error is None
    assert [r.inputs for r in by_name(run)] != [r.inputs for r in by_name(default_run)]
