"""What Apple's schema says of the keys that a profile of ours may have, in our own words.

Read in github.com/apple/device-management (MIT), mdm/profiles/: TopLevel.yaml at 0340fd30,
CommonPayloadKeys.yaml and com.apple.vpn.managed.yaml at 0a4527c5. What is not listed here
either is not in the schema or has no business in our profiles; both are complaints.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Key:
    """One key: its plist type, whether it must be there, and which values are allowed."""

    type: type
    required: bool = False
    allowed: tuple[Any, ...] | range = ()
    inside: Mapping[str, Key] | None = None
    """What a dictionary, or every dictionary of an array, may hold."""


YES_NO = (0, 1)  # integers throughout the VPN payload

COMMON = {
    "PayloadIdentifier": Key(str, True),
    "PayloadUUID": Key(str, True),
    "PayloadVersion": Key(int, True, (1,)),
    "PayloadDescription": Key(str),
    "PayloadDisplayName": Key(str),
    "PayloadOrganization": Key(str),
}

ON_DEMAND_RULE = {
    "Action": Key(str, True, ("Allow", "Connect", "Disconnect", "EvaluateConnection", "Ignore")),
    "InterfaceTypeMatch": Key(str, False, ("Ethernet", "WiFi", "Cellular")),
}

# DES, SHA-1 and the groups below 14 are in the schema, and gone from iOS 26.
SECURITY_ASSOCIATION = {
    "EncryptionAlgorithm": Key(
        str, False, ("AES-128", "AES-256", "AES-128-GCM", "AES-256-GCM", "ChaCha20Poly1305")
    ),
    "IntegrityAlgorithm": Key(str, False, ("SHA2-256", "SHA2-384", "SHA2-512")),
    "DiffieHellmanGroup": Key(int, False, (14, 15, 16, 17, 18, 19, 20, 21, 31, 32)),
    "LifeTimeInMinutes": Key(int, False, range(10, 1441)),
}

IKEV2 = {
    "RemoteAddress": Key(str, True),
    "LocalIdentifier": Key(str, True),
    "RemoteIdentifier": Key(str, True),
    "AuthenticationMethod": Key(str, True, ("None", "SharedSecret", "Certificate")),
    "SharedSecret": Key(str),
    "ExtendedAuthEnabled": Key(int, False, YES_NO),
    "EnablePFS": Key(int, False, YES_NO),
    "DisableMOBIKE": Key(int, False, YES_NO),
    "MTU": Key(int, False, range(1280, 1401)),
    "IncludeAllNetworks": Key(int, False, YES_NO),
    "ExcludeLocalNetworks": Key(int, False, YES_NO),
    "OnDemandEnabled": Key(int, False, YES_NO),
    "OnDemandRules": Key(list, inside=ON_DEMAND_RULE),
    "IKESecurityAssociationParameters": Key(dict, inside=SECURITY_ASSOCIATION),
    "ChildSecurityAssociationParameters": Key(dict, inside=SECURITY_ASSOCIATION),
}

PPP = {
    "CommRemoteAddress": Key(str),
    "AuthName": Key(str),
    "AuthPassword": Key(str),
    "TokenCard": Key(int, False, YES_NO),
}

IPSEC = {
    "AuthenticationMethod": Key(str, False, ("SharedSecret", "Certificate")),
    "SharedSecret": Key(bytes),
}

VPN = {
    **COMMON,
    "PayloadType": Key(str, True, ("com.apple.vpn.managed",)),
    "VPNType": Key(str, True, ("VPN", "L2TP", "IPSec", "IKEv2", "AlwaysOn", "TransparentProxy")),
    "UserDefinedName": Key(str, True),
    "IKEv2": Key(dict, inside=IKEV2),
    "PPP": Key(dict, inside=PPP),
    "IPSec": Key(dict, inside=IPSEC),
    "IPv4": Key(dict, inside={"OverridePrimary": Key(int, False, YES_NO)}),
}

PROFILE = {
    **COMMON,
    "PayloadType": Key(str, True, ("Configuration",)),
    "PayloadContent": Key(list, True, inside=VPN),
    "PayloadRemovalDisallowed": Key(bool),
}

NEEDS = {"IKEv2": {"IKEv2"}, "L2TP": {"PPP", "IPSec"}}
"""Which dictionaries belong to a type of VPN: the schema says so in the texts of the keys."""


def complaints(profile: Mapping[str, Any]) -> list[str]:
    """Where a profile is not what the schema says."""
    found = list(_complaints(profile, PROFILE, "profile"))
    for payload in profile.get("PayloadContent", []):
        kind = payload.get("VPNType")
        has = {"IKEv2", "PPP", "IPSec"} & payload.keys()
        if has != NEEDS.get(kind):
            found.append(f"{kind} with {sorted(has)}")
    return found


def _complaints(given: Mapping[str, Any], schema: Mapping[str, Key], at: str) -> Iterator[str]:
    for name, key in schema.items():
        if key.required and name not in given:
            yield f"{at}: no {name}"
    for name, value in given.items():
        if name not in schema:
            yield f"{at}: {name} is unknown"
        else:
            yield from _faults(value, schema[name], f"{at}.{name}")


def _faults(value: Any, key: Key, at: str) -> Iterator[str]:
    dictionaries = value if isinstance(value, list) else [value]
    # To Python, true is a number; to a plist it is not.
    if type(value) is not key.type:
        yield f"{at}: a {type(value).__name__}, not a {key.type.__name__}"
    elif key.allowed and value not in key.allowed:
        yield f"{at}: {value!r} is not allowed"
    elif key.inside is not None:
        for inner in dictionaries:
            yield from _complaints(inner, key.inside, at)
