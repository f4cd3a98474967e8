"""Disks that save a machine its first boot, kept between runs as the lab's images are.

A first boot spends most of its minutes on packages. Two kinds of disk save them: one that was set
up with the very same bytes, which boots as after a restart; and one that has the packages alone,
on which cloud-init does all the rest with new bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from here import forgetting
from lab import host, provision
from lab.images import disk
from lab.images.gateway import gateway_image

SET_UP, INSTALLED = "set-up", "installed"
SAME, LESS, WHOLE = "same", "less", "whole"
"""How much of a first boot is left: none of it, what is not packages, all."""
KEEP = {SET_UP: 4, INSTALLED: 1}
USER_DATA = ".user-data"
"""Beside a disk: what set it up."""

WITH_PACKAGES = (
    *("/etc/apt/", "/etc/default/grub", "/etc/dpkg/", "/etc/initramfs-tools/", "/etc/kernel/"),
    "/etc/lunch-gateway/packages/",
)
"""What is installed, and how, depends on these of the guest's files."""


@dataclass(frozen=True)
class Start:
    """What a machine begins with."""

    disk: Path
    left: str
    """`SAME`, `LESS` or `WHOLE`."""

    @property
    def told(self) -> str:
        """Returns what there is to say about it."""
        return {
            SAME: "the disk that these very bytes set up earlier: it boots as after a restart",
            LESS: "a kept disk with the packages installed: the rest of a first boot is done"
            " anew (make lab shows a whole one)",
            WHOLE: "a whole first boot: packages and the kernel are installed",
        }[self.left]


def start(custom_data: bytes) -> Start:
    """Returns the best disk there is for a machine that is given these bytes."""
    same = _path(SET_UP, set_up_name(custom_data))
    if same.exists():
        return Start(host.used(same), SAME)
    installed = _path(INSTALLED, installed_name(custom_data))
    if not installed.exists() and (set_up := _with_the_packages_of(custom_data)):
        keep_packages(set_up, set_up.with_suffix(USER_DATA).read_bytes())
    if installed.exists():
        return Start(host.used(installed), LESS)
    return Start(gateway_image().disk, WHOLE)


def _with_the_packages_of(custom_data: bytes) -> Path | None:
    """Returns a disk that was set up with the same packages by other bytes, ours or the lab's."""
    wanted = installed_name(custom_data)
    for told in sorted(host.cache_directory().glob(f"*{USER_DATA}")):
        before, made = told.read_bytes(), told.with_suffix(".qcow2")
        # A disk on an image that is gone was set up with the same, and is no disk any more.
        ours = (_path(SET_UP, set_up_name(before)), provision.disk_of(before))
        if made in ours and made.exists() and installed_name(before) == wanted:
            return made
    return None


def set_up_name(custom_data: bytes) -> str:
    """Returns what a disk goes by that these bytes set up: also its machine's instance id."""
    return host.digest(gateway_image().identity, custom_data)


def installed_name(custom_data: bytes) -> str:
    """Returns what a disk goes by that has the packages which these bytes ask for."""
    told = _told(custom_data)
    files = [file for file in told.get("write_files", []) if file["path"].startswith(WITH_PACKAGES)]
    return host.digest(gateway_image().identity, json.dumps(files))


def _told(custom_data: bytes) -> Mapping[str, Any]:
    try:
        told = yaml.safe_load(custom_data)
    except yaml.YAMLError:
        return {}
    return told if isinstance(told, dict) else {}


def keep_set_up(made: Path, custom_data: bytes) -> None:
    """Keep a copy of a disk that these bytes set up and nobody writes any more."""
    target = _path(SET_UP, set_up_name(custom_data))
    with host.aside() as scratch:
        partial = scratch / target.name
        disk.run("cp", "--sparse=always", "--reflink=auto", made, partial)
        target.with_suffix(USER_DATA).write_bytes(custom_data)
        partial.replace(target)
    host.forget_all_but(KEEP[SET_UP], f"{SET_UP}-*.qcow2")


def keep_packages(made: Path, custom_data: bytes) -> None:
    """Keep a copy of a disk that these bytes set up, with the packages and nothing else of it."""
    target = _path(INSTALLED, installed_name(custom_data))
    with host.aside() as scratch:
        partial = scratch / target.name
        forgetting.copy(made, partial, _told(custom_data))
        partial.replace(target)
    host.forget_all_but(KEEP[INSTALLED], f"{INSTALLED}-*.qcow2")


def _path(kind: str, name: str) -> Path:
    return host.cache_directory() / f"{kind}-{name}.qcow2"
