"""Measures groups one after the other and keeps what was seen after each."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.limits import limit, soonest_page
from bench.measure import Sample, median, percentile, take_sample
from bench.plan import Group
from bench.records import Row
from bench.ways import MODES, Mode, Ways
from lab.lab import Lab
from lab.machines.machine import ExpectationFailed
from lab.progress import write_result
from lab.world.links import impose, release, reseed

HEADER = (
    f"{'scenario':18}{'path':6}{'load':6}{'flows':>6} {'dir':5}{'mode':14}"
    f"{'Mbit/s':>8}{'limit':>8}{'share':>7}"
    f"{'RTT ms':>8}{'p95':>7}{'again %':>8}{'s/GB':>7}{'page s':>8}{'least':>7}"
)


@dataclass
class Benchmark:
    """One run of the benchmark."""

    lab: Lab
    ways: Ways
    mtu: int
    """Of the L2TP tunnel, bytes."""
    seconds: int
    """That each bulk flow counts."""
    repeats: int
    seed: int
    """Of the first repeat's losses; the next repeat has the next seed."""
    say: Callable[[str], None]
    rows: list[Row] = field(default_factory=list)
    now: str = ""
    """What is being measured."""

    def run(self, groups: Sequence[Group], results: Path) -> None:
        """Measure all of it; `results` holds what is finished at any time.

        A mode that cannot carry the load at all is a row with a goodput of 0.
        """
        total = sum(group.estimate(self.seconds, self.repeats) for group in groups)
        done, began = 0.0, time.monotonic()
        self.say(HEADER)
        for group in groups:
            self._measure(group)
            write_result(results, self.rows)
            done += group.estimate(self.seconds, self.repeats)
            gone = (time.monotonic() - began) / 60
            self.say(f"{gone:.0f} min gone, about {gone * (total / done - 1):.0f} left")

    def _measure(self, group: Group) -> None:
        samples: dict[str, list[Sample]] = {mode: [] for mode in group.modes}
        rounds = group.rounds(self.repeats)
        # A calm line for whatever must be installed or dialled first.
        release(self.lab.world)
        self.now = f"opening the ways for {group.scenario}"
        for mode in group.modes:
            self.ways.open(MODES[mode].way)
        impose(self.lab.world, group.link, group.path, self.seed)
        for repeat, modes in enumerate(rounds):
            for mode in modes:
                self.now = f"{group.scenario}: {mode}, {repeat + 1} of {len(rounds)}"
                self._take(group, MODES[mode], self.seed + repeat)
                samples[mode].append(self._sample(group, mode))
        for mode, taken in samples.items():
            row = self._row(group, mode, taken)
            self.rows.append(row)
            self.say(line(row))

    def _take(self, group: Group, mode: Mode, seed: int) -> None:
        """Dials, where it must, on a calm line: one that loses every tenth packet may cost a
        call, which is no measurement."""
        dialling = self.ways.must_dial(mode)
        if dialling:
            release(self.lab.world)
        self.ways.take(mode)
        if dialling:
            impose(self.lab.world, group.link, group.path, seed)
        else:
            reseed(self.lab.world, group.link, seed)

    def _sample(self, group: Group, mode: str) -> Sample:
        try:
            return take_sample(
                self.lab,
                self.ways.phone,
                MODES[mode],
                flows=group.flows,
                direction=group.direction,
                load=group.load,
                seconds=self.seconds,
                neighbours=group.neighbours,
            )
        except ExpectationFailed as failure:
            self.say(f"{group.scenario} {mode}: no load got through: {failure}"[:200])
            return Sample(goodput=0.0, rtts=[], cpu_per_gb=0.0)

    def _row(self, group: Group, mode: str, samples: list[Sample]) -> Row:
        goodputs = [sample.goodput for sample in samples]
        times = [sample.load_time for sample in samples if sample.load_time]
        neighbours = [sample.neighbours for sample in samples if sample.neighbours]

        def middle(values: Sequence[float | None]) -> float | None:
            return median([value for value in values if value is not None])

        return Row(
            scenario=group.scenario,
            path=group.path,
            mode=mode,
            flows=group.flows,
            direction=group.direction,
            load=group.load,
            goodput_mbps=median(goodputs),
            limit_mbps=limit(group.link, group.direction, MODES[mode].way, self.mtu),
            rtt_p50_ms=middle([percentile(sample.rtts, 0.5) for sample in samples]),
            rtt_p95_ms=middle([percentile(sample.rtts, 0.95) for sample in samples]),
            retransmit_pct=middle([sample.retransmitted for sample in samples]),
            cpu_s_per_gb=middle([sample.cpu_per_gb for sample in samples if sample.goodput]),
            repeats=len(samples),
            spread=[min(goodputs), max(goodputs)],
            load_time_s=median(times),
            load_time_spread=[min(times), max(times)] if times else None,
            load_time_limit_s=soonest_page(group.link, group.path, MODES[mode], self.mtu)
            if group.load == "page"
            else None,
            neighbours_mbps=[median(list(same)) or 0.0 for same in zip(*neighbours, strict=True)]
            or None,
            hour=group.hour,
        )


def line(row: Row) -> str:
    """One row of the table on the terminal, under `HEADER`."""

    def number(value: float | None, digits: int = 2) -> str:
        return "-" if value is None else f"{value:.{digits}f}"

    share = (row["goodput_mbps"] or 0) / row["limit_mbps"]
    scenario = f"{row['scenario']} {row['hour'] or ''}".strip()
    return (
        f"{scenario:18}{row['path']:6}{row['load']:6}{row['flows']:>6} {row['direction']:5}"
        f"{row['mode']:14}{number(row['goodput_mbps']):>8}{row['limit_mbps']:>8.2f}{share:>7.2f}"
        f"{number(row['rtt_p50_ms'], 0):>8}{number(row['rtt_p95_ms'], 0):>7}"
        f"{number(row['retransmit_pct']):>8}{number(row['cpu_s_per_gb'], 0):>7}"
        f"{number(row['load_time_s']):>8}{number(row['load_time_limit_s']):>7}"
    )
