"""How phones dial in, and whom: the values of ``protocols`` and ``serverName``."""

from __future__ import annotations

import re
from ipaddress import IPv4Address
from typing import Any

from settings.values import NEVER_A_SOURCE, BadValue, did_you_mean, shown

PROTOCOLS = ("l2tp", "ikev2")
"""How a phone can dial in."""

SERVER_NAME = "lunch-gateway"
"""What pppd calls itself to a phone; no phone shows or checks it. And what the gateway calls
itself to an IKEv2 client that does not say whom it wants, if it has no name of its own."""

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DNS_NAME = re.compile(rf"(?!.{{254}})(?:{_LABEL}\.)+(?![0-9]+$){_LABEL}")
"""Labels of a host's name (RFC 1123, 2.1); the last one is no number, so no address fits."""


_URL = re.compile(r"[a-z0-9+]+://([a-z0-9.-]+)")


def protocols(value: Any) -> tuple[str, ...]:
    """Read one or more of `PROTOCOLS`, always in that order."""
    known = isinstance(value, list) and all(item in PROTOCOLS for item in value)
    if not known or not value or len(set(value)) < len(value):
        items = value if isinstance(value, list) else []
        meant = [item.strip().lower() for item in items if isinstance(item, str)]
        alike = (
            meant and len(meant) == len(items) and meant != value and set(meant) <= set(PROTOCOLS)
        )
        hint = f"; did you mean [{', '.join(dict.fromkeys(meant))}]?" if alike else ""
        raise BadValue(
            f"{shown(value)} is not a list of one or more of {', '.join(PROTOCOLS)}, each once"
            + hint
        )
    return tuple(name for name in PROTOCOLS if name in value)


def server_name(value: Any) -> str | None:
    """Read what phones dial, in lower case; an empty text is nothing."""
    if value == "":
        return None
    text = value.lower().rstrip(".") if isinstance(value, str) else ""
    if _DNS_NAME.fullmatch(text):
        return text
    try:
        address = IPv4Address(text)
    except ValueError:
        raise BadValue(
            f"{shown(value)} is no full DNS name (vpn.example.org) and no IPv4 address"
            + (did_you_mean(found[1], server_name) if (found := _URL.match(text)) else "")
        ) from None
    for strange in NEVER_A_SOURCE:
        if address in strange:
            raise BadValue(f"{address} lies in {strange}, where no phone finds the gateway")
    return str(address)


def is_address(text: str) -> bool:
    """Say whether devices take the text for an IPv4 address rather than a name."""
    try:
        IPv4Address(text)
    except ValueError:
        return False
    return True
