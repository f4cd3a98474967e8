"""Measures comparisons one after the other, and keeps each measurement at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from bench.comparing import PLACE, cell, place
from bench.figures import FIGURES, collect
from bench.limits import allowed
from bench.measure import measure
from bench.options import BenchOptions
from bench.plan import Comparison
from bench.records import Record
from bench.switch import Switch
from bench.ways import WAYS
from lab.machines.machine import ExpectationFailed


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
        began = time.monotonic()
        self.say(HEADER)
        for number, comparison in enumerate(comparisons, 1):
            self._compare(comparison)
            gone = (time.monotonic() - began) / 60
            left = self.estimate(comparisons[number:]) / self.estimate(comparisons[:number])
            self.say(f"{gone:.0f} min gone, about {gone * left:.0f} left")

    def estimate(self, comparisons: Sequence[Comparison]) -> float:
        """Return how long they will take, s."""
        options = self.options
        return sum(each.estimate(options.seconds, options.repeats) for each in comparisons)

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
        self.now = f"opening the ways for {comparison.case.line}"
        self.switch.prepare(comparison, self.options.seed)
        for repeat, number, way in self.missing(comparison):
            self.now = f"{comparison.case.line}: {way}, {repeat + 1} of {rounds}"
            record = self._record(comparison, way, repeat, number)
            self.keep(record)
            self.records.append(record)
        for text in table([each for each in self.records if each.case == comparison.case]):
            self.say(text)

    def _record(self, comparison: Comparison, name: str, repeat: int, place: int) -> Record:
        """Take the way, and measure; a load that can't be carried at all has a goodput of 0."""
        case, way, seed = comparison.case, WAYS[name], self.options.seed + repeat
        reach = self.switch.turn(comparison, way, seed)
        try:
            figures = measure(reach, way, comparison, self.options.seconds)
        except ExpectationFailed as failure:
            # Its own last words: before them stands a long command, and then what ping said.
            why = str(failure).partition("\nPING\n")[0].strip()[-200:]
            self.say(f"{case.line} {name}: no load got through: {why}")
            figures = {"goodput_mbps": 0.0}
        figures = {**allowed(way, comparison, self.mtu), **figures}
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
