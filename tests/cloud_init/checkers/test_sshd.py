"""sshd, beside what images and cloud-init write."""

from __future__ import annotations

from tests.cloud_init.checkers.checking import Broken, CheckedBy, complains, no_complaint
from tests.cloud_init.guest_tree import Guest


def sshd(guest: Guest) -> str:
    """Also beside the file in which images and cloud-init allow passwords."""
    return guest.complaints(
        """
        sshd -t
        echo "PasswordAuthentication yes" >/etc/ssh/sshd_config.d/50-cloud-init.conf
        sshd -T | grep -iE "^(password|kbdinteractive)authentication|^permitrootlogin" | sort
        """,
        expected="kbdinteractiveauthentication no\npasswordauthentication no\npermitrootlogin no",
    )


CHECKED_BY: CheckedBy = {
    "/etc/ssh/sshd_config.d/10-lunch-gateway.conf": (sshd,),
}

BROKEN: list[Broken] = [
    (sshd, "/etc/ssh/sshd_config.d/10-lunch-gateway.conf", "PasswordAuth", "PaswordAuth"),
    (sshd, "/etc/ssh/sshd_config.d/10-lunch-gateway.conf", "PasswordAuth", "#PasswordAuth"),
]

test_checker_has_no_complaint = no_complaint(CHECKED_BY)
test_checker_complains_about_a_broken_file = complains(BROKEN)
