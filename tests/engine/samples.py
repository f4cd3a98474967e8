"""One of everything that the double of Azure knows, as the program would ask for it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from here.azure import rest
from here.azure.arm import Azure
from here.azure.kinds import KINDS, Kind

ADMIN = "lunch"
GROUP = {"resourceGroupName": "g", "location": "westus2"}
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDSsVhVOwh3s2Max+jFpYfMx7cWJseAWwwQb3uaVadYm"


def kind(short: str) -> Kind:
    (found,) = [known for known in KINDS.values() if known.short == short]
    return found


def id_of(short: str) -> str:
    return kind(short).id(SAMPLES[short])


SAMPLES: dict[str, dict[str, Any]] = {
    "ResourceGroup": GROUP,
    "VirtualNetwork": GROUP
    | {"virtualNetworkName": "v", "addressSpace": {"addressPrefixes": ["10.1.0.0/24"]}},
    "Subnet": {
        "resourceGroupName": "g",
        "virtualNetworkName": "v",
        "subnetName": "s",
        "addressPrefix": "10.1.0.0/25",
    },
    "PublicIPAddress": GROUP
    | {
        "publicIpAddressName": "p",
        "sku": {"name": "Standard"},
        "publicIPAllocationMethod": "Static",
        "dnsSettings": {"domainNameLabel": "lunch"},
    },
    "NetworkSecurityGroup": GROUP | {"networkSecurityGroupName": "n", "securityRules": []},
}
SAMPLES["NetworkInterface"] = GROUP | {
    "networkInterfaceName": "i",
    "ipConfigurations": [
        {
            "name": "c",
            "subnet": {"id": id_of("Subnet")},
            "publicIPAddress": {"id": id_of("PublicIPAddress")},
        }
    ],
    "networkSecurityGroup": {"id": id_of("NetworkSecurityGroup")},
}
SAMPLES["VirtualMachine"] = GROUP | {
    "vmName": "m",
    "hardwareProfile": {"vmSize": "Standard_B1s"},
    "storageProfile": {
        "imageReference": {
            "publisher": "Debian",
            "offer": "debian-13",
            "sku": "13-gen2",
            "version": "latest",
        },
        "osDisk": {"createOption": "FromImage", "deleteOption": "Delete"},
    },
    "osProfile": {
        "computerName": "lunch-gateway",
        "adminUsername": ADMIN,
        "customData": base64.b64encode(b"#cloud-config\n").decode(),
        "linuxConfiguration": {
            "disablePasswordAuthentication": True,
            "ssh": {
                "publicKeys": [{"path": f"/home/{ADMIN}/.ssh/authorized_keys", "keyData": KEY}]
            },
        },
    },
    "networkProfile": {"networkInterfaces": [{"id": id_of("NetworkInterface")}]},
}
SAMPLES["GlobalSchedule"] = GROUP | {
    "name": "shutdown-computevm-m",
    "timeZoneId": "Tokyo Standard Time",
    "dailyRecurrence": {"time": "1330"},
    "targetResourceId": id_of("VirtualMachine"),
}


def changed(short: str, change: Mapping[str, Any]) -> dict[str, Any]:
    """The sample with these values, by path; None takes one away."""
    inputs = deepcopy(SAMPLES[short])
    for path, value in change.items():
        place = inputs
        *parts, last = path.split(".")
        for part in parts:
            place = place[part]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return inputs


def put(azure: Azure, short: str, **change: Any) -> dict[str, Any]:
    inputs = changed(short, change)
    return rest.put(azure, kind(short), kind(short).id(inputs), inputs)


def delete(azure: Azure, short: str) -> None:
    rest.delete(azure, kind(short), id_of(short))
