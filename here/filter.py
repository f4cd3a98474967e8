"""A network security group's rules as the world's packet filter, before the gateway's address.

Azure's last rule of its own refuses, so whatever no rule lets in stays outside. As on Azure (its
"Network security groups"), who was let in before a rule went may go on until the flow is silent for
minutes: a phone that dialled just before still gets in then, one that comes new does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

CHAIN = "ip azure nsg"
"""Of lab/world/files/up, which stands there for a filter as it should be."""

ALWAYS = (
    "ct state established,related accept",
    'iifname "vnet" accept',
    # The site is no machine of Azure's; it only stands there.
    'iifname "internet" oifname "site" accept',
    'iifname "site" oifname "internet" accept',
)
PROTOCOLS = {"udp": "udp", "tcp": "tcp", "icmp": "icmp"}
VERDICTS = {"allow": "accept", "deny": "drop"}
INTERNET = frozenset({"*", "internet", "0.0.0.0/0"})
"""What Azure takes for everybody outside, in lower case."""


class NotUnderstood(ValueError):
    """A rule says what this filter has no word for; one line with its name."""


def ruleset(rules: Iterable[Mapping[str, Any]]) -> str:
    """Returns what nft reads: these rules in their order, and none besides.

    Raises:
        NotUnderstood: one of them can't be said here.
    """
    lines = [*ALWAYS, *(_line(rule) for rule in rules)]
    return "\n".join([f"flush chain {CHAIN}", *(f"add rule {CHAIN} {line}" for line in lines), ""])


def _line(rule: Mapping[str, Any]) -> str:
    try:
        return " ".join((*_matches(rule), VERDICTS[str(rule["access"]).lower()]))
    except (KeyError, ValueError) as error:
        raise NotUnderstood(f"security rule {rule.get('name')}: {error}") from None


def _matches(rule: Mapping[str, Any]) -> Iterator[str]:
    source = str(rule.get("sourceAddressPrefix", "*"))
    if source.lower() not in INTERNET:
        yield f"ip saddr {source}"
    protocol, port = str(rule["protocol"]).lower(), str(rule["destinationPortRange"])
    if protocol != "*":
        yield f"meta l4proto {PROTOCOLS[protocol]}"
    if port != "*":
        yield f"th dport {port}"
