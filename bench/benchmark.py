"""Measures comparisons one after the other, and keeps each measurement at once: the phone on a way,
load on the line, and the figures of what was seen. Which way a phone takes is decided by the
address it asks for and by what the gateway does with it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from bench import terminal
from bench.limits import allowed
from bench.options import BenchOptions
from bench.plan import Comparison
from bench.records import Record, Run, Value
from bench.terminal import say
from bench.ways import WAYS, Way
from lab.machines.expectations import ExpectationFailed
from lab.manners import Manners
from lab.phones import https, iperf, page
from lab.phones.beside import Carried
from lab.phones.neighbours import downloading
from lab.phones.reach import Reach
from lab.phones.transports import Transports
from lab.world.line import impose, release, reseed

OMIT = 3
"""Seconds at the start of a flow that don't count; a page counts from its first."""


@dataclass
class Benchmark:
    """Who goes through the comparisons of one run."""

    transports: Transports
    manners: Manners
    options: BenchOptions
    kept: Run
    """What was there before is not measured again; each measurement is added at once."""
    now: str = ""
    """What is being measured."""

    def measure_missing(self, comparisons: Sequence[Comparison]) -> None:
        """Measure what is not there of these."""
        began = time.monotonic()
        say(terminal.WAYS_HEADER)
        for number, comparison in enumerate(comparisons, 1):
            self._compare(comparison)
            gone = (time.monotonic() - began) / 60
            left = self.estimate(comparisons[number:]) / self.estimate(comparisons[:number])
            say(f"{gone:.0f} min gone, about {gone * left:.0f} left")

    def estimate(self, comparisons: Sequence[Comparison]) -> float:
        """Return how long they will take, s."""
        options = self.options
        return sum(each.estimate(options.seconds, options.repeats) for each in comparisons)

    def missing(self, comparison: Comparison) -> list[tuple[int, int, str]]:
        """Return what is not there of a comparison: repeat, place in its round, way."""
        there = {record.identity for record in self.kept.records}
        return [
            (repeat, place, way)
            for repeat, ways in enumerate(comparison.rounds(self.options.repeats))
            for place, way in enumerate(ways)
            if (comparison.case, way, self.options.seed + repeat) not in there
        ]

    def _compare(self, comparison: Comparison) -> None:
        rounds = len(comparison.rounds(self.options.repeats))
        self.now = f"opening the ways for {comparison.case.line}"
        self.prepare(comparison)
        for repeat, number, way in self.missing(comparison):
            self.now = f"{comparison.case.line}: {way}, {repeat + 1} of {rounds}"
            self.record(comparison, way, repeat, number)
        there = [each for each in self.kept.records if each.case == comparison.case]
        for row in terminal.ways(there):
            say(row)

    def prepare(self, comparison: Comparison) -> None:
        """Open a comparison's ways on a calm line, because whatever must be installed or dialled
        is no measurement. Then impose its line."""
        world = self.transports.phone.world
        release(world)
        for name in comparison.ways:
            if self.transports.open(WAYS[name].transport):
                self.manners.forget()
        impose(world, comparison.line, comparison.case.gateway_at, self.options.seed)

    def record(self, comparison: Comparison, name: str, repeat: int, place: int) -> None:
        """Take the way, measure, and keep what was seen; a load that can't be carried at all has a
        goodput of 0."""
        case, way, seed = comparison.case, WAYS[name], self.options.seed + repeat
        reach = self.turn(comparison, way, seed)
        try:
            figures = measure(reach, way, comparison, self.options.seconds)
        except ExpectationFailed as failure:
            # Its own last words: before them stands a long command, and then what ping said.
            why = str(failure).partition("\nPING\n")[0].strip()[-200:]
            say(f"{case.line} {name}: no load got through: {why}")
            figures = {"goodput_mbps": 0.0}
        figures = {**allowed(way, comparison, self.kept.about["settings"]["mtu"]), **figures}
        asked = {"seed": seed, "repeat": repeat, "place": place}
        self.kept.keep(Record(case=case, way=name, **asked, figures=figures))

    def turn(self, comparison: Comparison, way: Way, seed: int) -> Reach:
        """Take one of its ways, have the gateway split or forward with its congestion control, and
        the line lose by this seed. Return what is reached."""
        reach = self.transports.take(way.transport, comparison.case.direction, way.split)
        if reach.changed:
            self.manners.forget()
        self.manners.take(way.congestion_control, way.towards_phones, way.split, way.quic)
        begin = impose if reach.calm else reseed
        begin(reach.phone.world, comparison.line, comparison.case.gateway_at, seed)
        return reach


def measure(reach: Reach, way: Way, comparison: Comparison, seconds: int) -> dict[str, Value]:
    """Load the line on this way for so many seconds, and return the figures of a record.

    Raises:
        ExpectationFailed: the load could not be carried.
    """
    number = comparison.neighbours
    alone = nullcontext(list[float]())
    others = downloading(reach.phone, number, seconds, OMIT + 1) if number else alone
    with others as neighbours:
        size, seen, goodput, times = _load(reach, way, comparison, seconds)
    page_s = statistics.median(times) if times else None
    return {
        "goodput_mbps": round(size / len(times) * 8e-6 / page_s if page_s else goodput, 3),
        "rtts_ms": seen.rtts,
        "cpu_s_per_gb": round(seen.busy / (size / 1e9), 1) if size else None,
        "load_time_s": round(page_s, 2) if page_s else None,
        "page_times_s": list(times) or None,
        "neighbours_mbps": neighbours or None,
        **seen.counters,
    }


def _load(reach: Reach, way: Way, comparison: Comparison, seconds: int) -> Carried:
    """Do what the phone does on this way, and return what it came to."""
    case, pages = comparison.case, comparison.pages
    if case.load == "https":
        return https.load(reach, OMIT + seconds, way.quic)
    if case.load == "page":
        return page.load(reach, pages)
    if case.load == "today":
        return page.load_today(reach, way.transport, pages)
    return iperf.load(reach, case.flows, case.direction, seconds, OMIT)
