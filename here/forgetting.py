"""A copy of a gateway's disk that has forgotten what set it up, so that cloud-init does so again.

The copy keeps the packages. What the user-data wrote is gone, and so is what cloud-init
remembers, and whatever else stood in blocks of no file. No machine has to boot for it.
"""

from __future__ import annotations

import base64
import io
import json
import re
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.images import disk

UNITS = (
    *("strongswan.service", "xl2tpd.service", "haproxy.service", "nftables.service"),
    *("gateway-resolver.service", "gateway-ready.service", "gateway-watch.timer"),
    *("gateway-tunnel.service", "gateway-split.service", "gateway-bbr-phone.service"),
    "gateway-setup.service",
)
"""What a first boot enables. Else one of them would answer IKE before the new set-up begins."""

REMEMBERS = (
    *("/etc/cloud", "/etc/swanctl/conf.d", "/var/lib/lunch-gateway"),
    *("/var/lib/cloud/sem", "/var/lib/cloud/data", "/etc/strongswan.d"),
)
"""Directories in which the guest or cloud-init write what no user-data names."""
KEPT = re.compile(r"/etc/cloud/(cloud\.cfg|ds-identify\.cfg|build\.info)|/etc/strongswan\.d/[^l]")


def copy(made: Path, target: Path, told: Mapping[str, Any]) -> None:
    """Write the copy, as qcow2.

    Args:
        made: the disk, which nobody writes.
        target: the copy, in a directory for this alone: more is written there meanwhile.
        told: the cloud-config that set it up.

    Raises:
        LabError: its file system can't be read.
    """
    raw = target.with_suffix(".raw")
    disk.run("qemu-img", "convert", "-O", "raw", made, raw)
    tree = _Tree(raw, _root(raw))
    # A copy of a running machine's disk has a journal to be replayed.
    tree.check()
    tree.remove([*_written(told), *tree.remembered(), *tree.links()])
    tree.check()
    disk.run("qemu-img", "convert", "-O", "qcow2", raw, target)


def _written(told: Mapping[str, Any]) -> Iterator[str]:
    """Yields each path that the user-data wrote, and that its own archive brought."""
    for name in told.get("apt", {}).get("sources", {}):
        # To a list that is there, cloud-init adds its lines once more.
        yield f"/etc/apt/sources.list.d/{name}.list"
    for file in told.get("write_files", []):
        yield file["path"]
        if file.get("encoding") == "b64":
            packed = io.BytesIO(base64.b64decode(file["content"]))
            with tarfile.open(fileobj=packed) as archive:
                yield from (f"/{name}" for name in archive.getnames())


def _root(raw: Path) -> int:
    """Returns where the root file system begins, in bytes: it is the last partition."""
    table = json.loads(disk.run("sfdisk", "--json", raw))["partitiontable"]
    return int(table["partitions"][-1]["start"]) * int(table["sectorsize"])


@dataclass(frozen=True)
class _Tree:
    """An ext4 file system in a file, changed without being mounted."""

    raw: Path
    start: int

    @property
    def place(self) -> str:
        return f"{self.raw}?offset={self.start}"

    def check(self) -> None:
        """Replay its journal, see that it is whole, and empty what belongs to no file: of each
        secret, the scrubbed copies still stand there."""
        # 1: it was put right.
        script = 'e2fsck -fy -E discard "$1" || test $? -eq 1'
        disk.run("sh", "-c", script, "sh", self.place)

    def _ask(self, requests: Iterable[str], *options: str) -> str:
        script = self.raw.with_suffix(".requests")
        script.write_text("".join(f"{request}\n" for request in requests))
        return disk.run("debugfs", *options, "-f", script, self.place)

    def _names(self, directory: str) -> Iterator[tuple[str, bool]]:
        """Yields each entry's path, and whether it is a directory."""
        for line in self._ask([f"ls -p {directory}"]).splitlines():
            # /inode/mode/uid/gid/name/size/
            parts = line.split("/")
            if len(parts) == 8 and parts[5] not in (".", ".."):
                yield f"{directory}/{parts[5]}", parts[2].startswith("04")

    def remembered(self) -> Iterator[str]:
        for directory in REMEMBERS:
            for path, is_directory in self._names(directory):
                if not (is_directory or KEPT.match(path)):
                    yield path

    def links(self) -> Iterator[str]:
        """Yields the links by which systemd starts the guest's daemons."""
        for directory, is_directory in self._names("/etc/systemd/system"):
            if is_directory and directory.endswith(".wants"):
                for path, _ in self._names(directory):
                    if path.rpartition("/")[2] in UNITS:
                        yield path

    def remove(self, paths: Iterable[str]) -> None:
        """Remove files; one that is not there is no fault."""
        self._ask([f"rm {path}" for path in sorted(set(paths))], "-w")
