"""A home page of today: what it is made of, and where each part comes from.

HTTP Archive's Web Almanac 2025 has the median mobile home page: 75 requests; 22 KB of HTML, 77 of
CSS, 632 of JavaScript, 122 of fonts, 911 of images ("Page Weight"); of home pages 3, 8, 22, 4 and
19 files of these kinds; names of 16 third parties ("Third Parties"); of HTML one document in seven
by HTTP/1.1 ("CDN": 21 % of what origins send, 2 % of what delivery networks do, which send 35 %).
The spread within, and who has what, is ours.
"""

from __future__ import annotations

import json

from lab.machines.machine import Machine
from lab.world.topology import (
    METADATA,
    METADATA_NAME,
    RESOLVER,
    SECOND_RESOLVER,
    SITE,
    SITE_BY_WIREGUARD,
    WEB,
    WEB_NAME,
)

ORIGINS: dict[str, dict[str, list[int]]] = {
    # Its own, then 16 others. What a name begins with is what it speaks.
    "h2.0": {
        "html": [18],
        "css": [22, 14, 9, 7],
        "js": [92, 60, 38, 22, 12],
        "images": [240, 150, 110, 80, 60, 45, 30],
    },
    "h2.1": {"css": [10, 6], "js": [80, 35, 9]},
    "h2.2": {"css": [5]},
    "h2.3": {"fonts": [45, 35, 25, 17]},
    "h2.4": {"js": [95, 30]},
    "h2.5": {"js": [22], "other": [2, 2]},
    "h2.6": {"js": [60, 18, 6], "html": [2], "other": [2, 2]},
    "h2.7": {"images": [70, 40, 12, 5, 1]},
    "h2.8": {"js": [28, 4], "images": [8], "other": [2]},
    "h2.9": {"js": [9], "css": [4], "other": [2]},
    "h2.10": {"js": [5], "html": [2], "images": [35]},
    "h2.11": {"other": [2, 2, 2, 2]},
    "h2.12": {"js": [3], "other": [2, 2]},
    "h2.13": {"images": [1], "other": [2, 2]},
    "h2.14": {"js": [1, 1], "other": [2, 2]},
    "h1.15": {"images": [12, 8, 3], "other": [2]},
    "h1.16": {"js": [2], "images": [1], "other": [2, 2]},
}
"""KB of each object, by origin and kind."""
WAVES: tuple[tuple[str, ...], ...] = (("css", "js", "fonts"), ("images", "html", "other"))
"""Kinds that a browser asks for together: first what the page can't be shown without."""


def _waves() -> list[list[tuple[str, int]]]:
    """Returns origin and KB of each object, in waves: each begins when the one before is there."""
    page, *rest = (
        (kind, origin, size)
        for origin, kinds in ORIGINS.items()
        for kind, sizes in kinds.items()
        for size in sizes
    )
    asked = ([each[1:] for each in rest if each[0] in kinds] for kinds in WAVES)
    return [[page[1:]], *asked]


LOADED = _waves()

ZONE = "page.test"
ADDRESSES = {
    "direct": WEB,
    "l2tp": SITE,
    "ikev2": SITE,
    "wireguard": SITE_BY_WIREGUARD,
    # The phone's end of ss-tunnel.
    "shadowsocks": "127.0.0.1",
}
"""Of all origins, by transport: a delivery network's name leads to a server near whoever asks."""


def serve(world: Machine) -> None:
    """Make the page, and have resolvers near the phone's operator and near the gateway know its
    origins. `sites.serve` has started who serves it."""
    world.succeed(f"test -e /srv/page/today/0 || {{ {_make_objects()}; }}")
    for host, addresses in (("web", [WEB]), ("site", [RESOLVER, SECOND_RESOLVER])):
        world.start_unit(f"names-{host}", _dnsmasq(addresses), host, once=True)
    # Public resolvers are near whoever asks, too; the phone's line has the operator's.
    add = (
        "ip -netns site address replace {0}/32 dev lo && ip -netns azure route replace {0} via {1}"
    )
    world.succeed(" && ".join(add.format(each, SITE) for each in (RESOLVER, SECOND_RESOLVER)))


def _make_objects() -> str:
    """Returns the shell's command for them, by number; the page itself names the others, in the
    waves in which they are asked for, and is there last."""
    (_, html), *others = (each for wave in LOADED for each in wave)
    number = iter(range(1, len(others) + 1))
    named = [[[origin, next(number)] for origin, _ in wave] for wave in LOADED[1:]]
    sizes = " ".join(str(1000 * size) for _, size in others)
    return (
        f"mkdir -p /srv/page/today && cd /srv/page/today && i=1 && for size in {sizes};"
        " do head -c $size /dev/urandom > $i; i=$((i + 1)); done"
        f" && printf '%-{1000 * html}s' '{json.dumps(named)}' > 0"
    )


def _dnsmasq(listens: list[str]) -> str:
    """Returns the command of a resolver that knows the origins, whatever stands before their name,
    and else what lab/world/files/up has for everybody."""
    listen = f"--bind-dynamic --listen-address={','.join(listens)}"
    known = {f"{way}.{ZONE}": address for way, address in ADDRESSES.items()}
    known |= {WEB_NAME: WEB, METADATA_NAME: METADATA}
    addresses = " ".join(f"--address=/{name}/{address}" for name, address in known.items())
    return (
        f"exec dnsmasq --keep-in-foreground --conf-file=/dev/null --no-hosts --no-resolv {listen}"
        f" {addresses} --hostsdir=/run/names --local=/#/ --dns-rr=.,2,016e00"
    )
