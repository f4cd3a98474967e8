"""What Azure refuses about networks, and what it fills in.

Codes and conditions are those of Azure's documentation ("Troubleshoot common Azure
deployment errors", the REST reference of Microsoft.Network) and of issues at
pulumi-azure-native that quote them.
"""

from __future__ import annotations

import re
from hashlib import sha256
from ipaddress import IPv4Network, ip_network
from typing import Any

from here.azure import behind
from here.azure.arm import ArmError, Azure, Resource, find, of_kind

Known = dict[str, Resource]


def bad(code: str, message: str) -> ArmError:
    """Returns an answer of 400."""
    return ArmError(400, code, message)


def network_range(text: str, where: str) -> IPv4Network:
    """Returns the IPv4 range that the text says, or raises what Azure says."""
    try:
        found = ip_network(text)
    except ValueError:
        raise bad("InvalidAddressPrefixFormat", f"{where}: {text} is no address range") from None
    if not isinstance(found, IPv4Network):
        raise bad("InvalidAddressPrefixFormat", f"{where}: {text} is not IPv4")
    return found


def virtual_network(azure: Azure, known: Known, new: Resource, old: Resource | None) -> None:
    """Raises what Azure refuses about a virtual network; fills in what it would."""
    texts = new["inputs"].get("addressSpace", {}).get("addressPrefixes", [])
    ranges = [network_range(text, "addressSpace") for text in texts]
    if not ranges:
        raise bad("MissingAddressSpace", "the virtual network has no address space")
    for subnet in subnets_of(known, new["id"]):
        inside = ip_network(subnet["inputs"]["addressPrefix"])
        if not any(inside.subnet_of(outer) for outer in ranges if isinstance(inside, IPv4Network)):
            raise bad("NetcfgInvalidSubnet", f"subnet {subnet['id']} would lie outside")
    new["outputs"] |= {"subnets": [], "enableDdosProtection": False}


def subnets_of(known: Known, network_id: str) -> list[Resource]:
    """Returns the subnets of a virtual network."""
    below = f"{network_id.lower()}/subnets/"
    return [entry for key, entry in known.items() if key.startswith(below)]


def subnet(azure: Azure, known: Known, new: Resource, old: Resource | None) -> None:
    """Raises what Azure refuses about a subnet; fills in what it would."""
    parent = find(known, new["id"].rpartition("/subnets/")[0])
    if parent is None:
        raise ArmError(404, "ResourceNotFound", f"no virtual network for {new['id']}")
    own = network_range(new["inputs"]["addressPrefix"], "addressPrefix")
    outer = parent["inputs"]["addressSpace"]["addressPrefixes"]
    if not any(own.subnet_of(network_range(text, "addressSpace")) for text in outer):
        raise bad("NetcfgInvalidSubnet", f"{own} is not part of the virtual network")
    for other in subnets_of(known, parent["id"]):
        taken = network_range(other["inputs"]["addressPrefix"], "addressPrefix")
        if other["id"] != new["id"] and own.overlaps(taken):
            raise bad("NetcfgSubnetRangesOverlap", f"{own} overlaps {taken} of {other['id']}")
    changed = old and old["inputs"]["addressPrefix"] != new["inputs"]["addressPrefix"]
    if changed and users_of(known, new["id"]):
        raise bad("InUsePrefixCannotBeDeleted", f"{new['id']} is in use")
    new["outputs"] |= {
        "privateEndpointNetworkPolicies": "Disabled",
        "privateLinkServiceNetworkPolicies": "Enabled",
    }


def users_of(known: Known, resource_id: str) -> list[Resource]:
    """Return the interfaces that name this subnet, address or filter."""
    return [
        entry for entry in of_kind(known, "NetworkInterface") if resource_id in ids(entry["inputs"])
    ]


def ids(value: Any) -> set[str]:
    """Returns every resource id that these inputs name."""
    if isinstance(value, dict):
        return set().union(*(ids(part) for part in value.values()))
    if isinstance(value, list):
        return set().union(*(ids(part) for part in value))
    return {value} if isinstance(value, str) and value.startswith("/subscriptions/") else set()


def public_address(azure: Azure, known: Known, new: Resource, old: Resource | None) -> None:
    """Raises what Azure refuses about an address; gives one, and its name."""
    inputs = new["inputs"]
    if inputs.get("sku", {}).get("name", "Basic") == "Basic":
        raise bad("IPv4BasicSkuPublicIpCountLimitReached", "Basic addresses are retired")
    if inputs.get("publicIPAllocationMethod") != "Static":
        raise bad("StandardSkuPublicIPAddressMustBeStatic", "a Standard address is static")
    label = inputs.get("dnsSettings", {}).get("domainNameLabel")
    if label is not None:
        _label(azure, known, new, label)
    # An address that is given up comes back to others: the same one is never given again.
    count = len([call for call in azure.calls() if call["kind"] == "PublicIPAddress"])
    mark = sha256(f"{new['id']}{count}".encode()).digest()
    stands = behind.of(azure)
    given = f"20.{mark[0] % 64 + 1}.{mark[1]}.{mark[2] % 254 + 1}"
    new["own"].setdefault("address", stands.address if stands else given)
    new["outputs"] |= {"ipAddress": new["own"]["address"], "idleTimeoutInMinutes": 4, "ipTags": []}
    new["outputs"]["sku"] = {"tier": "Regional"} | new["outputs"]["sku"]


RESERVED_WORDS = re.compile("login|microsoft|windows|xbox")
"""Azure's own list is not published. Threads and comments that quote the refusal name these:
Azure/terraform-azurerm-compute#4 (windows), AzureCosmosDB/OmniVec#161, "userlogin-" (login)."""


def _label(azure: Azure, known: Known, new: Resource, label: str) -> None:
    region = new["inputs"]["location"]
    if not re.fullmatch(r"[a-z][a-z0-9-]{1,61}[a-z0-9]", label):
        raise bad("InvalidDomainNameLabel", f"{label} is no label")
    if RESERVED_WORDS.search(label):
        raise bad(
            "DomainNameLabelReserved",
            f"The domain name label {label} is invalid. The name itself or part of the name is a"
            " reserved word such as a trademark. Please use a different name.",
        )
    others = [
        entry
        for entry in of_kind(known, "PublicIPAddress")
        if entry["id"] != new["id"]
        and entry["inputs"]["location"] == region
        and entry["inputs"].get("dnsSettings", {}).get("domainNameLabel") == label
    ]
    if [region, label] in azure.control.get("reserved_labels", []):
        name = f"{label}.{region}.cloudapp.azure.com"
        raise bad("DnsRecordIsReserved", f"DNS record {name} is reserved by another subscription.")
    if others or [region, label] in azure.control.get("taken_labels", []):
        name = f"{label}.{region}.cloudapp.azure.com"
        raise bad("DnsRecordInUse", f"DNS record {name} is already used by another public IP.")
    new["outputs"]["dnsSettings"] = {
        "domainNameLabel": label,
        "fqdn": f"{label}.{region}.cloudapp.azure.com",
    }


def security_group(azure: Azure, known: Known, new: Resource, old: Resource | None) -> None:
    """Raises what Azure refuses about a filter; fills in what it would."""
    rules = new["inputs"].get("securityRules", [])
    names = [rule.get("name") for rule in rules]
    if None in names or len(set(names)) < len(names):
        raise bad("SecurityRuleInvalidName", "every rule needs a name of its own")
    places = [(rule["direction"], rule.get("priority")) for rule in rules]
    if len(set(places)) < len(places):
        raise bad("SecurityRuleConflict", "two rules have the same priority and direction")
    if not all(isinstance(p, int | float) and 100 <= p <= 4096 for _, p in places):
        raise bad("SecurityRuleInvalidPriority", "a priority is 100 to 4096")
    for rule in new["outputs"].get("securityRules", []):
        rule["provisioningState"] = "Succeeded"
        rule["id"] = f"{new['id']}/securityRules/{rule['name']}"


def interface(azure: Azure, known: Known, new: Resource, old: Resource | None) -> None:
    """Raises what Azure refuses about an interface; fills in what it would."""
    for named in ids(new["inputs"]):
        used = find(known, named)
        if used is None:
            raise bad("InvalidResourceReference", f"{named} was not found")
        if "location" in used["inputs"] and used["inputs"]["location"] != new["inputs"]["location"]:
            raise bad("InvalidResourceReference", f"{named} is in another region")
    parts = new["inputs"].get("ipConfigurations", [])
    if not parts:
        raise bad("NetworkInterfaceMustHaveOneIpConfiguration", "no IP configuration")
    for part in parts:
        address = part.get("publicIPAddress", {}).get("id")
        if address and [o for o in users_of(known, address) if o["id"] != new["id"]]:
            raise bad("PublicIPAddressInUse", f"{address} is in use by another interface")
    if old and old["own"].get("vm") and _places(old) != _places(new):
        raise bad("SubnetCannotBeChanged", "the interface's machine stands in the other subnet")
    new["outputs"] |= {"macAddress": "00-0D-3A-00-00-01", "enableAcceleratedNetworking": False}
    for part in new["outputs"]["ipConfigurations"]:
        part |= {"privateIPAddress": "10.1.0.4", "privateIPAddressVersion": "IPv4"}


def _places(entry: Resource) -> list[Any]:
    return [part.get("subnet") for part in entry["inputs"]["ipConfigurations"]]


IN_USE = {
    "PublicIPAddress": "PublicIPAddressCannotBeDeleted",
    "NetworkSecurityGroup": "InUseNetworkSecurityGroupCannotBeDeleted",
    "Subnet": "InUseSubnetCannotBeDeleted",
}


def deletable(known: Known, kind: str, entry: Resource) -> None:
    """Raises what Azure says about the order of deletions."""
    if kind in IN_USE and users_of(known, entry["id"]):
        raise bad(IN_USE[kind], f"{entry['id']} is in use")
    if kind == "VirtualNetwork":
        for inside in subnets_of(known, entry["id"]):
            if users_of(known, inside["id"]):
                raise bad("InUseSubnetCannotBeDeleted", f"{inside['id']} is in use")
    if kind == "NetworkInterface" and entry["own"].get("vm"):
        raise bad("NicInUse", f"Network Interface {entry['id']} is used by {entry['own']['vm']}.")
