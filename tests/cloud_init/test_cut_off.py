"""User-data that is cut off in the middle, with the guest's own cloud-init."""

from __future__ import annotations

import pytest

from tests.cloud_init.guest_tree import Guest

pytestmark = pytest.mark.slow

BEGINS = """
mkdir -p /var/lib/cloud/seed/nocloud /run/cloud-init
cd /var/lib/cloud/seed/nocloud
head -c $(($(stat -c %s /root/user-data) - {cut})) /root/user-data >user-data
echo 'instance-id: x' >meta-data
printf '#!/bin/sh\\n' >/usr/local/bin/systemctl
chmod 755 /usr/local/bin/systemctl
printf '%s\\n' 'datasource_list: [NoCloud]' 'cloud_init_modules: [bootcmd]' \\
    >/etc/cloud/cloud.cfg.d/99-test.cfg
cloud-init init --local 2>&1
cloud-init init 2>&1
"""
CUT_OFF = "gateway-setup: FAILED: the user-data did not arrive whole; replace the machine"
SAYS_ITSELF = "Failed loading yaml blob"


def lines(guest: Guest, cut: int) -> list[str]:
    """What the console would show, if so many bytes of the user-data were missing."""
    return guest.run(BEGINS.format(cut=cut)).stdout.splitlines()


def test_nothing_is_said_of_what_is_whole(guest: Guest) -> None:
    said = lines(guest, 0)
    assert [line for line in said if "running 'init'" in line]
    assert not [line for line in said if CUT_OFF in line or SAYS_ITSELF in line]


@pytest.mark.parametrize("cut", [8, 150, 20_000, 40_000])
def test_what_is_cut_off_is_said_in_one_line(guest: Guest, cut: int) -> None:
    """By cloud-init where it is no YAML any more."""
    said = [line for line in lines(guest, cut) if CUT_OFF in line or SAYS_ITSELF in line]
    assert said
    assert sum(CUT_OFF in line for line in said) <= 1
