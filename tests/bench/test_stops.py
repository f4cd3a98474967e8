"""A measurement from its line to its record, walked on machines that only pretend."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import FrameType

import pytest

from bench import plan
from bench.benchmark import Benchmark
from bench.records import Run
from lab.manners import Manners
from lab.phones.phone import Credentials, Phone
from lab.phones.transports import Transports
from tests.bench.test_measure import STAT, down, seen
from tests.bench.test_options import chosen
from tests.lab.live import ROOT
from tests.lab.machines import Pretender

VERBS = ("lab/machines/", "lab/phones/phone.py")
"""What all speak to machines and phones by."""
PAGES = "4.0 2000000\n" * 7
LOADS = {
    "bulk": ("iperf", "IPERF", down()),
    "page": ("page", "PAGE", PAGES),
    "today": ("page", "PAGE", PAGES),
    "https": ("https", "HTTPS", "1.1 10000000 10.0"),
}


def stop(frame: FrameType | None) -> str:
    """The module that a frame, or whoever called it, belongs to; without the verbs, and without
    what a line looks at itself when it is made."""
    while frame:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(ROOT):
            name = str(path.relative_to(ROOT))
            passes = name.startswith(VERBS) or "__post_init__" in frame.f_code.co_qualname
            if name.startswith(("bench/", "lab/")) and not passes:
                return name
            if name.startswith("tests/"):
                return ""
        frame = frame.f_back
    return ""


def walk(load: str) -> list[str]:
    """The modules that one measurement enters, each time it does, from its plan on."""
    _, word, said = LOADS[load]
    world = Pretender(("ip netns exec phone .* echo " + word, seen(word, said)))
    gateway = Pretender(("/proc/stat", STAT.format(user=1000)))
    transports = Transports(gateway, Phone(world, "192.0.2.1"), Credentials("key", "a", "b"))
    transports.opened.add("l2tp")
    kept = Run({"settings": {"mtu": 1280}}, [])
    benchmark = Benchmark(transports, Manners(gateway), chosen("--repeats=1"), kept)
    entered: list[str] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and (name := stop(frame)) not in ("", stop(frame.f_back)):
            entered.append(name)

    sys.setprofile(note)
    try:
        (comparison,) = plan.product(["lossy-1"], ways=["gateway-l2tp"], loads=[load])
        benchmark.record(comparison, "gateway-l2tp", 0, 0)
    finally:
        sys.setprofile(None)
    assert kept.records[0].figures["goodput_mbps"]
    return entered


@pytest.mark.parametrize("load", LOADS)
def test_at_most_ten_stops_and_none_twice_as_contributing_has_them(load: str) -> None:
    text = (
        (ROOT / "CONTRIBUTING.md")
        .read_text("utf-8")
        .partition("a measurement makes at most ten stops")[2]
    )
    told = re.findall(r"^\d+\. `([^`]+)`", text.partition("\n## ")[0], re.MULTILINE)
    assert len(told) == 10
    told[5] = f"lab/phones/{LOADS[load][0]}.py"
    if load in ("bulk", "https"):
        del told[8]
    assert walk(load) == told
