"""The least that makes the same resources with the same SDK: no checks, no components, the
guest rendered beforehand. What the program takes longer than this is its own work."""

import json
from pathlib import Path

import pulumi
from pulumi_azure_native import compute, network, resources

given = json.loads(Path("given.json").read_text())
common = {"location": given["location"], "tags": given["tags"]}

admin = "lunch"

group = resources.ResourceGroup("lunch-gateway-dev", **common)
common["resource_group_name"] = group.name
inside = pulumi.ResourceOptions(deleted_with=group)
vnet = network.VirtualNetwork(
    "lunch-gateway-vnet",
    **common,
    address_space={"address_prefixes": ["10.1.0.0/24"]},
    opts=inside,
)
subnet = network.Subnet(
    "lunch-gateway-subnet",
    resource_group_name=group.name,
    virtual_network_name=vnet.name,
    address_prefix="10.1.0.0/24",
    default_outbound_access=False,
    opts=inside,
)
address = network.PublicIPAddress(
    "lunch-gateway-address",
    **common,
    sku={"name": "Standard"},
    public_ip_allocation_method="Static",
    public_ip_address_version="IPv4",
    dns_settings={"domain_name_label": given["label"]},
    opts=inside,
)
rule = {
    "direction": "Inbound",
    "source_address_prefix": "*",
    "source_port_range": "*",
    "destination_address_prefix": "*",
}
udp = rule | {"access": "Allow", "protocol": "Udp"}
security_group = network.NetworkSecurityGroup(
    "lunch-gateway-filter",
    **common,
    security_rules=[
        udp | {"name": "allow-ike", "priority": 100, "destination_port_range": "500"},
        udp | {"name": "allow-ike-nat", "priority": 110, "destination_port_range": "4500"},
        udp | {"name": "allow-l2tp", "priority": 120, "destination_port_range": "1701"},
        rule
        | {
            "name": "deny-the-rest",
            "priority": 4096,
            "access": "Deny",
            "protocol": "*",
            "destination_port_range": "*",
        },
    ],
    opts=inside,
)
interface = network.NetworkInterface(
    "lunch-gateway-interface",
    **common,
    ip_configurations=[
        {
            "name": "gateway",
            "primary": True,
            "private_ip_allocation_method": "Dynamic",
            "subnet": network.SubnetArgs(id=subnet.id),
            "public_ip_address": {"id": address.id},
        }
    ],
    network_security_group={"id": security_group.id},
    opts=inside,
)
machine = compute.VirtualMachine(
    "lunch-gateway-vm",
    **common,
    vm_name="lunch-gateway",
    hardware_profile={"vm_size": "Standard_B1s"},
    storage_profile={
        "image_reference": {
            "publisher": "Debian",
            "offer": "debian-13",
            "sku": "13-gen2",
            "version": "latest",
        },
        "os_disk": {
            "create_option": "FromImage",
            "caching": "ReadWrite",
            "delete_option": "Delete",
            "managed_disk": {"storage_account_type": "StandardSSD_LRS"},
        },
    },
    os_profile={
        "computer_name": "lunch-gateway",
        "admin_username": admin,
        "custom_data": pulumi.Output.secret(given["custom_data"]),
        "linux_configuration": {
            "disable_password_authentication": True,
            "ssh": {
                "public_keys": [
                    {"path": f"/home/{admin}/.ssh/authorized_keys", "key_data": given["key"]}
                ]
            },
        },
    },
    security_profile={
        "security_type": "TrustedLaunch",
        "uefi_settings": {"secure_boot_enabled": True, "v_tpm_enabled": True},
    },
    network_profile={
        "network_interfaces": [{"id": interface.id, "primary": True, "delete_option": "Detach"}]
    },
    diagnostics_profile={"boot_diagnostics": {"enabled": True}},
    opts=inside,
)
pulumi.export("address", address.ip_address)
pulumi.export("vm", machine.id)
