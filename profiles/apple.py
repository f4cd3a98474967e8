"""Configuration profiles (``.mobileconfig``) for iPhone, iPad and Mac.

The keys are those of Apple's published schema, github.com/apple/device-management,
mdm/profiles: TopLevel.yaml, CommonPayloadKeys.yaml, com.apple.vpn.managed.yaml.
"""

from __future__ import annotations

import plistlib
from typing import Any

from profiles.account import Account

MEDIA_TYPE = "application/x-apple-aspen-config"

MTU = 1280
"""Bytes, of the tunnel's packets. Apple's own default and its least; on every gateway
of ours such packets fit into the line's 1500 with all headers around them."""

_PROPOSAL = {
    # What the gateway and every iPhone since iOS 9 have. 19 is the 256-bit ECP group; an
    # authenticated cipher takes the integrity algorithm as its pseudo-random function.
    "EncryptionAlgorithm": "AES-256-GCM",
    "IntegrityAlgorithm": "SHA2-256",
    "DiffieHellmanGroup": 19,
    "LifeTimeInMinutes": 1440,
}

ON_DEMAND_RULES = [
    # The first that matches counts. The line that crawls at lunch is the mobile one.
    {"InterfaceTypeMatch": "Cellular", "Action": "Connect"},
    {"InterfaceTypeMatch": "WiFi", "Action": "Disconnect"},
    {"Action": "Ignore"},
]
"""A rule may also ask whether something is there before it connects (URLStringProbe: a page that
answers 200). Nothing of ours answers such a question, and a server that did would be one more door,
open to everybody. So these rules dial whether or not the gateway stands."""

NOTHING_BESIDE = {
    # iOS 14, macOS 10.15: what would go beside the tunnel goes into it or is lost, such as IPv6.
    "IncludeAllNetworks": 1,
    # The network around the phone too, or whoever made that could call any address its own
    # (TunnelCrack, CVE-2023-36672). iOS would leave it out.
    "ExcludeLocalNetworks": 0,
}
"""For the services of the carrier and Apple's notifications the schema has exceptions of its own,
which stay: without them the phone rings no more."""


def mobileconfig(
    account: Account, protocol: str, *, on_demand: bool = False, nothing_beside: bool = False
) -> bytes:
    """A profile with one connection, as an XML property list.

    With ``on_demand`` or ``nothing_beside``, which only IKEv2 has, it is the same profile to a
    device: the one installed last takes the other's place.
    """
    rules = {"OnDemandEnabled": 1, "OnDemandRules": ON_DEMAND_RULES} if on_demand else {}
    extra = {**rules, **(NOTHING_BESIDE if nothing_beside else {})}
    connection = _ikev2(account, extra) if protocol == "ikev2" else _l2tp(account)
    payload = {
        "PayloadType": "com.apple.vpn.managed",
        "PayloadVersion": 1,
        "PayloadIdentifier": account.identifier(protocol, "vpn"),
        "PayloadUUID": account.uuid(protocol, "vpn"),
        "PayloadDisplayName": account.name(protocol),
        "UserDefinedName": account.name(protocol),
        **connection,
    }
    profile = {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": account.identifier(protocol),
        "PayloadUUID": account.uuid(protocol),
        "PayloadDisplayName": account.name(protocol),
        "PayloadDescription": f"VPN for {account.user} through {account.server}.",
        "PayloadRemovalDisallowed": False,
        "PayloadContent": [payload],
    }
    return plistlib.dumps(profile)


def _ikev2(account: Account, extra: dict[str, Any]) -> dict[str, Any]:
    # Integers stand where the schema has them, though they mean yes and no.
    return {
        "VPNType": "IKEv2",
        "IKEv2": {
            "RemoteAddress": account.server,
            "RemoteIdentifier": account.server,
            "LocalIdentifier": account.user,
            "AuthenticationMethod": "SharedSecret",
            # A text here, bytes for L2TP: so the schema has it.
            "SharedSecret": account.password,
            "ExtendedAuthEnabled": 0,
            "EnablePFS": 1,
            "DisableMOBIKE": 0,
            "MTU": MTU,
            "IKESecurityAssociationParameters": _PROPOSAL,
            "ChildSecurityAssociationParameters": _PROPOSAL,
            **extra,
        },
    }


def _l2tp(account: Account) -> dict[str, Any]:
    return {
        "VPNType": "L2TP",
        "PPP": {
            "CommRemoteAddress": account.server,
            "AuthName": account.user,
            "AuthPassword": account.password,
        },
        "IPSec": {
            "AuthenticationMethod": "SharedSecret",
            "SharedSecret": account.psk.encode("ascii"),
        },
        # "Send all traffic".
        "IPv4": {"OverridePrimary": 1},
    }
