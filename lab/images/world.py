"""The image of the world, which boots its kernel directly."""

from __future__ import annotations

from dataclasses import replace

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
    "python3-pycurl",
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
    "tayga",
    "unbound",
    "socat",
)

# A second implementation of IPsec. apt installs no two of them, because one machine has one
# owner of UDP 500; here each has namespaces of its own. They have no file in common.
LIBRESWAN = r"""
cd "$1" && APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get download libreswan
dpkg-deb --extract libreswan_*.deb . && rm libreswan_*.deb
"""
WORLD_QUIET = r"""
chroot "$1" systemctl disable nftables xl2tpd strongswan nginx tayga unbound \
    shadowsocks-libev 2>/dev/null || true
chroot "$1" systemctl mask apt-daily.timer apt-daily-upgrade.timer
echo nameserver 10.0.2.3 > "$1/etc/resolv.conf"; echo world > "$1/etc/hostname"
"""


def world_image() -> BootFiles:
    """Returns the machine that holds everything outside the gateway (qcow2, kernel, initrd)."""
    hooks = [*our_files("world"), LIBRESWAN, FORGET_BUILD_HOST, WORLD_QUIET]
    target = host.cache_directory() / f"world-{debian_name(WORLD_PACKAGES, hooks)}.qcow2"
    kernel, initrd = target.with_suffix(".vmlinuz"), target.with_suffix(".initrd")

    def make() -> None:
        with unpacked(WORLD_PACKAGES, hooks) as (tree, scratch):
            disk.tar_to_ext4(tree, scratch / "root.img", 3072)
            disk.extract(tree, scratch, ["./boot"])
            next((scratch / "boot").glob("vmlinuz-*")).rename(kernel)
            next((scratch / "boot").glob("initrd.img-*")).rename(initrd)
            disk.to_qcow2(scratch / "root.img", target)

    return replace(kept_image(target, make), kernel=kernel, initrd=initrd)
