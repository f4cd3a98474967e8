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


CHECKED_BY: CheckedBy = {
    "/etc/apt/apt.conf.d/90lunch-gateway": (apt_config,),
    "/etc/apt/preferences.d/lunch-gateway": (apt_pin,),
}

BROKEN: list[Broken] = [
    (apt_config, "/etc/apt/apt.conf.d/90lunch-gateway", '"600";', '"600"'),
    (apt_config, "/etc/apt/apt.conf.d/90lunch-gateway", "DPkg::Lock", "Dpkg::Look"),
    (apt_pin, "/etc/apt/preferences.d/lunch-gateway", "Package:", "Pakage:"),  # codespell:ignore
    (apt_pin, "/etc/apt/preferences.d/lunch-gateway", "trixie-back", "bookworm-back"),
    (apt_pin, "/etc/apt/preferences.d/lunch-gateway", "linux-image-amd64", "linux-image-*"),
]

test_checker_has_no_complaint = no_complaint(CHECKED_BY)
test_checker_complains_about_a_broken_file = complains(BROKEN)
