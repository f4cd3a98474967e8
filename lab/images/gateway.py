"""The image of the gateway before its first boot, as Azure's is: GPT, an EFI system partition with
Debian's signed shim and GRUB, the cloud kernel flavour, cloud-init, Azure's agent, and apt's
sources by lists of mirrors. README.md beside this says what is not as there."""

from __future__ import annotations

from pathlib import Path

from lab import host
from lab.images import disk
from lab.images.debian import (
    FORGET_BUILD_HOST,
    BootFiles,
    debian_name,
    kept_image,
    our_files,
    unpacked,
)

MIB = 1 << 20
DD = ("bs=1M", "conv=notrunc,sparse", "oflag=seek_bytes")

GATEWAY_PACKAGES = (
    "linux-image-cloud-amd64",
    "initramfs-tools",
    "zstd",
    "grub-cloud-amd64",
    "grub-efi-amd64-signed",
    "shim-signed",
    "cloud-init",
    "cloud-guest-utils",
    "cloud-initramfs-growroot",
    "locales",
    "netplan.io",
    "systemd-sysv",
    "systemd-resolved",
    "chrony",
    "udev",
    "dbus",
    "kmod",
    "procps",
    "openssh-server",
    "sudo",
    "unattended-upgrades",
    "linux-sysctl-defaults",
    "iptables",
    "waagent",
    "hyperv-daemons",
    "azure-vm-utils",
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
# cloud-init writes the mirrors it is told into the lists that Debian's sources name: those that
# this very image was built from, whichever the machine's own configuration made them.
USE_OUR_MIRROR = r"""
mirror() { sed -nE "s,^deb (http[^ ]*) $1 .*,\1,p" "$tree/etc/apt/sources.list" | head -n 1; }
tree=$1 main=$(mirror trixie)
security=$(mirror trixie-security)
cat > "$1/etc/cloud/cloud.cfg.d/91-mirror.cfg" <<END
system_info:
  package_mirrors:
    - arches: [default]
      failsafe: {primary: "$main", security: "${security:-$main}"}
END
rm "$1/etc/apt/sources.list"
"""
GATEWAY_NETWORK = r"""
chroot "$1" systemctl enable systemd-networkd systemd-resolved
ln -sf ../run/systemd/resolve/stub-resolv.conf "$1/etc/resolv.conf"
mkdir -p "$1/boot/efi"
"""


def gateway_image() -> BootFiles:
    """Returns the stand-in for Azure's Debian 13 image (qcow2), from the cache or built now."""
    hooks = [*our_files("gateway"), USE_OUR_MIRROR, FORGET_BUILD_HOST, GATEWAY_NETWORK]
    target = host.cache_directory() / f"gateway-{debian_name(GATEWAY_PACKAGES, hooks)}.qcow2"

    def make() -> None:
        with unpacked(GATEWAY_PACKAGES, hooks) as (tree, scratch):
            _build_gateway(tree, scratch, target)

    return kept_image(target, make)


def _build_gateway(tree: Path, scratch: Path, target: Path) -> None:
    """Lay two partitions, the EFI one first, into one sparse file."""
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
    """Make what grub-install would, at the path that firmware looks for by itself."""
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
