"""As much as possible for so long, by iperf3."""

from __future__ import annotations

import json
from typing import Any

from bench.loads import OMIT, Carried
from lab.machines.machine import ExpectationFailed
from lab.phones.downloads import FINE
from lab.world.sites import PORTS


def command(host: str, flows: int, direction: str, seconds: int) -> str:
    """Return the phone's command: so many flows, which count for so many seconds."""
    reverse = "--reverse" if direction == "down" else "--get-server-output"
    return (
        f"echo IPERF; iperf3 --client {host} --port {PORTS['iperf']} {reverse} --parallel {flows}"
        f" --time {seconds} --omit {OMIT} --connect-timeout 20000 --json {FINE}"
    )


def read(report: str, direction: str, seconds: int) -> Carried:
    """Return what the receiver got, by its own clock: iperf3's sums set what has arrived, also
    what was under way in the end, against the time of the sender."""
    told = parse(report)
    receiver = told["server_output_json"] if direction == "up" else told
    counted = [each["sum"] for each in receiver["intervals"] if not each["sum"]["omitted"]]
    received, took = (sum(float(each[key]) for each in counted) for key in ("bytes", "seconds"))
    goodput = received * 8e-6 / took
    return Carried(goodput=goodput, size=goodput * 1e6 / 8 * (seconds + OMIT))


def parse(report: str) -> dict[str, Any]:
    """Return what iperf3 says in JSON.

    Raises:
        ExpectationFailed: it says that it failed.
    """
    told: dict[str, Any] = json.loads(report)
    if "error" in told:
        raise ExpectationFailed(f"iperf3: {told['error']}")
    return told
