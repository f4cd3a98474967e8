"""What arrived, by the receiver's clock; iperf3's own words, shortened."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lab.machines.expectations import ExpectationFailed
from lab.phones import downloads, iperf
from lab.phones.phone import Phone
from tests.lab.machines import Pretender


def interval(size: int, seconds: float, omitted: bool = False) -> dict[str, Any]:
    return {"streams": [], "sum": {"bytes": size, "seconds": seconds, "omitted": omitted}}


COUNTED = [
    interval(9_000_000, 1.0, omitted=True),
    interval(1_000_000, 1.0),
    interval(1_500_000, 1.5),
]
SUMS = {"sum_received": {"bits_per_second": 10e6}, "sum_sent": {"bits_per_second": 99e6}}
WRONG = [interval(77, 1.0)]


def down(second: int = 1000, **others: Any) -> str:
    start = {"timestamp": {"timesecs": second}}
    return json.dumps({"start": start, "intervals": COUNTED, "end": SUMS, **others})


def up() -> str:
    server = {"intervals": COUNTED, "end": SUMS}
    return json.dumps({"intervals": WRONG, "end": SUMS, "server_output_json": server})


@pytest.mark.parametrize(("direction", "report"), [("down", down()), ("up", up())])
def test_what_arrived_by_the_receivers_clock(direction: str, report: str) -> None:
    """2.5 MB in 2.5 s, and nothing of what was omitted; iperf3's sum is another."""
    assert iperf.goodput(report, direction) == 8.0


@pytest.mark.parametrize(
    ("report", "why"),
    [
        (json.dumps({"end": {}, "error": "unable to connect"}), "^iperf3: unable to connect$"),
        ("", "^iperf3 made no report: nothing$"),
        ("sh: 1: iperf3: not found", "^iperf3 made no report: .*not found$"),
        (down()[:-30], "^iperf3 made no report: .*"),
        (json.dumps({"intervals": []}), "ended before it counted anything"),
        (json.dumps({"intervals": COUNTED[:1]}), "ended before it counted anything"),
    ],
    ids=["no-connection", "silence", "no-iperf3", "cut-off", "no-interval", "only-omitted"],
)
def test_a_flow_that_was_none_is_an_expectation(report: str, why: str) -> None:
    with pytest.raises(ExpectationFailed, match=why):
        iperf.goodput(report)


def test_a_download_is_read_so() -> None:
    world = Pretender(("iperf3 --client", down()))
    assert downloads.download(Phone(world, "192.0.2.1")) == 8.0
    assert "--reverse --time 10 --omit 2 --json --length 8K" in world.commands[-1]


@pytest.mark.parametrize(("second", "at_once"), [(1005, True), (1007, False)])
def test_downloads_at_once_began_at_once(second: int, at_once: bool) -> None:
    world = Pretender(("cat /run/phone.json", down()), ("cat /run/phone2.json", down(second)))
    phones = [Phone(world, "192.0.2.1", name) for name in ("phone", "phone2")]
    if at_once:
        assert downloads.download_at_once(world, phones) == {"phone": 8.0, "phone2": 8.0}
        return
    with pytest.raises(ExpectationFailed, match=r"not at once: .*\[1000, 1007\]"):
        downloads.download_at_once(world, phones)
