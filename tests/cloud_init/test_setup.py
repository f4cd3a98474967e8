"""gateway-setup on the guest's release, with its real apt and dpkg and an archive made on the spot:
whatever keeps it waiting, it goes on by itself."""

from __future__ import annotations

import pytest

from tests.cloud_init.guest_tree import Guest
from tests.cloud_init.test_scripts import STAND_IN

pytestmark = pytest.mark.slow

GENERIC = "/boot/vmlinuz-7.3.4+deb13-amd64"

FUNCTIONS = r"""
package() { # suite, name, version, a further line of its control file
    at=/archive/pool/$2_$3
    mkdir -p $at/DEBIAN /archive/dists/$1/main/binary-amd64
    printf 'Package: %s\nVersion: %s\nArchitecture: amd64\nMaintainer: x\nDescription: x\n' \
        $2 $3 >$at/DEBIAN/control
    [ ! "${4-}" ] || echo "$4" >>$at/DEBIAN/control
    dpkg-deb --build $at $at.deb >/dev/null
    {
        cat $at/DEBIAN/control
        echo "Filename: pool/$2_$3.deb"
        echo "Size: $(stat -c %s $at.deb)"
        echo "SHA256: $(sha256sum <$at.deb | cut -c -64)"
        echo
    } >>/archive/dists/$1/main/binary-amd64/Packages
}
release() { # suite, a further line of its Release
    cd /archive/dists/$1
    {
        printf 'Codename: %s\nSuite: %s\nDate: %s\n' $1 $1 "$(date -Ru | sed s/+0000/UTC/)"
        [ ! "${2-}" ] || echo "$2"
        [ $1 = trixie ] || printf 'NotAutomatic: yes\nButAutomaticUpgrades: yes\n'
        printf 'SHA256:\n %s %s main/binary-amd64/Packages\n' \
            $(sha256sum <main/binary-amd64/Packages | cut -c -64) \
            $(stat -c %s main/binary-amd64/Packages)
    } >Release
    cd /
}
"""

SETUP = f"""
set -e
{STAND_IN}
cat >/tmp/functions <<'END'
{FUNCTIONS}
END
. /tmp/functions
package trixie linux-image-amd64 6.12.1
package trixie it 1
package trixie-backports linux-image-amd64 7.3.4
release trixie
release trixie-backports
rm -f /etc/lunch-gateway/packages/* /etc/apt/sources.list
printf '%s\\n' linux-image-amd64 it >/etc/lunch-gateway/packages/base
printf 'deb [trusted=yes] copy:/archive %s main\\n' trixie trixie-backports \
    >/etc/apt/sources.list.d/test.list
echo 'APT::Sandbox::User "root";' >/etc/apt/apt.conf.d/99test
stand_in systemctl 'echo systemctl $*'
stand_in sync :
stand_in gateway-bbr-phone-build 'echo builds bbr.phone'
# What is waited for comes to pass in the third pause; after 40 it is not waited for any more.
touch /tmp/mend
stand_in sleep 'echo . >>/tmp/pauses
n=$(wc -l </tmp/pauses)
[ $n -lt 40 ] || kill $PPID
[ $n != 3 ] || sh -ec ". /tmp/functions; . /tmp/mend"'
mkdir -p /boot/grub /var/lib/lunch-gateway
menu() {{ for kernel; do printf 'menuentry {{\\n\\tlinux\\t%s root=x\\n}}\\n' $kernel; done; }}
menu {GENERIC} /boot/vmlinuz-6.12.57+deb13-cloud-amd64 >/boot/grub/grub.cfg
"""

ENDED = """
for name in linux-image-amd64 it; do
    dpkg-query --show --showformat '${Package} ${Version} ${db:Status-Status}\\n' $name || :
done
[ ! -e /var/lib/lunch-gateway/set-up ] || echo set up
"""
INSTALLED = ["linux-image-amd64 7.3.4 installed", "it 1 installed", "set up"]


def set_up(guest: Guest, before: str = "", then: str = "") -> list[str]:
    """Returns all that was said, and what stands afterwards. `before` breaks something, `then` is
    done in the end."""
    done = guest.run(f"{SETUP}{before}\ngateway-setup || echo status $?\n{then}\n{ENDED}")
    return done.stdout.splitlines()


def test_it_installs_enables_and_reboots(guest: Guest) -> None:
    said = set_up(guest)
    assert said[-3:] == INSTALLED, said
    assert said[-5:-3] == [f"gateway-setup: ok, rebooting into {GENERIC}", "systemctl reboot"]
    firewall = said.index("systemctl start nftables.service")
    assert "gateway-ready.service" in said[firewall - 1]
    assert "builds bbr.phone" in said[firewall:]


def test_it_can_run_again(guest: Guest) -> None:
    """Where the power was cut between its last two acts."""
    said = set_up(guest, then="rm /var/lib/lunch-gateway/set-up; gateway-setup")
    assert said.count("systemctl reboot") == 2
    assert said[-3:] == INSTALLED


EMPTY = ": >/archive/dists/trixie/main/binary-amd64/Packages"
REWRITTEN = f"{EMPTY}\npackage trixie linux-image-amd64 6.12.1\npackage trixie it 1\nrelease trixie"
WAITS = {
    "no mirror": ("mv /archive /gone", "mv /gone /archive", "Failed to fetch"),
    "a hotel's page": (
        "for name in Release main/binary-amd64/Packages; do\n"
        "    echo '<html>' >/archive/dists/trixie/$name\n"
        "done",
        REWRITTEN,
        "Unable to parse",
    ),
    "last year's lists": (
        "release trixie 'Valid-Until: Mon, 01 Jan 2024 00:00:00 UTC'",
        "release trixie",
        "expired",
    ),
    "a clock that is years behind": (
        "sed -i 's/^Date: .*/Date: Fri, 01 Jan 2038 00:00:00 UTC/' /archive/dists/trixie/Release",
        "release trixie",
        "not valid yet",
    ),
    "a file that is gone": (
        "mv /archive/pool/it_1.deb /gone",
        "mv /gone /archive/pool/it_1.deb",
        "it_1.deb",
    ),
    "a dependency that comes tomorrow": (
        "package trixie it 2 'Depends: tomorrow'\nrelease trixie",
        "package trixie tomorrow 1\nrelease trixie",
        "Unable to",
    ),
    "no room": (
        "mkdir -p /archive/pool/it_1/usr /var/cache/apt/archives\n"
        "head -c 65536 /dev/urandom >/archive/pool/it_1/usr/it\n"
        f"{REWRITTEN}\nmount -t tmpfs -o size=32k tmpfs /var/cache/apt/archives",
        "umount /var/cache/apt/archives",
        "enough free space",
    ),
}


@pytest.mark.parametrize("what", WAITS)
def test_it_waits_says_for_what_and_goes_on(guest: Guest, what: str) -> None:
    broken, mend, words = WAITS[what]
    said = set_up(guest, f"cat >/tmp/mend <<'END'\n{mend}\nEND\n{broken}")
    # Said once, however often it was tried.
    waiting = [line for line in said if line.startswith("gateway-setup: waiting")]
    assert words in waiting[0]
    assert len(waiting) == 1 or what == "a hotel's page", waiting
    assert said[-1] == "set up", said


KILLS_DPKG = r"""
mkdir -p /archive/pool/it_1/DEBIAN
printf '%s\n' '#!/bin/sh' '[ ! -e /tmp/armed ] || { rm /tmp/armed; kill -9 $PPID; }' \
    >/archive/pool/it_1/DEBIAN/preinst
chmod 755 /archive/pool/it_1/DEBIAN/preinst
"""


def test_what_was_cut_off_in_the_middle_is_finished(guest: Guest) -> None:
    """apt takes what is half unpacked for installed; another package is not configured yet."""
    said = set_up(
        guest,
        f"{KILLS_DPKG}\n{REWRITTEN}\ntouch /tmp/armed\n"
        "dpkg --unpack /archive/pool/linux-image-amd64_7.3.4.deb >/dev/null\n"
        "dpkg --unpack /archive/pool/it_1.deb >/dev/null || :\n"
        "dpkg-query --show --showformat '${Package} ${db:Status-Status}\\n' it",
    )
    assert "it half-installed" in said
    assert said[-3:] == INSTALLED, said


@pytest.mark.parametrize("before", ["of-another-boot", "$(cat /proc/sys/kernel/random/boot_id)"])
def test_what_a_cut_may_have_emptied_is_made_again(guest: Guest, before: str) -> None:
    """Lists of modules that dpkg counted as there were empty, and the gateway found no disk:
    seen in the lab's first_boot."""
    said = set_up(
        guest,
        "mkdir -p /lib/modules/7.3.4; touch /lib/modules/7.3.4/modules.order\n"
        "stand_in depmod 'echo depmod $* >>/tmp/made'\n"
        "stand_in update-initramfs 'echo update-initramfs $* >>/tmp/made'\n"
        f"echo {before} >/var/lib/lunch-gateway/begun",
        then="cat /tmp/made 2>/dev/null || echo nothing made",
    )
    made = said[said.index("systemctl reboot") + 1 : -3]
    again = ["depmod 7.3.4", "update-initramfs -u -k all"]
    assert made == (again if before == "of-another-boot" else ["nothing made"])


NOT_YET_THERE = (
    "package trixie-backports linux-image-amd64 7.4.1 'Depends: linux-image-7.4.1-amd64'\n"
    "release trixie-backports"
)


def test_stables_kernel_serves_where_backports_is_not_whole(guest: Guest) -> None:
    """Its metapackage is published before its image now and then."""
    said = set_up(guest, NOT_YET_THERE)
    assert said[-3:] == ["linux-image-amd64 6.12.1 installed", *INSTALLED[1:]], said
    assert [line for line in said if "backports' kernel can't be had" in line]


def test_backports_kernel_is_waited_for_before_stables_serves(guest: Guest) -> None:
    """Where the lists name it and the mirror has not got it."""
    said = set_up(guest, "rm /archive/pool/linux-image-amd64_7.3.4.deb")
    assert said[-3:] == ["linux-image-amd64 6.12.1 installed", *INSTALLED[1:]], said
    assert [line for line in said if line.startswith("gateway-setup: waiting")]


@pytest.mark.parametrize(
    ("sources", "mirror"),
    [
        ("deb [trusted=yes] copy:/archive trixie main", "URIs: copy:/archive"),
        ("deb [trusted=yes] copy:/archive stable main", "URIs: copy:/archive"),
        ("deb http://a.example/x trixie-security main\ndeb copy:/archive trixie main",
         "URIs: copy:/archive"),
        ("deb [trusted=yes] copy:/archive trixie trixie-backports main", None),
    ],
)  # fmt: skip
def test_backports_are_had_from_the_same_mirror(
    guest: Guest, sources: str, mirror: str | None
) -> None:
    own = "/etc/apt/sources.list.d/lunch-gateway.sources"
    said = set_up(
        guest,
        f"printf '{sources}\\n' >/etc/apt/sources.list.d/test.list\n"
        "stand_in dpkg 'kill $PPID'",  # what follows is not looked at here
        f"cat {own} || :",
    )
    found = [line for line in said if line.startswith(("URIs:", "Suites:"))]
    assert found == ([mirror, "Suites: trixie-backports"] if mirror else [])


def test_an_image_that_is_none_of_debians_is_refused(guest: Guest) -> None:
    said = set_up(guest, "echo 'deb copy:/archive sid main' >/etc/apt/sources.list.d/test.list")
    assert "gateway-setup: FAILED: apt has no source of trixie; what image is this?" in said


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (": >/boot/grub/grub.cfg", "no kernel of Debian's"),
        ("rm /boot/grub/grub.cfg", "GRUB has no menu"),
        ("menu /boot/vmlinuz-9.9-cloud-amd64 /boot/vmlinuz-7-amd64 >/boot/grub/grub.cfg",
         "has no PPP"),
        ("rm /usr/local/sbin/gateway-selftest", "gateway-selftest is not there"),
        ("mv /usr/sbin/xl2tpd /tmp", "xl2tpd is not there"),
        ("mv /usr/sbin/dnsmasq /tmp", "dnsmasq is not there"),
        ("stand_in systemctl 'case $* in *resolver*) exit 1; esac'", "cannot be enabled"),
        ("stand_in systemctl 'case $* in start\\ nft*) exit 1; esac'", "nftables does not start"),
        ("stand_in systemctl 'case $* in *ready*) exit 1; esac'", "cannot be enabled"),
    ],
)  # fmt: skip
def test_it_says_what_is_wrong_and_does_not_reboot(guest: Guest, broken: str, words: str) -> None:
    said = set_up(guest, broken)
    (failed,) = [line for line in said if line.startswith("gateway-setup: FAILED: ")]
    assert words in failed
    assert "status 1" in said
    assert not {"set up", "systemctl reboot"} & set(said)


def test_bbr_phone_that_can_not_be_built_keeps_nobody_out(guest: Guest) -> None:
    said = set_up(guest, "stand_in gateway-bbr-phone-build 'exit 1'")
    assert "gateway-setup: bbr.phone can't be built; phones will be on bbr" in said
    assert said[-1] == "set up"
