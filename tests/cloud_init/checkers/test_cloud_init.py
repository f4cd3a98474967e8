"""cloud-init's own schema for the user-data."""

from __future__ import annotations

from tests.cloud_init.checkers.checking import Broken, CheckedBy, complains, no_complaint
from tests.cloud_init.guest_tree import Guest


def cloud_config(guest: Guest) -> str:
    return guest.complaints(
        "cloud-init schema -c /root/user-data", expected="Valid schema /root/user-data"
    )


CHECKED_BY: CheckedBy = {
    "user-data": (cloud_config,),
}

BROKEN: list[Broken] = [
    (cloud_config, "user-data", "runcmd:", "run_cmd:"),
    (cloud_config, "user-data", "ssh_pwauth: false", "ssh_pwauth: perhaps"),
    # Deprecated, which is no error to cloud-init.
    (cloud_config, "user-data", "ssh_pwauth: false", "ssh_pwauth: 'no'"),
]

test_checker_has_no_complaint = no_complaint(CHECKED_BY)
test_checker_complains_about_a_broken_file = complains(BROKEN)
