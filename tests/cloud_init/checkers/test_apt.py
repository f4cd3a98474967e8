"""apt: its configuration, and which kernels it would install."""

from __future__ import annotations

from tests.cloud_init.checkers.checking import Broken, CheckedBy, complains, no_complaint
from tests.cloud_init.guest_tree import Guest


def apt_config(guest: Guest) -> str:
    return guest.complaints(
        "apt-config dump | grep -E '^(DPkg::Lock::Timeout|Acquire::Retries|APT::Install-Rec)'",
        expected='APT::Install-Recommends "false";\n'
        'Acquire::Retries "5";\nDPkg::Lock::Timeout "600";',
    )


def apt_pin(guest: Guest) -> str:
    """Which kernels apt would install, asked of two small archives made on the spot."""
    return guest.complaints(
        """
        set -e
        rm -f /etc/apt/sources.list
        archive() { # codename, suite, version, further lines of Release
            mkdir -p /archive/$1 && cd /archive/$1
            for flavour in amd64 cloud-amd64; do
                printf "Package: linux-image-%s\\nVersion: %s\\nArchitecture: amd64\\n" $flavour $3
                printf "Filename: none\\nSize: 1\\nMD5sum: %032d\\n\\n" 0
            done >Packages
            printf "Codename: $1\\nSuite: $2\\nDate: $(date -Ru | sed s/+0000/UTC/)\\n$4" >Release
            set -- $1 $(sha256sum Packages) $(stat -c %s Packages)
            printf "SHA256:\\n $2 $4 Packages\\n" >>Release
            echo "deb [trusted=yes] file:/archive/$1 ./" >>/etc/apt/sources.list.d/test.list
        }
        archive trixie stable 6.12.57-1 ""
        archive trixie-backports stable-backports 7.3.4-1 \
            "NotAutomatic: yes\\nButAutomaticUpgrades: yes\\n"
        apt-get -qq -o APT::Sandbox::User=root update
        apt-cache policy linux-image-amd64 linux-image-cloud-amd64 | grep Candidate
        """,
        expected="  Candidate: 7.3.4-1\n  Candidate: 6.12.57-1",
    )


def package_lists(guest: Guest) -> str:
    """dpkg knows every name in them as that of a package that is here, but for the kernel's."""
    return guest.complaints(
        "cat /etc/lunch-gateway/packages/* | grep -vx linux-image-amd64 |"
        " xargs dpkg-query --show --showformat '${db:Status-Abbrev}\n' | sort -u",
        expected="ii",
    )


def not_unpacked(guest: Guest) -> str:
    """Which files of a package dpkg leaves out, asked of one made on the spot."""
    return guest.complaints(
        """
        set -e
        modules=/tmp/it/usr/lib/modules/7.3.4/kernel
        mkdir -p /tmp/it/DEBIAN /tmp/it/usr/share/doc/it /tmp/it/usr/share/man
        printf '%s: x\n' Package Maintainer Description >/tmp/it/DEBIAN/control
        printf 'Version: 1\nArchitecture: all\n' >>/tmp/it/DEBIAN/control
        for path in drivers/gpu drivers/net sound/core drivers/nvme drivers/media crypto; do
            mkdir -p $modules/$path
            touch $modules/$path/x.ko
        done
        touch /tmp/it/usr/share/doc/it/copyright /tmp/it/usr/share/doc/it/NEWS
        touch /tmp/it/usr/share/man/it.4711
        dpkg-deb --build /tmp/it /tmp/it.deb >/dev/null
        dpkg --force-not-root --unpack /tmp/it.deb >/dev/null
        cd /usr/lib/modules/7.3.4/kernel
        find * -name x.ko | sort
        find /usr/share/doc/it -type f
        ls /usr/share/man | grep -F it.4711 || :
        """,
        expected="crypto/x.ko\ndrivers/net/x.ko\ndrivers/nvme/x.ko\n/usr/share/doc/it/copyright",
    )


CHECKED_BY: CheckedBy = {
    "/etc/dpkg/dpkg.cfg.d/lunch-gateway": (not_unpacked,),
    **{f"/etc/lunch-gateway/packages/{n}": (package_lists,) for n in ("base", "l2tp", "split")},
    "/etc/apt/apt.conf.d/90lunch-gateway": (apt_config,),
    "/etc/apt/preferences.d/lunch-gateway": (apt_pin,),
}

BROKEN: list[Broken] = [
    (not_unpacked, "/etc/dpkg/dpkg.cfg.d/lunch-gateway", "drivers/gpu/", "drivers/gqu/"),
    (not_unpacked, "/etc/dpkg/dpkg.cfg.d/lunch-gateway", "path-include", "path-exclude"),
    (package_lists, "/etc/lunch-gateway/packages/base", "nftables", "nftable"),
    (apt_config, "/etc/apt/apt.conf.d/90lunch-gateway", '"600";', '"600"'),
    (apt_config, "/etc/apt/apt.conf.d/90lunch-gateway", "DPkg::Lock", "Dpkg::Look"),
    (apt_pin, "/etc/apt/preferences.d/lunch-gateway", "Package:", "Pakage:"),  # codespell:ignore
    (apt_pin, "/etc/apt/preferences.d/lunch-gateway", "trixie-back", "bookworm-back"),
    (apt_pin, "/etc/apt/preferences.d/lunch-gateway", "linux-image-amd64", "linux-image-*"),
]

test_checker_has_no_complaint = no_complaint(CHECKED_BY)
test_checker_complains_about_a_broken_file = complains(BROKEN)
