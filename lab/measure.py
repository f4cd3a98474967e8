"""What a phone gets."""

from __future__ import annotations

import json

from lab.client import Phone
from lab.machine import ExpectationFailed, Machine

SITE = "198.18.2.80"


def serve(world: Machine) -> None:
    """Start iperf3's server on the web host, sending with cubic as most sites do."""
    world.succeed(
        "systemctl is-active --quiet iperf || systemd-run --quiet --unit=iperf"
        " --property=NetworkNamespacePath=/run/netns/web iperf3 --server"
    )
    world.wait_until_succeeds("ip netns exec web ss -Hltn sport = :5201 | grep -q .")


def download(phone: Phone, seconds: int = 10) -> float:
    """Goodput of one TCP flow from the site to the phone, Mbit/s, after 2 s to get going."""
    command = f"iperf3 --client {SITE} --reverse --time {seconds} --omit 2 --json"
    report = json.loads(phone.run(command, seconds + 60))
    if "error" in report:
        raise ExpectationFailed(f"iperf3: {report['error']}")
    bits_per_second: float = report["end"]["sum_received"]["bits_per_second"]
    return round(bits_per_second / 1e6, 2)
