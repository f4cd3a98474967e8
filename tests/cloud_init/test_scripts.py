"""The guest's scripts, run on the guest's release with stand-ins for what is not there."""

from __future__ import annotations

import re

import pytest

from tests.cloud_init.guest_tree import WITH_ETH0, Guest

STAND_IN = """
stand_in() { # name, body
    printf '#!/bin/sh\\n%s\\n' "$2" >/usr/local/sbin/$1
    chmod 755 /usr/local/sbin/$1
}
"""

READY = f"""
set -e
{STAND_IN}
{WITH_ETH0}
stand_in systemctl :
nft -f /etc/nftables.conf
"""

OPEN_PORTS = "nft list set inet gateway ike_ports | tr -d '\\n' | grep -q '500, 4500'"


def test_ready_opens_the_door_once_the_self_test_has_passed(guest: Guest) -> None:
    done = guest.run(
        f"{READY} stand_in gateway-selftest 'echo selftest $*'\ngateway-ready\n{OPEN_PORTS}"
    )
    assert done.returncode == 0, done.stdout
    first, last = done.stdout.splitlines()
    assert re.fullmatch(r"selftest --gate --wait \d+ --\w+ /run/lunch-gateway/selftest.json", first)
    assert last == "gateway-ready: phones can dial in"


def test_ready_leaves_the_door_shut_when_it_has_not(guest: Guest) -> None:
    script = f"{READY} stand_in gateway-selftest 'exit 1'"
    assert guest.run(f"{script}\ngateway-ready").returncode == 1
    assert guest.run(f"{script}\ngateway-ready || {OPEN_PORTS}").returncode == 1


def test_ready_mends_for_its_next_try_what_the_watch_leaves_to_it(guest: Guest) -> None:
    """An address that changed while the watch tested: the watch does nothing until this passes."""
    script = (
        f"{READY} stand_in gateway-selftest 'exit 1'\nstand_in systemctl 'echo systemctl $*'\n"
        "stand_in gateway-identity 'echo it does not fit'\ngateway-ready || echo tries again"
    )
    assert guest.run(script).stdout.splitlines()[-3:] == [
        "gateway-mend: it does not fit; restarting strongswan",
        "systemctl restart strongswan.service",
        "tries again",
    ]


def test_the_door_is_shut_at_boot(guest: Guest) -> None:
    assert guest.run(f"{READY}{OPEN_PORTS}").returncode == 1


@pytest.mark.parametrize("times", [1, 3])
def test_ready_walls_off_the_networks_it_stands_in(guest: Guest, times: int) -> None:
    """Also one that contains, or lies within, what is walled off already, and again."""
    done = guest.run(
        f"""{READY} stand_in gateway-selftest :
        ip addr add 198.18.7.9/24 dev eth0
        ip route add 10.0.0.0/8 dev eth0 scope link
        ip route add 10.1.0.1 dev eth0 scope link
        for _ in $(seq {times}); do gateway-ready >/dev/null; done
        nft list set inet gateway walled
        """
    )
    assert done.returncode == 0, done.stdout
    assert "10.0.0.0/8" in done.stdout
    assert "198.18.7.0/24" in done.stdout
    assert "169.254.0.0/16" in done.stdout


@pytest.mark.parametrize("times", [1, 2])
def test_scrub_leaves_no_copy_of_the_user_data(guest: Guest, times: int) -> None:
    done = guest.run(
        f"""
        set -e
        secret=$(sed -n 's/.*secret = "\\(.*\\)"/\\1/p' /etc/swanctl/conf.d/l2tp-secret.conf)
        mkdir -p /var/lib/cloud/instances/i-1 /var/lib/cloud/seed/nocloud
        mkdir -p /var/lib/waagent/logcollector
        mkdir -p /run/cloud-init /var/lib/lunch-gateway # StateDirectory= in its unit
        ln -s instances/i-1 /var/lib/cloud/instance
        for copy in cloud/instances/i-1/user-data.txt cloud/instances/i-1/obj.pkl \
            cloud/seed/nocloud/user-data waagent/CustomData waagent/ovf-env.xml \
            waagent/logcollector/logs.zip; do
            cp /root/user-data /var/lib/$copy
        done
        cp /root/user-data /run/cloud-init/instance-data-sensitive.json
        cp /root/user-data /run/cloud-init/combined-cloud-config.json
        for _ in $(seq {times}); do gateway-scrub; done
        test -e /etc/cloud/cloud-init.disabled
        grep -rl "$secret" /etc /run /var | sort
        """
    )
    assert done.stdout.splitlines() == ["/etc/swanctl/conf.d/l2tp-secret.conf"]


IDENTITIES = """
import runpy, sys
from ipaddress import IPv4Address
program = runpy.run_path("/usr/local/sbin/gateway-identity")
for shared_or_called in program["identities"]([IPv4Address(each) for each in sys.argv[1:]]):
    print(*shared_or_called)
"""


@pytest.mark.parametrize(
    ("addresses", "shared", "called"),
    [
        # Behind NAT.
        ("10.1.0.4", "10.1.0.4", "0.0.0.0-10.1.0.3 10.1.0.5-255.255.255.255"),
        (
            "10.1.0.4 10.1.0.5",
            "10.1.0.4 10.1.0.5",
            "0.0.0.0-10.1.0.3 10.1.0.6-255.255.255.255",
        ),
        # In the internet itself.
        ("8.8.4.4", "0.0.0.0-8.8.4.3 8.8.4.5-255.255.255.255", "8.8.4.4"),
        ("10.0.0.1 8.8.4.4", "0.0.0.0-8.8.4.3 8.8.4.5-255.255.255.255", "8.8.4.4"),
    ],
)
def test_the_shared_key_never_belongs_to_what_ikev2_phones_call_us(
    addresses: str, shared: str, called: str, guest: Guest
) -> None:
    done = guest.run(f"python3 -c '{IDENTITIES}' {addresses}")
    assert done.stdout.splitlines() == [shared, called]


IDENTITY = f"""
set -e
{WITH_ETH0}
ip link add phones type veth peer name unused
ip addr add 10.2.2.1/32 dev phones
# At home, or where a cloud puts a public address on lo: ip lists them as empty entries.
ip addr add 169.254.5.5/16 dev eth0 scope link
gateway-identity
gateway-identity --check
grep -c 10.2.2.1 /etc/swanctl/conf.d/own-addresses.conf || true
grep -A 2 ike-l2tp /etc/swanctl/conf.d/own-addresses.conf
ip addr add 192.168.7.9/24 dev eth0
gateway-identity --check
"""


def test_identity_knows_our_address_and_when_it_changes(guest: Guest) -> None:
    lines = guest.run(IDENTITY).stdout.split("\n")
    assert lines[0] == "0"
    assert lines[2] == '        id-1 = "10.1.0.4"'
    assert lines[4].endswith("does not fit our address any more")


def test_each_user_may_name_himself_by_bytes_and_nobody_else(guest: Guest) -> None:
    """For each way to call us, what fits a client that calls us nothing first."""
    run = guest.run(f"{WITH_ETH0}\ngateway-identity; cat /etc/swanctl/conf.d/own-addresses.conf")
    found = re.findall(
        r'ikev2-bytes-\d-\S+ : ikev2 {\s*local {\s*id = "(.*)"\s*}\s*remote {\s*id = "(.*)"',
        run.stdout,
    )
    called = ["fqdn:vpn.example.test", "0.0.0.0-10.1.0.3", "10.1.0.5-255.255.255.255"]
    assert found == [(each, f"keyid:{user}") for user in ("alice", "bob") for each in called]


START_CONDITIONS = f"""
{WITH_ETH0}
ip link add phones type veth peer name unused
for unit in gateway-resolver.service strongswan.service.d/10-lunch-gateway.conf xl2tpd.service; do
    sed -n "s/[$][$]/$/; s/^ExecStartPre=+*//p" /etc/systemd/system/$unit >/tmp/before
    sh -e /tmp/before 2>/dev/null && echo "${{unit%%.*}} starts"
done
true
"""


STARTING = ["gateway-resolver starts", "strongswan starts", "xl2tpd starts"]


@pytest.mark.parametrize(
    ("situation", "starting"),
    [
        ("nft -f /etc/nftables.conf", STARTING),
        # As if its rules had a mistake in them, or the package were not installed yet.
        ("true", []),
        ("mv /usr/sbin/nft /tmp", []),
        ("nft -f /etc/nftables.conf; ip addr flush dev eth0", [STARTING[0], STARTING[2]]),
    ],
)
def test_no_daemon_without_the_packet_filter(
    situation: str, starting: list[str], guest: Guest
) -> None:
    script = START_CONDITIONS.replace("for unit", f"{situation}\nfor unit")
    assert guest.run(script).stdout.splitlines() == starting
