"""charon reads all of its configuration."""

from __future__ import annotations

from tests.cloud_init.checkers.checking import (
    SBIN,
    Broken,
    CheckedBy,
    complains,
    no_complaint,
)
from tests.cloud_init.guest_tree import WITH_ETH0, Guest

L2TP = "/etc/swanctl/conf.d/l2tp.conf"
MODP1024 = "/etc/swanctl/conf.d/modp1024.conf"
IKEV2 = "/etc/swanctl/conf.d/ikev2.conf"
L2TP_SECRET = "/etc/swanctl/conf.d/l2tp-secret.conf"
IKEV2_SECRETS = "/etc/swanctl/conf.d/ikev2-secrets.conf"


LOADED = """\
loaded ike secret 'ike-1'
loaded ike secret 'ike-2'
loaded ike secret 'ike-l2tp'
loaded pool 'phones'
successfully loaded 1 pools, 0 unloaded
loaded connection 'ikev2-unnamed-name'
loaded connection 'ikev2-unnamed-mail'
loaded connection 'ikev2-name'
loaded connection 'ikev2-mail'
loaded connection 'l2tp'
loaded connection 'ikev2-address-1-name'
loaded connection 'ikev2-address-1-mail'
loaded connection 'ikev2-address-2-name'
loaded connection 'ikev2-address-2-mail'
loaded connection 'ikev2-bytes-1-fqdn-vpn-example-test'
loaded connection 'ikev2-bytes-1-0-0-0-0-10-1-0-3'
loaded connection 'ikev2-bytes-1-10-1-0-5-255-255-255-255'
loaded connection 'ikev2-bytes-2-fqdn-vpn-example-test'
loaded connection 'ikev2-bytes-2-0-0-0-0-10-1-0-3'
loaded connection 'ikev2-bytes-2-10-1-0-5-255-255-255-255'
successfully loaded 15 connections, 0 unloaded
    id: *
    id: 0.0.0.0-10.1.0.3
    id: 10.1.0.5-255.255.255.255
    id: alice
    id: bob
    id: vpn.example.test
    local:  0.0.0.0/0
    local:  dynamic[udp/l2f]
    remote: dynamic
    remote: dynamic[udp]
  phone: TRANSPORT, no rekeying, dpd action is none
  phone: TUNNEL, no rekeying, dpd action is none
ikev2-address-1-mail: IKEv2, no reauthentication, no rekeying, dpd delay 30s
ikev2-address-1-name: IKEv2, no reauthentication, no rekeying, dpd delay 30s
ikev2-address-2-mail: IKEv2, no reauthentication, no rekeying, dpd delay 30s
ikev2-address-2-name: IKEv2, no reauthentication, no rekeying, dpd delay 30s
ikev2-bytes-1-0-0-0-0-10-1-0-3: IKEv2, no reauthentication, no rekeying, dpd delay 30s
ikev2-bytes-1-10-1-0-5-255-255-255-255: IKEv2, no reauthentication, no rekeying, dpd delay 30s
ikev2-bytes-1-fqdn-vpn-example-test: IKEv2, no reauthentication, no rekeying, dpd delay 30s
ikev2-bytes-2-0-0-0-0-10-1-0-3: IKEv2, no reauthentication, no rekeying, dpd delay 30s
ikev2-bytes-2-10-1-0-5-255-255-255-255: IKEv2, no reauthentication, no rekeying, dpd delay 30s
ikev2-bytes-2-fqdn-vpn-example-test: IKEv2, no reauthentication, no rekeying, dpd delay 30s
ikev2-mail: IKEv2, no reauthentication, no rekeying, dpd delay 30s
ikev2-name: IKEv2, no reauthentication, no rekeying, dpd delay 30s
ikev2-unnamed-mail: IKEv2, no reauthentication, no rekeying, dpd delay 30s
ikev2-unnamed-name: IKEv2, no reauthentication, no rekeying, dpd delay 30s
l2tp: IKEv1, no reauthentication, dpd delay 30s
phones 10.2.2.160 0 / 0 / 91
"""
"""What it says of a whole configuration: each connection, and what decides who fits it."""


def charon(guest: Guest) -> str:
    """The daemon itself reads all of it: what it can't use it only tells of, and goes on."""
    return charon_after(guest, "")


def charon_as_shipped(guest: Guest) -> str:
    """Without what takes the place of some of it where `modp1024: allow`."""
    return charon_after(guest, f"rm {MODP1024}")


def charon_after(guest: Guest, change: str) -> str:
    return guest.complaints(
        WITH_ETH0
        + change
        + """
        gateway-identity
        charon-systemd >/tmp/log 2>&1 & trap "kill -9 $!" EXIT
        timeout 20 sh -c "until [ -S /run/charon.vici ]; do sleep 0.02; done"
        # No more than what it loads; a plugin that is not installed says so each time.
        swanctl --load-all --noprompt 2>/dev/null | grep -v "^no "
        swanctl --list-conns 2>/dev/null | grep -E "^[^ ]|TUNNEL|TRANSPORT|^    " | sort -u
        swanctl --list-pools 2>/dev/null | xargs
        swanctl --stats 2>/dev/null | grep -o bypass-lan
        true
        """,
        expected=LOADED,
    )


CHECKED_BY: CheckedBy = {
    "/etc/strongswan.d/lunch-gateway.conf": (charon,),
    L2TP: (charon_as_shipped,),
    MODP1024: (charon,),
    IKEV2: (charon,),
    L2TP_SECRET: (charon,),
    IKEV2_SECRETS: (charon,),
    f"{SBIN}/gateway-identity": (charon,),
}

BROKEN: list[Broken] = [
    (charon_as_shipped, L2TP, "version = 1", "version = 3"),
    (charon_as_shipped, L2TP, "aes256-sha256-modp2048", "aes256-sha256-modp2049"),
    (charon_as_shipped, L2TP, "esp_proposals = aes256gcm16", "esp_proposals = aes256gmc16"),
    (charon_as_shipped, L2TP, "mode = transport", "mode = tunnel"),
    (charon_as_shipped, L2TP, "udp/1701", "udp/1702"),
    (charon_as_shipped, L2TP, "remote_ts = dynamic[udp]", "remote_ts = dynamic[udp/1701]"),
    (charon_as_shipped, L2TP, "auth = psk", "auth = sku"),
    (charon_as_shipped, L2TP, "rekey_time = 0s", "rekey_tyme = 0s"),
    (charon_as_shipped, L2TP, "unique = never", "uniqe = never"),  # codespell:ignore
    (charon, IKEV2, "curve25519", "curve25518"),
    (charon, IKEV2, "esp_proposals = aes256gcm16", "esp_proposals = aes256gmc16"),
    (charon, IKEV2, "rekey_time = 0s", "rekey_time = 4h"),
    (charon, IKEV2, "mobike = yes", "mobyke = yes"),
    (charon, IKEV2, "local_ts = 0.0.0.0/0", "local_ts = dynamic"),
    (charon, IKEV2, "10.2.2.160-", "10.2.2.251-"),
    (charon, IKEV2, "fqdn:vpn.example.test", "fqdn:*.example.test"),
    (charon, IKEV2, 'id = "fqdn:*"', "id = fqdn:*, auth = psk"),
    (charon, MODP1024, "aes128-sha1-modp1024", "aes128-sha1-modp1025"),
    (charon, MODP1024, "aes128gcm16,aes256-sha1", "aes128gcm16;aes256-sha1"),
    (charon, IKEV2_SECRETS, "secret = ", "secert = "),  # codespell:ignore
    (charon, L2TP_SECRET, "secret = ", "secert = "),  # codespell:ignore
    (charon, "/etc/strongswan.d/lunch-gateway.conf", "load = no", "load = yes"),
]

test_checker_has_no_complaint = no_complaint(CHECKED_BY)
test_checker_complains_about_a_broken_file = complains(BROKEN)
