"""Disk images without mounting anything and without being root."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from lab.host import LabError

HOST_PACKAGES = ("e2fsprogs", "dosfstools", "fakeroot", "fdisk", "mtools", "qemu-utils")


def run(*command: str | Path, environment: dict[str, str] | None = None) -> str:
    """Run a tool of the host.

    Raises:
        LabError: it failed; with what it printed.
    """
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **(environment or {}), "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"},
    )
    if done.returncode:
        raise LabError(f"{command[0]} failed: {(done.stderr or done.stdout).strip()[-1000:]}")
    return done.stdout


def tar_to_ext4(tree: Path, image: Path, mebibytes: int) -> None:
    """Make an ext4 file system labelled ``root``, of this size, with the tree's owners, modes."""
    script = (
        'mkdir "$2.d" && tar -xf "$1" -C "$2.d" && mke2fs -q -t ext4 -L root -d "$2.d" "$2" "$3"'
    )
    # fakeroot keeps owners and device nodes without being root.
    run("fakeroot", "sh", "-ec", script, "sh", tree, image, f"{mebibytes}M")
    run("rm", "-rf", f"{image}.d")


def extract(tree: Path, target: Path, members: Sequence[str]) -> None:
    """Lay some members of a tree's tarball below the directory `target`."""
    run("tar", "-xf", tree, "-C", target, "--no-same-owner", *members)


def to_qcow2(raw: Path, target: Path) -> None:
    """Make the same disk in the format that can have layers."""
    partial = raw.with_suffix(".qcow2")
    run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, partial)
    partial.rename(target)


def overlay(base: Path, target: Path) -> None:
    """Make a disk of 8 GiB that starts as `base` and leaves it untouched (qcow2)."""
    run("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base, target, "8G")


def seed_disk(user_data: Path, hostname: str, target: Path, instance: str = "") -> None:
    """Make the disk on which cloud-init's NoCloud source finds the user-data, byte for byte.

    Args:
        user_data: the file with it.
        hostname: the machine's name.
        target: the disk.
        instance: what the machine is known by to cloud-init, which sets another one up anew; by
            default its name.
    """
    meta_data = target.with_suffix(".meta-data")
    meta_data.write_text(f"instance-id: {instance or hostname}\nlocal-hostname: {hostname}\n")
    run("mkfs.vfat", "-C", "-n", "CIDATA", target, "1024")
    for source, name in ((user_data, "user-data"), (meta_data, "meta-data")):
        run("mcopy", "-i", target, source, f"::{name}")
