"""The mirror of packages, which is no machine of ours: what stands between it and the gateway.

While a gateway is set up nothing but apt opens TCP connections there, so no address is named.
"""

from __future__ import annotations

from lab.machines.machine import Machine
from lab.world.topology import WEB

_FORGET = "nft add table ip mirror && nft delete table ip mirror"
_TABLE = "nft -f - <<'NFT'\ntable ip mirror {{ chain between {{ {}; }}; }}\nNFT\n"


def as_ever(world: Machine) -> None:
    """Have the mirror reached, and answer, as it does."""
    world.succeed(_FORGET)


def unreachable(world: Machine) -> None:
    """Have a router answer in its place that there is no such host."""
    _between(
        world,
        "type filter hook forward priority filter;"
        ' iifname "azure" meta l4proto tcp reject with icmp type host-unreachable',
    )


def a_hotels_page(world: Machine) -> None:
    """Have a web server answer in its place, with a page whatever is asked for."""
    _between(
        world,
        "type nat hook prerouting priority dstnat;"
        f' iifname "azure" meta l4proto tcp dnat to {WEB}:80',
    )


def _between(world: Machine, rules: str) -> None:
    world.succeed(f"{_FORGET} && {_TABLE.format(rules)}")
