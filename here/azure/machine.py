"""What Azure refuses about virtual machines, and what it fills in. See `network`."""

from __future__ import annotations

import base64
import binascii
import re
import time
from hashlib import sha256
from typing import Any

from here.azure import sizes
from here.azure.arm import ArmError, Azure, Resource, find, of_kind
from here.azure.network import Known, bad

IMAGES = frozenset(
    {
        ("Debian", "debian-12", "12-gen2"),
        ("Debian", "debian-13", "13-gen2"),
        ("Debian", "debian-13", "13"),
        ("Canonical", "ubuntu-24_04-lts", "server"),
        ("almalinux", "almalinux-x86_64", "9-gen2"),
    }
)
"""Some that need no purchase plan."""
GENERATION_1 = frozenset({("Debian", "debian-13", "13")})

FORBIDDEN_USERS = frozenset(
    "administrator admin user user1 test user2 test1 user3 admin1 1 123 a actuser adm admin2"
    " aspnet backup console david guest john owner root server sql support support_388945a0 sys"
    " test2 test3 user4 user5".split()
)
"""REST reference, OSProfile.adminUsername."""

DISK_GB = 30
"""Of Debian's Azure image (debian-cloud-images, image.yaml)."""

RESERVED = 180
"""Seconds that an interface stays reserved for a machine that could not be made."""

CUSTOM_DATA = 65535

FIXED: tuple[tuple[str, ...], ...] = (
    ("osProfile", "customData"),
    ("osProfile", "adminUsername"),
    ("osProfile", "computerName"),
    ("osProfile", "linuxConfiguration", "disablePasswordAuthentication"),
    ("osProfile", "linuxConfiguration", "ssh"),
    ("storageProfile", "imageReference"),
    ("storageProfile", "osDisk", "createOption"),
    ("storageProfile", "osDisk", "name"),
    ("securityProfile", "securityType"),
)
NEEDS_OFF: tuple[tuple[str, ...], ...] = (
    ("storageProfile", "osDisk", "managedDisk", "storageAccountType"),
    ("securityProfile", "uefiSettings"),
    ("networkProfile", "networkInterfaces"),
)
"""Could change while the machine is deallocated, which the provider never does."""


SIZE = ("hardwareProfile", "vmSize")


def at(value: Any, path: tuple[str, ...]) -> Any:
    """Returns what stands at a path of keys, or None."""
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def machine(azure: Azure, known: Known, new: Resource, old: Resource | None) -> None:
    """Raises what Azure refuses about a machine; fills in what it would, and its disk."""
    inputs = new["inputs"]
    _hide_custom_data(inputs)
    if old:
        _unchanged(old["inputs"], inputs)
    _size(azure, known, new)
    if old:
        sizes.changed_in_place(inputs["vmName"], at(old["inputs"], SIZE), at(inputs, SIZE))
    _image(inputs)
    _operating_system(inputs)
    _interfaces(known, new)
    new["outputs"] = _filled_in(new)
    if old is None:
        disk = new["outputs"]["storageProfile"]["osDisk"]
        goes = key(new) if disk.get("deleteOption") == "Delete" else ""
        disk_id = disk["managedDisk"]["id"]
        known[disk_id.lower()] = {"id": disk_id, "disk_of": goes}


def key(entry: Resource) -> str:
    """Returns what a resource is known by."""
    return str(entry["id"]).lower()


def _hide_custom_data(inputs: dict[str, Any]) -> None:
    """Keep its digest alone, to notice a change: Azure never gives it out again."""
    text = at(inputs, ("osProfile", "customData"))
    if text is None:
        return
    try:
        size = len(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        raise bad("InvalidParameter", "Custom data must be in Base64 encoding") from None
    if size > CUSTOM_DATA:
        raise bad("InvalidParameter", f"Custom data is {size} bytes, at most {CUSTOM_DATA}")
    inputs["osProfile"]["customData"] = sha256(text.encode()).hexdigest()


def _unchanged(old: dict[str, Any], new: dict[str, Any]) -> None:
    for path in FIXED:
        if at(old, path) != at(new, path):
            name = ".".join(path)
            raise ArmError(
                409, "PropertyChangeNotAllowed", f"Changing property '{name}' is not allowed."
            )
    for path in NEEDS_OFF:
        if at(old, path) != at(new, path):
            raise ArmError(
                409, "OperationNotAllowed", f"'{'.'.join(path)}' changes on a deallocated VM only."
            )


def _size(azure: Azure, known: Known, new: Resource) -> None:
    size = at(new["inputs"], SIZE) or ""
    region = new["inputs"]["location"]
    if not re.fullmatch(r"(Standard|Basic)_\w+", size):
        raise bad("InvalidParameter", f"The value {size} of parameter vmSize is invalid.")
    gone = azure.control.get("unavailable", [])
    if [region, size] in gone or [region, "*"] in gone:
        raise ArmError(
            409,
            "SkuNotAvailable",
            f"The requested VM size for resource 'Following SKUs have failed for Capacity"
            f" Restrictions: {size}' is currently not available in location '{region}'. Please"
            " try another size or deploy to a different location or different zone.",
        )
    limit = azure.control.get("cores", {}).get(region)
    used = sum(
        sizes.cores(at(other["inputs"], SIZE))
        for other in of_kind(known, "VirtualMachine")
        if other["id"] != new["id"] and other["inputs"]["location"] == region
    )
    if limit is not None and used + sizes.cores(size) > limit:
        raise ArmError(
            409,
            "OperationNotAllowed",
            "Operation could not be completed as it results in exceeding approved Total Regional"
            f" Cores quota. Location: {region}, Current Limit: {limit}, Current Usage: {used},"
            f" Additional Required: {sizes.cores(size)}.",
        )


def _image(inputs: dict[str, Any]) -> None:
    reference = at(inputs, ("storageProfile", "imageReference")) or {}
    name = tuple(reference.get(part, "") for part in ("publisher", "offer", "sku"))
    if name not in IMAGES:
        raise ArmError(404, "PlatformImageNotFound", f"The platform image {name} is not available.")
    trusted = at(inputs, ("securityProfile", "securityType")) == "TrustedLaunch"
    if trusted and name in GENERATION_1:
        raise bad("BadRequest", "The image is of generation 1, Trusted Launch needs generation 2.")
    disk = ("storageProfile", "osDisk", "managedDisk", "storageAccountType")
    sizes.takes_disk(at(inputs, SIZE), at(inputs, disk) or "")
    generation = 1 if name in GENERATION_1 else 2
    sizes.bootable(at(inputs, SIZE), generation=generation, trusted=trusted)


def _operating_system(inputs: dict[str, Any]) -> None:
    user = at(inputs, ("osProfile", "adminUsername")) or ""
    if not user or user.lower() in FORBIDDEN_USERS:
        raise bad("InvalidParameter", f"The Admin Username specified is not allowed: '{user}'")
    computer = at(inputs, ("osProfile", "computerName")) or ""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}[A-Za-z0-9]", computer):
        raise bad("InvalidParameter", f"Linux host name '{computer}' is not allowed.")
    keys = at(inputs, ("osProfile", "linuxConfiguration", "ssh", "publicKeys")) or []
    if not keys and not at(inputs, ("osProfile", "adminPassword")):
        raise bad("InvalidParameter", "Authentication using either SSH or password is required.")
    for entry in keys:
        if entry.get("path") != f"/home/{user}/.ssh/authorized_keys":
            raise bad("InvalidParameter", f"path of the SSH key is {entry.get('path')}")
        if not re.fullmatch(r"ssh-(rsa|ed25519) [A-Za-z0-9+/=]{50,}( .*)?", entry["keyData"]):
            raise bad("InvalidParameter", "linuxConfiguration.ssh.publicKeys.keyData is invalid.")


def _interfaces(known: Known, new: Resource) -> None:
    named = at(new["inputs"], ("networkProfile", "networkInterfaces")) or []
    if not named:
        raise bad("InvalidParameter", "Virtual Machine must have at least one network interface.")
    for reference in named:
        interface = find(known, reference["id"])
        if interface is None or interface["inputs"]["location"] != new["inputs"]["location"]:
            raise bad("InvalidResourceReference", f"{reference['id']} was not found in the region")
        user = interface["own"].get("vm")
        if user and user != new["id"]:
            raise bad("NicInUse", f"Network Interface {reference['id']} is used by {user}.")
        kept_for, until = interface["own"].get("reserved", ("", 0))
        if kept_for and kept_for != new["id"] and until > time.time():
            raise bad(
                "NicReservedForAnotherVm",
                f"Nic(s) in request is reserved for another machine for {RESERVED} seconds.",
            )
        interface["own"]["vm"] = new["id"]


def _filled_in(new: Resource) -> dict[str, Any]:
    """Return what a later reading shows besides the inputs, as Azure's own examples have it."""
    outputs: dict[str, Any] = new["outputs"]
    mark = sha256(str(new["id"]).encode()).hexdigest()
    random_name = f"{outputs['name']}_OsDisk_1_{time.time_ns():x}"
    disk_name = new["own"].setdefault("disk", random_name)
    group = str(new["id"]).partition("/providers/")[0]
    disk = outputs["storageProfile"]["osDisk"]
    disk["name"] = disk.get("name", disk_name)
    disk |= {"osType": "Linux", "diskSizeGB": disk.get("diskSizeGB", DISK_GB)}
    disk.setdefault("managedDisk", {})["id"] = (
        f"{group}/providers/Microsoft.Compute/disks/{disk['name']}"
    )
    outputs["storageProfile"] |= {"dataDisks": [], "diskControllerType": "SCSI"}
    outputs["storageProfile"]["imageReference"]["exactVersion"] = "0.20261101.1234"
    system = outputs["osProfile"]
    system.pop("customData", None)
    system |= {"secrets": [], "allowExtensionOperations": True, "requireGuestProvisionSignal": True}
    system.setdefault("linuxConfiguration", {}).update(
        provisionVMAgent=True,
        patchSettings={"patchMode": "ImageDefault", "assessmentMode": "ImageDefault"},
    )
    return outputs | {"vmId": mark[:32], "timeCreated": "2026-11-01T03:00:00Z"}


def released(known: Known, entry: Resource, *, failed: bool) -> None:
    """Free the interfaces of a machine that is gone: at once, or some minutes after a failure."""
    for interface in of_kind(known, "NetworkInterface"):
        if interface["own"].get("vm") == entry["id"]:
            del interface["own"]["vm"]
            if failed:
                interface["own"]["reserved"] = (entry["id"], time.time() + RESERVED)
