"""The sites, near the gateway and near the operator, and what they serve."""

from __future__ import annotations

from lab.machines.machine import Machine
from lab.world import topology

SITE = topology.SITE
"""Near the gateway, as a delivery network's server is near whoever asks."""
PORTS = {"iperf": 5201, "page": 8080, "https": 443}
NEIGHBOURS_PORT = 5202
"""iperf3's again, for those who share the phone's line."""
LARGE_FILE = "/srv/page/large"
CERTIFICATE = "/run/site.crt"

OBJECTS = {
    "html": [18],
    "css": [30, 18, 12, 8, 5, 3, 1, 1],
    "js": [120, 90, 70, 55, 45, 38, 32, 27, 23, 20, 17, 14, 12, 10, 8, 7, 6, 5, 4, 3, 3, 2, 2, 2],
    "fonts": [45, 35, 28, 23],
    "images": [300, 200, 120, 90, 70, 60, 50, 40, 30, 25, 20, 15, 12, 9, 7, 5, 3, 2],
    "other": [2] * 11,
}
"""KB of each object, in the order of their requests. Number and sum per kind are the median
home page's (HTTP Archive, Web Almanac 2024, "Page Weight"); the spread within is ours."""
OBJECT_SIZES = [1000 * size for sizes in OBJECTS.values() for size in sizes]


def serve(world: Machine) -> None:
    """Start what the phone asks for: iperf3 and nginx on both sites."""
    # Once: under emulation it takes five seconds.
    world.succeed(f"test -e {CERTIFICATE} || {{ {_make_objects()} && {_prepare_https()}; }}")
    for host in ("web", "site"):
        serve_iperf(world, host, PORTS["iperf"])
        nginx = f"exec nginx -c /lab/nginx.conf -g 'pid /run/nginx-{host}.pid;'"
        world.start_unit(f"nginx-{host}", nginx, host, once=True)
        world.wait_for_port(host, PORTS["page"])
    serve_iperf(world, "web", NEIGHBOURS_PORT)


def serve_iperf(world: Machine, host: str = "site", port: int = 5201) -> None:
    """Start iperf3's server on a host, sending with cubic as most sites do."""
    # In JSON, because only then a client that asks for the server's figures gets them so. A day:
    # iperf 3.18 counts from its own start, and gives up whoever is slow after two idle minutes.
    iperf = f"exec iperf3 --server --json --rcv-timeout 86400000 --port {port}"
    world.start_unit(f"iperf-{host}-{port}", iperf, host, once=True)
    world.wait_for_port(host, port)


def _make_objects() -> str:
    sizes = " ".join(map(str, OBJECT_SIZES))
    return (
        f"mkdir -p /srv/page && cd /srv/page && i=0 && for size in {sizes};"
        " do head -c $size /dev/urandom > $i; i=$((i + 1)); done"
    )


def _prepare_https() -> str:
    """Returns what makes all that nginx.conf needs for HTTPS: the file (all zeros, which nothing on
    the way compresses), a key that nobody checks, and last its certificate."""
    return (
        f"truncate --size 1G {LARGE_FILE} && openssl req -x509 -newkey ec -pkeyopt"
        " ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=site -keyout /run/site.key"
        f" -out {CERTIFICATE} 2>/dev/null"
    )
