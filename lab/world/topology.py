"""The world's addresses for Python, as lab/world/files/topology.env says them once for all. What
each is for stands there."""

from __future__ import annotations

import shlex
from pathlib import Path

FILE = Path(__file__).parent / "files" / "topology.env"


def read(text: str) -> dict[str, str]:
    """Returns what a shell would set that sources the text, by name."""
    return dict(word.split("=", 1) for word in shlex.split(text, comments=True))


_TOLD = read(FILE.read_text("utf-8"))

INTERNET = _TOLD["INTERNET"]
CARRIER = _TOLD["CARRIER"]
WEB = _TOLD["WEB"]
NOBODY = _TOLD["NOBODY"]
PUBLIC_ADDRESS = _TOLD["PUBLIC_ADDRESS"]
SITE = _TOLD["SITE"]
SITE_BY_WIREGUARD = _TOLD["SITE_BY_WIREGUARD"]
SITE_BY_SHADOWSOCKS = _TOLD["SITE_BY_SHADOWSOCKS"]
CAFE = _TOLD["CAFE"]

PHONES = tuple(_TOLD["PHONES"].split())
ROUTERS = {
    name: f"{_TOLD['LINES']}.{int(_TOLD['FIRST_LINE']) + index}.1"
    for index, name in enumerate(PHONES)
}
"""The carrier's end of each phone's line."""
NAT64 = _TOLD["NAT64"]
"""What stands before an IPv4 address where the operator translates, as its DNS64 would tell."""
WIFI = _TOLD["WIFI"]
WIFI_ROUTER = f"{WIFI.rpartition('.')[0]}.1"

PRIVATE_ADDRESS = _TOLD["PRIVATE_ADDRESS"]
VNET_NEIGHBOUR = _TOLD["VNET_NEIGHBOUR"]
METADATA = _TOLD["METADATA"]
AZURE_HOST = _TOLD["AZURE_HOST"]

RESOLVER = _TOLD["RESOLVER"]
SECOND_RESOLVER = _TOLD["SECOND_RESOLVER"]
WEB_NAME = _TOLD["WEB_NAME"]
METADATA_NAME = _TOLD["METADATA_NAME"]

TUNNELS = _TOLD["TUNNELS"]
TUNNEL_ADDRESS = _TOLD["TUNNEL_ADDRESS"]
GATEWAY_NAME = _TOLD["GATEWAY_NAME"]
