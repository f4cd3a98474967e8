"""What the line is like while a way is made ready, what is kept, and what is not measured again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bench import benchmark as module
from bench import plan
from bench.benchmark import Benchmark
from bench.figures import FIGURES
from bench.plan import Comparison
from bench.records import Record, Run
from bench.ways import WAYS, Way
from lab.machines.expectations import ExpectationFailed
from lab.manners import Manners
from lab.phones.phone import Credentials, Phone
from lab.phones.reach import Reach
from lab.phones.transports import Transports
from tests.bench.test_options import chosen
from tests.lab.machines import Pretender


class Dialling(Transports):
    """Leaves a mark in the world's commands where a call would be placed."""

    needed = True

    def must_dial(self, transport: str) -> bool:
        return self.needed

    def open(self, transport: str) -> bool:
        return False

    def _own_client(self, transport: str) -> None:
        self.phone.world.execute("dials" if self.needed else "goes on")


def pretended() -> Dialling:
    phone = Phone(Pretender(), "192.0.2.1")
    return Dialling(Pretender(), phone, Credentials("alice", "password", "key"))


def benchmark(transports: Transports, **how: Any) -> Benchmark:
    asked = {key: how.pop(key) for key in ("repeats", "seed") if key in how}
    options = replace(chosen("--repeats=1", "--seconds=1"), **asked)
    run = Run({"settings": {"mtu": 1280}}, how.get("records", []))
    return Benchmark(transports, Manners(transports.gateway), options, run)


@pytest.mark.parametrize("needed", [True, False])
def test_a_call_is_placed_on_a_calm_line(needed: bool) -> None:
    transports = pretended()
    transports.needed = needed
    world = transports.phone.world
    assert isinstance(world, Pretender)
    (comparison,) = plan.product(["severe-10"], ways=["gateway-ikev2"], gateway_at=["far"])
    benchmark(transports).turn(comparison, WAYS["gateway-ikev2"], 7)
    if needed:
        calm, dials, line = world.commands
        assert "qdisc delete" in calm
        assert "loss" not in calm
        assert dials == "dials"
    else:
        goes_on, line = world.commands
        assert goes_on == "goes on"
    assert "% seed 7" in line


def test_it_dials_only_what_is_not_up() -> None:
    pretends = pretended()
    transports = Transports(pretends.gateway, pretends.phone, pretends.user)
    assert transports.must_dial("l2tp")
    assert transports.must_dial("ikev2")
    assert not transports.must_dial("direct")
    transports.opened.add("l2tp")
    assert not transports.must_dial("l2tp")
    assert transports.must_dial("ikev2")


# What is kept, without a machine.


class Double:
    """Measures in no time: 8 Mbit/s, but what `fails`; and notes what it was asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *fails: str) -> None:
        self.fails, self.measured, self.kept = fails, 0, list[Record]()
        self.stops_after = 1000
        monkeypatch.setattr(module, "measure", self.measure)
        self.transports = pretended()

    def measure(self, _: Reach, way: Way, *__: object) -> dict[str, Any]:
        if self.measured == self.stops_after:
            raise KeyboardInterrupt
        self.measured += 1
        if way in (WAYS[name] for name in self.fails):
            raise ExpectationFailed(f"status 1 of: {'long' * 99}\n\nnothing arrived\n\nPING\nms")
        return {"goodput_mbps": 8.0, "rtts_ms": [60.0]}

    def run(self, comparison: Comparison, there: list[Record], **how: Any) -> None:
        before = len(there)
        try:
            benchmark(self.transports, records=there, **how).measure_missing([comparison])
        finally:
            self.kept += there[before:]


(LOSSY,) = plan.product(["lossy-1"], ways=["direct", "forward", "gateway-l2tp"])


def order(records: list[Record]) -> list[tuple[str, int, int, int]]:
    return [(each.way, each.seed, each.repeat, each.place) for each in records]


def test_each_measurement_says_where_it_stood(monkeypatch: pytest.MonkeyPatch) -> None:
    double = Double(monkeypatch)
    double.run(LOSSY, [], repeats=2, seed=7)
    assert order(double.kept) == [
        ("direct", 7, 0, 0),
        ("forward", 7, 0, 1),
        ("gateway-l2tp", 7, 0, 2),
        ("gateway-l2tp", 8, 1, 0),
        ("forward", 8, 1, 1),
        ("direct", 8, 1, 2),
    ]
    assert {each.figures["limit_mbps"] for each in double.kept if each.way == "direct"} == {9.468}
    assert all("load_time_limit_s" not in each.figures for each in double.kept)


def test_a_page_says_what_the_line_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    (pages,) = plan.product(["lossy-1"], ways=["gateway-l2tp"], loads=["page"])
    double = Double(monkeypatch)
    double.run(pages, [])
    assert double.kept[0].figures["load_time_limit_s"] == pytest.approx(3.43, abs=0.01)


def test_what_could_not_be_carried_is_a_record_without_goodput(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    monkeypatch.setattr(module, "say", said.append)
    double = Double(monkeypatch, "forward")
    double.run(LOSSY, [])
    assert [each.figures["goodput_mbps"] for each in double.kept] == [8.0, 0.0, 8.0]
    assert double.kept[1].figures.keys() == {"goodput_mbps", "limit_mbps"}
    (told,) = (each for each in said if "no load got through" in each)
    assert told.endswith("nothing arrived"), "and not only how it was asked"


def test_an_interrupted_run_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Double(monkeypatch)
    whole.run(LOSSY, [], repeats=2)
    double = Double(monkeypatch)
    double.stops_after = 2
    there: list[Record] = []
    with pytest.raises(KeyboardInterrupt):
        double.run(LOSSY, there, repeats=2)
    assert double.kept == there == whole.kept[:2]
    double.stops_after = 1000
    double.run(LOSSY, there, repeats=2)
    assert double.kept == there == whole.kept
    assert not benchmark(double.transports, repeats=2, records=there).missing(LOSSY)
    assert len(benchmark(double.transports, seed=3, records=there).missing(LOSSY)) == 3


def test_the_terminals_table_has_every_short_figure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    monkeypatch.setattr(module, "say", said.append)
    Double(monkeypatch).run(LOSSY, [])
    header, first = said[0], said[1]
    assert header.split()[-1] == "reached"
    assert first.split()[:8] == ["lossy-1", "far", "bulk", "1", "down", "direct", "8.00", "9.47"]
    assert len(header) == len(first)
    for figure in FIGURES.values():
        assert figure.short in header
