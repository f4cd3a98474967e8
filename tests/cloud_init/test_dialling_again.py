"""A phone that comes and goes without a word, with the guest's own charon at both ends.

Childless (RFC 6023): addresses are given with IKE, and not every kernel that runs this has ESP.
"""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from cloud_init.__main__ import main
from settings.values import TUNNEL_PREFIXES
from tests.cloud_init.guest_tree import WITH_ETH0, Guest

USERS = {"alice": "alice-of-this-test-4711", "bob": "bob-of-this-test-4711"}
SETTINGS = {
    "psk": "throw-away-key-of-this-test",
    "users": USERS,
    "serverName": "vpn.example.test",
    "tunnelSubnet": f"10.2.2.0/{max(TUNNEL_PREFIXES)}",
}

UP = f"""
set -eu
{WITH_ETH0}
gateway-identity
# Here, and as a phone below with its own.
start() {{ # configuration of strongSwan's
    STRONGSWAN_CONF=$1 charon-systemd >/dev/null 2>&1 & charon=$!
    timeout 20 sh -c "until [ -S /run/charon.vici ]; do sleep 0.02; done"
}}
start /etc/strongswan.conf
swanctl --load-all --noprompt >/dev/null 2>&1
unshare --net sleep 60 & phone=$!
trap 'kill -9 $charon $phone' EXIT
here=$(readlink /proc/self/ns/net)
timeout 20 sh -c "while [ \\$(readlink /proc/$phone/ns/net) = $here ]; do sleep 0.02; done"
ip link set peer0 netns $phone
on_phone="nsenter --target $phone --net"
$on_phone ip link set peer0 up
$on_phone ip address add 10.1.0.9/24 dev peer0
"""

DIAL = r"""
dial() { # user, password, port: and vanishes
    mkdir -p /tmp/phone
    cat >/tmp/phone/strongswan.conf <<X
charon {
    port = 1$3
    port_nat_t = $3
    install_routes = no
    load_modular = yes
    plugins {
        include /etc/strongswan.d/charon/*.conf
    }
}
X
    cat >/tmp/phone/swanctl.conf <<X
connections {
    gateway {
        version = 2
        proposals = aes256-sha256-modp2048
        remote_addrs = 10.1.0.4
        vips = 0.0.0.0
        encap = yes
        childless = force
        local {
            auth = psk
            id = "fqdn:$1"
        }
        remote {
            auth = psk
            id = "fqdn:vpn.example.test"
        }
    }
}
secrets {
    ike-1 {
        secret = "$2"
    }
}
X
    $on_phone unshare --mount sh -c '
        mount -t tmpfs tmpfs /run
        STRONGSWAN_CONF=/tmp/phone/strongswan.conf charon-systemd >/dev/null 2>&1 & charon=$!
        timeout 20 sh -c "until [ -S /run/charon.vici ]; do sleep 0.02; done"
        export SWANCTL_DIR=/tmp/phone
        swanctl --load-all --noprompt --file /tmp/phone/swanctl.conf >/dev/null 2>&1
        swanctl --initiate --ike gateway --timeout 5 2>/dev/null | grep -E "virtual IP [0-9]" ||
            echo "'$1' from '$3': refused"
        kill -9 $charon'
}
"""

BELIEVED = "swanctl --list-sas --noblock 2>/dev/null | grep -c \"remote '{}'\""


def test_who_dials_again_and_again_shuts_nobody_out_of_the_smallest_subnet(tmp_path: Path) -> None:
    """Six calls from ports of their own, after one from the same port: none hangs up."""
    file, out = tmp_path / "settings.yaml", tmp_path / "out"
    file.write_text(yaml.safe_dump(SETTINGS), encoding="utf-8")
    assert main(["render", "--example", "--settings", str(file), "--out", str(out)]) == 0
    alice, bob = (f"{user} {password}" for user, password in USERS.items())
    calls = [f"dial {alice} {port}" for port in (4501, 4501, *range(4502, 4507))]
    ends = [f"dial {bob} 4509", BELIEVED.format("alice"), BELIEVED.format("bob")]
    done = Guest(out).run("\n".join([UP, DIAL, *calls, *ends]))
    *said, alices, bobs = done.stdout.splitlines()
    assert done.returncode == 0, done.stdout
    given = re.findall(r"virtual IP (10\.2\.2\.\d+)", "\n".join(said))
    assert len(said) == len(given) == 8, done.stdout
    # From the same port charon gives what that caller had.
    assert given[0] == given[1]
    assert len(set(given[1:])) == 7
    assert (alices, bobs) == ("7", "1"), "the gateway did not believe the old calls: nothing tried"
