"""Keyfiles for NetworkManager (``.nmconnection``, see nm-settings-keyfile(5)).

The names under ``[vpn]`` belong to the plugins: shared/nm-service-defines.h of
NetworkManager-l2tp, src/charon-nm/nm/nm_service.c of strongSwan.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping

from profiles.account import Account

STRONGSWAN_MIN_KEY = 20
"""Characters. Its plugin refuses a shorter pre-shared key ("Pre-shared key is too short")."""


def can_ikev2(account: Account) -> bool:
    """Say whether NetworkManager's strongSwan plugin takes this person's password as a key."""
    return len(account.password) >= STRONGSWAN_MIN_KEY


def l2tp(account: Account) -> bytes:
    """Return the profile for the package network-manager-l2tp, 1.20 or later."""
    return _keyfile(
        account,
        "l2tp",
        {
            "service-type": "org.freedesktop.NetworkManager.l2tp",
            "gateway": account.server,
            "user": account.user,
            "user-auth-type": "password",
            "password-flags": "0",
            "ipsec-enabled": "yes",
            "machine-auth-type": "psk",
            "ipsec-psk-flags": "0",
        },
        {
            "password": account.password,
            # It would take a key that happens to begin with 0s for this notation.
            "ipsec-psk": "0s" + base64.b64encode(account.psk.encode("ascii")).decode("ascii"),
        },
    )


def ikev2(account: Account) -> bytes:
    """Return the profile for network-manager-strongswan, 1.3.1 or later; see `can_ikev2`."""
    return _keyfile(
        account,
        "ikev2",
        {
            "service-type": "org.freedesktop.NetworkManager.strongswan",
            "address": account.server,
            "remote-identity": account.server,
            "method": "psk",
            "user": account.user,
            "local-identity": account.user,
            # An inner address from the gateway.
            "virtual": "yes",
            "password-flags": "0",
        },
        {"password": account.password},
    )


def _keyfile(
    account: Account, protocol: str, data: Mapping[str, str], secrets: Mapping[str, str]
) -> bytes:
    sections = {
        "connection": {
            "id": account.name(protocol),
            "uuid": account.uuid(protocol, "networkmanager").lower(),
            "type": "vpn",
            "autoconnect": "false",
        },
        "vpn": data,
        "vpn-secrets": secrets,
        "ipv4": {"method": "auto"},
        "ipv6": {"method": "disabled"},
    }
    lines = [
        line
        for section, entries in sections.items()
        for line in (f"[{section}]", *(f"{key}={_escaped(entries[key])}" for key in entries), "")
    ]
    return "\n".join(lines).encode()


def _escaped(value: str) -> str:
    """Return it as GLib's key files want it. Settings hold no line ends and no outer spaces."""
    return value.replace("\\", "\\\\")
