"""Reads what iperf3 says of a flow, in JSON, by the clock of whoever received it: iperf3's own
sums set what has arrived, also what was under way in the end, against the time of the sender."""

from __future__ import annotations

import json
from typing import Any

from lab.machines.expectations import ExpectationFailed
from lab.phones import beside
from lab.phones.beside import Carried, Load
from lab.phones.reach import Reach
from lab.world.sites import PORTS

FINE = "--length 8K"
"""An option for the client. iperf3 counts whole blocks; its own of 128 KB are 0.1 Mbit/s in ten
seconds, which is a sixth of what some flows have."""


def load(reach: Reach, flows: int, direction: str, seconds: int, omit: int) -> Carried:
    """Do what `command` says, and return what it came to. Raises as `goodput`."""
    asked, ends = command(reach.site.host, flows, direction, seconds, omit), omit + seconds
    seen = beside.carry(reach, Load("IPERF", asked, seconds + 120, ends, omit))
    rate = goodput(seen.said, direction)
    return Carried(rate * 1e6 / 8 * ends, seen, rate)


def command(host: str, flows: int, direction: str, seconds: int, omit: int) -> str:
    """Returns the phone's command for as much as possible, which counts for so many seconds after
    those that are omitted."""
    reverse = "--reverse" if direction == "down" else "--get-server-output"
    return (
        f"echo IPERF; iperf3 --client {host} --port {PORTS['iperf']} {reverse} --parallel {flows}"
        f" --time {seconds} --omit {omit} --connect-timeout 20000 --json {FINE}"
    )


def read(report: str) -> dict[str, Any]:
    """Returns a client's report.

    Raises:
        ExpectationFailed: iperf3 says that it could not, or says something else.
    """
    try:
        told: dict[str, Any] = json.loads(report)
    except ValueError:
        raise ExpectationFailed(f"iperf3 made no report: {report[-300:] or 'nothing'}") from None
    if "error" in told:
        raise ExpectationFailed(f"iperf3: {told['error']}")
    return told


def goodput(report: str, direction: str = "down") -> float:
    """Returns what arrived of all a client's flows, Mbit/s, without what it was told to omit.

    Args:
        report: the client's. Its own clock is the receiver's for ``down`` (``--reverse``); for
            ``up`` the server's report must be in it (``--get-server-output``).

    Raises:
        ExpectationFailed: as of `read`, or nothing was counted.
    """
    told = read(report)
    receiver = told["server_output_json"] if direction == "up" else told
    counted = [each["sum"] for each in receiver["intervals"] if not each["sum"]["omitted"]]
    if not counted:
        raise ExpectationFailed("iperf3: it ended before it counted anything")
    received, took = (sum(float(each[key]) for each in counted) for key in ("bytes", "seconds"))
    return received * 8e-6 / took


def began(report: str) -> int:
    """Returns when a client began, in seconds of the world's clock."""
    second: int = read(report)["start"]["timestamp"]["timesecs"]
    return second
