"""The lab's disk images, built without mounting anything and kept in the cache.

The gateway's is like Azure's: GPT, an EFI system partition with Debian's signed shim and
GRUB, the cloud kernel flavour, cloud-init. The world's boots its kernel directly.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab import disk, host

FILES = Path(__file__).parent / "images"
MIB = 1 << 20
DD = ("bs=1M", "conv=notrunc,sparse", "oflag=seek_bytes")

GATEWAY_PACKAGES = (
    "linux-image-cloud-amd64",
    "initramfs-tools",
    "zstd",
    "grub-efi-amd64",
    "grub-efi-amd64-signed",
    "shim-signed",
    "cloud-init",
    "cloud-guest-utils",
    "locales",
    "netplan.io",
    "systemd-sysv",
    "systemd-resolved",
    "systemd-timesyncd",
    "udev",
    "dbus",
    "kmod",
    "procps",
    "openssh-server",
    "sudo",
    "unattended-upgrades",
    "apt-listchanges-",
    "ca-certificates",
    "curl",
    "iproute2",
    "iputils-ping",
    "less",
    "python3",
    "tcpdump",
    "qemu-guest-agent",
)
LIBRESWAN_NEEDS = (
    "dns-root-data",
    "bind9-host",
    "iptables",
    "libnss3-tools",
    "libcurl3t64-gnutls",
    "libevent-core-2.1-7t64",
    "libevent-pthreads-2.1-7t64",
    "libldap2",
    "libldns3t64",
    "libunbound8",
)
"""Debian's libreswan depends on these; see `LIBRESWAN`."""
WORLD_PACKAGES = (
    "linux-image-amd64",
    "initramfs-tools",
    "zstd",
    "systemd-sysv",
    "udev",
    "dbus",
    "kmod",
    "procps",
    "qemu-guest-agent",
    "iproute2",
    "iputils-ping",
    "nftables",
    "dnsmasq-base",
    "curl",
    "python3",
    "tcpdump",
    "bind9-dnsutils",
    "openssl",
    "charon-systemd",
    "strongswan-swanctl",
    "libstrongswan-standard-plugins",
    "libcharon-extra-plugins",
    *LIBRESWAN_NEEDS,
    "conntrack",
    "xl2tpd",
    "ppp",
    "ike-scan",
    "nmap",
    "iperf3",
    "ethtool",
    "nginx-light",
    "wireguard-tools",
    "shadowsocks-libev",
)

# cloud-init writes the mirror it is told into its sources: the one that this very
# image was built from, whichever the machine's own configuration made that.
USE_OUR_MIRROR = r"""
mirror=$(sed -n 's|^deb .*\(http[^ ]*\) .*|\1|p' "$1/etc/apt/sources.list" | head -n 1)
cat > "$1/etc/cloud/cloud.cfg.d/91-mirror.cfg" <<END
system_info:
  package_mirrors:
    - arches: [default]
      failsafe: {primary: "$mirror", security: "$mirror"}
END
"""
FORGET_BUILD_HOST = r"""
: > "$1/etc/machine-id"; rm -f "$1"/etc/ssh/ssh_host_* "$1/etc/resolv.conf" "$1/etc/hostname"
"""
GATEWAY_NETWORK = r"""
chroot "$1" systemctl enable systemd-networkd systemd-resolved
ln -sf ../run/systemd/resolve/stub-resolv.conf "$1/etc/resolv.conf"
mkdir -p "$1/boot/efi"
"""
# A second implementation of IPsec. apt installs no two of them, because one machine has one
# owner of UDP 500; here each has namespaces of its own. They have no file in common.
LIBRESWAN = r"""
cd "$1" && APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get download libreswan
dpkg-deb --extract libreswan_*.deb . && rm libreswan_*.deb
"""
WORLD_QUIET = r"""
chroot "$1" systemctl disable nftables xl2tpd strongswan nginx \
    shadowsocks-libev 2>/dev/null || true
chroot "$1" systemctl mask apt-daily.timer apt-daily-upgrade.timer
echo nameserver 10.0.2.3 > "$1/etc/resolv.conf"; echo world > "$1/etc/hostname"
"""


@dataclass(frozen=True)
class BootFiles:
    """What QEMU needs to start a machine."""

    disk: Path
    kernel: Path | None = None
    initrd: Path | None = None


def gateway_image() -> BootFiles:
    """The stand-in for Azure's Debian 13 image (qcow2), from the cache or built now."""
    hooks = [*_our_files("gateway"), USE_OUR_MIRROR, FORGET_BUILD_HOST, GATEWAY_NETWORK]
    target = host.cache_directory() / f"gateway-{host.debian_name(GATEWAY_PACKAGES, hooks)}.qcow2"
    if not target.exists():
        with _tree(GATEWAY_PACKAGES, hooks) as (tree, scratch):
            _build_gateway(tree, scratch, target)
        host.forget_all_but(host.KEEP, "gateway-*.qcow2")
    return BootFiles(host.used(target))


def world_image() -> BootFiles:
    """The machine that holds everything outside the gateway (qcow2, kernel, initrd)."""
    hooks = [*_our_files("world"), LIBRESWAN, FORGET_BUILD_HOST, WORLD_QUIET]
    target = host.cache_directory() / f"world-{host.debian_name(WORLD_PACKAGES, hooks)}.qcow2"
    kernel, initrd = target.with_suffix(".vmlinuz"), target.with_suffix(".initrd")
    if not target.exists():
        with _tree(WORLD_PACKAGES, hooks) as (tree, scratch):
            disk.tar_to_ext4(tree, scratch / "root.img", 3072)
            disk.extract(tree, scratch, ["./boot"])
            next((scratch / "boot").glob("vmlinuz-*")).rename(kernel)
            next((scratch / "boot").glob("initrd.img-*")).rename(initrd)
            disk.to_qcow2(scratch / "root.img", target)
        host.forget_all_but(host.KEEP, "world-*.qcow2")
    return BootFiles(host.used(target), kernel, initrd)


@contextmanager
def _tree(packages: Sequence[str], hooks: Sequence[str]) -> Iterator[tuple[Path, Path]]:
    """A Debian tree as a tarball and a directory to work in, both gone afterwards."""
    host.install(disk.HOST_PACKAGES)
    tree = host.debian_tar(packages, hooks, {"LAB_FILES": str(FILES)})
    with tempfile.TemporaryDirectory(dir=host.cache_directory()) as scratch:
        yield tree, Path(scratch)
    tree.unlink()


def _our_files(name: str) -> list[str]:
    """Hooks that lay our files for this image over the tree, owned by root. The second does
    nothing but give the image another name when one of the files changes."""
    files = sorted(path for path in (FILES / name).rglob("*") if path.is_file())
    contents = host.digest(*(part for path in files for part in (path.name, path.read_bytes())))
    return [f'cp -r --no-preserve=ownership "$LAB_FILES/{name}/." "$1/"', f": {contents}"]


def _build_gateway(tree: Path, scratch: Path, target: Path) -> None:
    """Two partitions, the EFI one first, in one sparse file."""
    esp, root, whole = scratch / "esp.img", scratch / "root.img", scratch / "disk.img"
    _build_esp(tree, scratch, esp)
    disk.tar_to_ext4(tree, root, 6144)
    esp_sectors, root_sectors = (path.stat().st_size // 512 for path in (esp, root))
    table = (
        "label: gpt\n"
        f"start=2048, size={esp_sectors}, type=uefi\n"
        f"start={2048 + esp_sectors}, size={root_sectors}, type=linux\n"
    )
    with whole.open("wb") as file:
        file.truncate(esp.stat().st_size + root.stat().st_size + 4 * MIB)
    (scratch / "table").write_text(table)
    disk.run("sh", "-ec", 'sfdisk --quiet "$1" < "$2"', "sh", whole, scratch / "table")
    for image, start in ((esp, 2048), (root, 2048 + esp_sectors)):
        disk.run("dd", f"if={image}", f"of={whole}", f"seek={start * 512}", *DD)
    disk.to_qcow2(whole, target)


def _build_esp(tree: Path, scratch: Path, esp: Path) -> None:
    """What grub-install would lay there, at the path that firmware looks for by itself."""
    grub, shim = "usr/lib/grub/x86_64-efi-signed", "usr/lib/shim"
    disk.extract(tree, scratch, [f"./{grub}", f"./{shim}"])
    config = scratch / "grub.cfg"
    config.write_text(
        "search --label --set=root root\n"
        "set prefix=($root)/boot/grub\n"
        "configfile $prefix/grub.cfg\n"
    )
    disk.run("mkfs.vfat", "-C", "-n", "ESP", esp, str(64 * 1024))
    disk.run("mmd", "-i", esp, "::EFI", "::EFI/BOOT", "::EFI/debian")
    for source, name in (
        (scratch / shim / "shimx64.efi.signed", "EFI/BOOT/BOOTX64.EFI"),
        (scratch / shim / "mmx64.efi.signed", "EFI/BOOT/mmx64.efi"),
        (scratch / grub / "grubx64.efi.signed", "EFI/BOOT/grubx64.efi"),
        (config, "EFI/debian/grub.cfg"),
    ):
        disk.run("mcopy", "-i", esp, source, f"::{name}")
