"""Measures comparisons one after the other, and keeps each measurement at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from bench.comparing import PLACE, cell, place
from bench.figures import FIGURES, collect
from bench.limits import limit, soonest_page
from bench.measure import measure
from bench.options import BenchOptions
from bench.plan import Comparison
from bench.records import Record, Value
from bench.switch import Switch
from bench.ways import WAYS, Way
from lab.machines.machine import ExpectationFailed
from lab.world.links import impose, release, reseed


@dataclass
class Benchmark:
    """One run of the benchmark."""

    switch: Switch
    options: BenchOptions
    mtu: int
    """Of the L2TP tunnel, bytes."""
    keep: Callable[[Record], None]
    """Told of each measurement as soon as it is there."""
    say: Callable[[str], None]
    records: list[Record] = field(default_factory=list)
    """Also those that were there before, which are not measured again."""
    now: str = ""
    """What is being measured."""

    def run(self, comparisons: Sequence[Comparison]) -> None:
        """Measure what is not there of them."""
        total = sum(self._estimate(each) for each in comparisons)
        done, began = 0.0, time.monotonic()
        self.say(HEADER)
        for comparison in comparisons:
            self._compare(comparison)
            done += self._estimate(comparison)
            gone = (time.monotonic() - began) / 60
            self.say(f"{gone:.0f} min gone, about {gone * (total / done - 1):.0f} left")

    def _estimate(self, comparison: Comparison) -> float:
        return comparison.estimate(self.options.seconds, self.options.repeats)

    def missing(self, comparison: Comparison) -> list[tuple[int, int, str]]:
        """Return what is not there of a comparison: repeat, place in its round, way."""
        there = {record.identity for record in self.records}
        return [
            (repeat, place, way)
            for repeat, ways in enumerate(comparison.rounds(self.options.repeats))
            for place, way in enumerate(ways)
            if (comparison.case, way, self.options.seed + repeat) not in there
        ]

    def _compare(self, comparison: Comparison) -> None:
        rounds = len(comparison.rounds(self.options.repeats))
        # A calm line for whatever must be installed or dialled first.
        release(self.switch.lab.world)
        self.now = f"opening the ways for {comparison.case.line}"
        for way in comparison.ways:
            self.switch.open(WAYS[way].transport)
        impose(
            self.switch.lab.world, comparison.link, comparison.case.gateway_at, self.options.seed
        )
        for repeat, number, way in self.missing(comparison):
            self.now = f"{comparison.case.line}: {way}, {repeat + 1} of {rounds}"
            self._take(comparison, WAYS[way], self.options.seed + repeat)
            record = self._record(comparison, way, repeat, number)
            self.keep(record)
            self.records.append(record)
        for text in table([each for each in self.records if each.case == comparison.case]):
            self.say(text)

    def _take(self, comparison: Comparison, way: Way, seed: int) -> None:
        """Dial, where it must, on a calm line: one that loses every tenth packet may cost a
        call, which is no measurement."""
        dialling = self.switch.must_dial(way)
        if dialling:
            release(self.switch.lab.world)
        self.switch.take(way)
        if dialling:
            impose(self.switch.lab.world, comparison.link, comparison.case.gateway_at, seed)
        else:
            reseed(self.switch.lab.world, comparison.link, seed)

    def _record(self, comparison: Comparison, name: str, repeat: int, place: int) -> Record:
        """Measure; a load that can't be carried at all has a goodput of 0."""
        case, link, way = comparison.case, comparison.link, WAYS[name]
        figures: dict[str, Value] = {
            "limit_mbps": limit(link, case.direction, way.transport, self.mtu)
        }
        if case.load == "page":
            figures["load_time_limit_s"] = soonest_page(link, case.gateway_at, way, self.mtu)
        try:
            seen = measure(
                self.switch.lab, self.switch.phone, way, comparison, self.options.seconds
            )
        except ExpectationFailed as failure:
            self.say(f"{case.line} {name}: no load got through: {failure}"[:200])
            seen = {"goodput_mbps": 0.0}
        seed = self.options.seed + repeat
        figures = {**figures, **seen}
        return Record(case=case, way=name, seed=seed, repeat=repeat, place=place, figures=figures)


SHOWN = {key: figure for key, figure in FIGURES.items() if figure.short}
HEADER = PLACE + "".join(f"{figure.short:>9}" for figure in SHOWN.values()) + "    share"


def table(records: Sequence[Record]) -> Iterator[str]:
    """Yield a row for the terminal per way, under `HEADER`."""
    for ways in collect(records).values():
        for each in ways.values():
            cells = (cell(each.number(key), figure.digits) for key, figure in SHOWN.items())
            share = (each.number("goodput_mbps") or 0) / (each.number("limit_mbps") or 1)
            yield f"{place(each)}{''.join(cells)}{cell(share, 2)}"
