"""What a phone gets."""

from __future__ import annotations

import json

from lab.client import Phone
from lab.machine import ExpectationFailed, Machine

SITE = "198.18.4.80"
"""Near the gateway, as a delivery network's server is near whoever asks."""

FINE = "--length 8K"
"""iperf3 counts whole blocks; its own of 128 KB are 0.1 Mbit/s in ten seconds, which is a
sixth of what some flows have."""


def serve(world: Machine, host: str = "site", port: int = 5201) -> None:
    """Start iperf3's server on a host, sending with cubic as most sites do."""
    unit = f"iperf-{host}-{port}"
    # In JSON, because only then a client that asks for the server's figures gets them so.
    world.succeed(
        f"systemctl is-active --quiet {unit} || systemd-run --quiet --unit={unit}"
        f" --property=NetworkNamespacePath=/run/netns/{host} iperf3 --server --json"
        f" --port {port}"
    )
    world.wait_until_succeeds(f"ip netns exec {host} ss -Hltn sport = :{port} | grep -q .")


def download(phone: Phone, seconds: int = 10) -> float:
    """Goodput of one TCP flow from the site to the phone, Mbit/s, after 2 s to get going."""
    command = f"iperf3 --client {SITE} --reverse --time {seconds} --omit 2 --json {FINE}"
    report = json.loads(phone.run(command, seconds + 60))
    if "error" in report:
        raise ExpectationFailed(f"iperf3: {report['error']}")
    bits_per_second: float = report["end"]["sum_received"]["bits_per_second"]
    return round(bits_per_second / 1e6, 2)
