"""Who gets in by IKEv2: each kind of identity, with each name and each key, asked of the guest's
own charon. Childless, see test_dialling_again. It takes some six seconds."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import NamedTuple

import yaml

from cloud_init.__main__ import main
from tests.cloud_init.guest_tree import Guest
from tests.cloud_init.test_dialling_again import UP

PSK = "throw-away-key-of-this-test"
USERS = {"alice": "alice-of-this-test-4711", "bob@example.org": "bob-of-this-test-4711"}
SETTINGS = {"psk": PSK, "users": USERS, "serverName": "vpn.example.test"}

KINDS = ("fqdn", "email", "keyid", "asn1dn")
"""asn1dn: a kind that no phone of a user sends."""
NAMES = (*USERS, "mallory", "lunch-gateway", "vpn.example.test")
KEYS = {**USERS, "of all": PSK}
"""By their owners."""


class Row(NamedTuple):
    """One that calls: how he says who he is, and with whose key."""

    kind: str
    name: str
    owner: str

    @property
    def gets_in(self) -> bool:
        """Return what must come of it: his own key opens for him, named in a way of his."""
        ways = ("fqdn", "keyid", *(["email"] if "@" in self.name else []))
        return self.name == self.owner and self.kind in ways

    @property
    def identity(self) -> str:
        return f"asn1dn:CN={self.name}" if self.kind == "asn1dn" else f"{self.kind}:{self.name}"


ROWS = [
    *(Row(*row) for row in itertools.product(KINDS, NAMES, KEYS)),
    # Addresses have the key of L2TP (gateway-identity).
    *(Row("ipv4", address, owner) for address in ("10.1.0.9", "10.1.0.4") for owner in KEYS),
]

CALLS = "\n".join(
    f"""
    row-{number} : calls {{
        local {{
            id = "{row.identity}"
        }}
    }}"""
    for number, row in enumerate(ROWS)
)
PHONE = rf"""
mkdir -p /tmp/phone
cat >/tmp/phone/strongswan.conf <<X
charon {{
    port = 14500
    port_nat_t = 4501
    install_routes = no
    load_modular = yes
    plugins {{
        include /etc/strongswan.d/charon/*.conf
    }}
}}
X
cat >/tmp/phone/swanctl.conf <<X
calls {{
    version = 2
    proposals = aes256-sha256-modp2048
    remote_addrs = 10.1.0.4
    vips = 0.0.0.0
    encap = yes
    childless = force
    local {{
        auth = psk
    }}
    remote {{
        auth = psk
        id = "fqdn:vpn.example.test"
    }}
}}
connections {{{CALLS}
}}
X
cat >/tmp/phone/calls <<'X'
mount -t tmpfs tmpfs /run
STRONGSWAN_CONF=/tmp/phone/strongswan.conf charon-systemd >/dev/null 2>&1 & charon=$!
timeout 20 sh -c "until [ -S /run/charon.vici ]; do sleep 0.02; done"
export SWANCTL_DIR=/tmp/phone
swanctl --load-conns --file /tmp/phone/swanctl.conf >/dev/null 2>&1
call() {{ # row, key
    printf 'secrets {{\n ike-1 {{\n secret = "%s"\n }}\n}}\n' "$2" >/tmp/phone/secrets.conf
    swanctl --load-creds --clear --noprompt --file /tmp/phone/secrets.conf >/dev/null 2>&1
    said=$(swanctl --initiate --ike "row-$1" --timeout 5 2>&1 || :)
    case $said in
        *"virtual IP 1"*) echo in ;;
        *"received AUTHENTICATION_FAILED"*) echo out ;;
        *) echo "row $1: $said" | tail -n 3 ;;
    esac
    swanctl --terminate --ike "row-$1" --force --timeout 5 >/dev/null 2>&1 || :
}}
{"".join(f'call {number} "{KEYS[row.owner]}"{chr(10)}' for number, row in enumerate(ROWS))}
kill -9 $charon
X
$on_phone unshare --mount sh /tmp/phone/calls
"""


def test_who_gets_in(tmp_path: Path) -> None:
    """Each with his own key, by his name as a host's or as bytes; and by his address for mail,
    where it is one. Nobody else, and nobody by the key that all of L2TP's know."""
    file, out = tmp_path / "settings.yaml", tmp_path / "out"
    file.write_text(yaml.safe_dump(SETTINGS), encoding="utf-8")
    assert main(["render", "--example", "--settings", str(file), "--out", str(out)]) == 0
    done = Guest(out).run(f"{UP}\n{PHONE}")
    said = done.stdout.splitlines()
    assert len(said) == len(ROWS), done.stdout
    found = dict(zip(ROWS, said, strict=True))
    assert found == {row: "in" if row.gets_in else "out" for row in ROWS}
    assert sum(row.gets_in for row in ROWS) == 5
