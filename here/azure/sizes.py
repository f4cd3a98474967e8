"""What Azure says about machine sizes: which boot what, and which may follow which in place."""

from __future__ import annotations

import re
from typing import NamedTuple

from here.azure.arm import ArmError

_SIZE = re.compile(r"Standard_([A-Z]+)(\d+)(?:-\d+)?([a-z]*)((?:_[A-Za-z0-9]+)*)")


class Series(NamedTuple):
    """What sizes of the same hardware have in common: of Standard_B2ats_v2 B, ats and _v2."""

    family: str
    features: str
    version: str


def series(size: str) -> Series:
    """Returns the series of a size; an empty one if that is none of Azure's names."""
    found = _SIZE.fullmatch(size)
    if found is None:
        return Series("", "", "")
    return Series(found[1], found[3], found[4].removesuffix("_Promo"))


def cores(size: str) -> int:
    """Returns how many cores a size has."""
    found = _SIZE.fullmatch(size)
    return int(found[2]) if found else 1


def generation_1_only(size: str) -> bool:
    """Returns whether a size can't start generation 2: Av2, Dv2, Dv3, Ev3, NC, NV and NP
    (MicrosoftDocs/azure-docs, trusted-launch.md at f5aec6f3, column "Not supported"), and D and A
    before them."""
    family, features, version = series(size)
    return (
        size.startswith("Basic_")
        or family in ("A", "NP")
        or (family == "D" and "s" not in features and version in ("", "_v2", "_v3"))
        or (family == "E" and "s" not in features and version == "_v3")
        or (family in ("NC", "NV") and version == "")
    )


def without_trusted_launch(size: str) -> bool:
    """Returns whether a size has no trusted launch and can start generation 2 all the same: Arm's
    of version 5, the M family, and the confidential DC and EC ones
    (MicrosoftDocs/azure-compute-docs, trusted-launch.md at 02ecf3f4)."""
    family, features, version = series(size)
    return (
        ("p" in features and version == "_v5")
        or family == "M"
        or (family in ("DC", "EC") and bool({"a", "e"} & set(features)))
    )


def bootable(size: str, *, generation: int, trusted: bool) -> None:
    """Raises what Azure says to an image or a security type that the size can't start.

    The words of the first stand in AutomatedLab/AutomatedLab#1638; those of the second are ours.
    """
    if generation == 2 and generation_1_only(size):
        raise ArmError(
            400,
            "BadRequest",
            f"The selected VM size '{size}' cannot boot Hypervisor Generation '2'. If this was a"
            " Create operation please check that the Hypervisor Generation of the Image matches"
            " the Hypervisor Generation of the selected VM Size.",
        )
    if trusted and without_trusted_launch(size):
        raise ArmError(
            400,
            "InvalidParameter",
            f"The VM size '{size}' is not supported for creation of VMs and Virtual Machine Scale"
            " Set with 'TrustedLaunch' security type.",
        )


def takes_disk(size: str, disk: str) -> None:
    """Raises what Azure says to a premium disk on a size whose name has no s (learn.microsoft.com,
    "Azure virtual machine sizes naming conventions"). The words are ours."""
    family, features, _ = series(size)
    if disk.startswith("Premium") and "s" not in f"{family}{features}".lower():
        raise ArmError(
            400,
            "InvalidParameter",
            f"The VM size {size} does not support the storage account type {disk} of the disk.",
        )


def changed_in_place(name: str, old: str, new: str) -> None:
    """Raises what Azure says where the hardware under the machine has not got the new size.

    MicrosoftDocs/azure-compute-docs, sizes/resize-vm.md at 1ac46f5f; the words stand in azurerm's
    linux_virtual_machine_resource.go, which deallocates for that reason. azure-native never does.
    Of the same series, a size is taken to be in the same cluster.
    """
    if old != new and series(old) != series(new):
        raise ArmError(
            409,
            "OperationNotAllowed",
            f"Unable to resize the VM '{name}' because the requested size {new} is not available"
            " in the current hardware cluster. The requested size might be available in other"
            " clusters of this region. Read more on VM resizing strategy at"
            " https://aka.ms/azure-resizevm.",
        )
