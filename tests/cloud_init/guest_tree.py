"""The guest's own programs, for checking what we ship: a Debian 13 tree with the rendered
files laid over it, entered with chroot in namespaces of its own. Nothing is ever written
to the tree or to this machine: each run has a throw-away layer on top.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cloud_init.files import ROOTFS
from lab.host import LabError, alone, cache_directory
from lab.images.debian import debian_tar


def packages(*layers: str) -> list[str]:
    """Returns what gateway-setup installs for these layers of the guest, in its order."""
    lists = [ROOTFS / layer / "etc/lunch-gateway/packages" / layer for layer in layers]
    lines = (line for each in lists for line in each.read_text().splitlines())
    return [line for line in lines if not line.startswith("#")]


TREE_PACKAGES = (
    *(name for name in packages("base", "l2tp", "split") if not name.startswith("linux-image")),
    *("cloud-init", "systemd", "udev", "openssh-server", "iproute2"),
)

ENTER = r"""
set -eu
tree=$1 out=$2 scratch=$3 command=$4
mount -t tmpfs tmpfs "$scratch"
mkdir "$scratch/upper" "$scratch/work" "$scratch/root"
root=$scratch/root
mount -t overlay overlay \
    -o "lowerdir=$out/rootfs:$tree,upperdir=$scratch/upper,workdir=$scratch/work" "$root"
cp "$out/user-data" "$root/root/user-data"
mount --rbind /proc "$root/proc"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
# Not sticky: the kernel would refuse to create what a stranger, the real root, owns.
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
# pppd only asks whether it can be opened.
touch "$root/dev/ppp"
mkdir -p "$root/run/sshd"
cd /
exec env -i PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
    chroot "$root" /bin/sh -c "ip link set lo up; $command"
"""

WITH_ETH0 = """
ip link add eth0 type veth peer name peer0
ip link set peer0 up
ip link set eth0 up
ip addr add 10.1.0.4/24 dev eth0
ip route add default via 10.1.0.1
"""
"""Gives the namespace what DHCP gives the guest. For the start of a command."""


def debian_tree(packages: Sequence[str] = TREE_PACKAGES) -> Path:
    """The extracted tree, cached beside its tarball."""
    tar = debian_tar(packages)
    tree = cache_directory() / f"{tar.stem}.tree"
    with alone(tree.name):
        if not tree.exists():
            _extract(tar, tree)
    return tree


def _extract(tar: Path, tree: Path) -> None:
    partial = Path(tempfile.mkdtemp(dir=tree.parent, prefix=f"{tree.name}.partial-"))
    partial.chmod(0o755)
    # Devices can't be made without privileges, and come from elsewhere anyway.
    command = ["tar", "-xf", str(tar), "-C", str(partial), "--no-same-owner", "--exclude=./dev/*"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(partial, ignore_errors=True)
        raise LabError(f"could not extract {tar}:\n{done.stderr[-2000:]}")
    partial.rename(tree)


@dataclass(frozen=True)
class Guest:
    """What ``python -m cloud_init render`` wrote to ``out``, on a Debian 13."""

    out: Path

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a shell command as the guest's root. Output and errors are in ``stdout``."""
        as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
        with tempfile.TemporaryDirectory() as scratch:
            return subprocess.run(
                [
                    *("unshare", "--mount", "--net", "--uts", "--ipc", "--kill-child", *as_root),
                    *("sh", "-c", ENTER, "enter"),
                    *(str(debian_tree()), str(self.out), scratch, command),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=60,
                check=False,
            )

    def complaints(self, command: str, expected: str = "") -> str:
        """What a checker has to say: empty if it exits 0 and prints exactly what is expected."""
        done = self.run(command)
        if done.returncode == 0 and done.stdout.strip() == expected.strip():
            return ""
        return f"{command.strip()}: exit status {done.returncode}, printed:\n{done.stdout}"

    def text(self, path: str) -> str:
        """A shipped file; ``user-data`` is one too."""
        return self._source(path).read_text(encoding="utf-8")

    def altered(self, copy: Path, path: str, change: Callable[[str], str]) -> Guest:
        """The same guest in ``copy`` with one file changed."""
        shutil.copytree(self.out, copy, symlinks=True)
        guest = Guest(copy)
        before = self.text(path)
        after = change(before)
        assert after != before, f"{path} does not hold what was to be changed"
        guest._source(path).write_text(after, encoding="utf-8")
        return guest

    def _source(self, path: str) -> Path:
        return self.out / "user-data" if path == "user-data" else self.out / f"rootfs{path}"
