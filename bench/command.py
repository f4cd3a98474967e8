"""Measure what a phone gets through the gateway on lines like those at lunch, and what it
would get by other means. Without options it measures every promise (hours under
emulation); options choose a part, and each of them repeats."""

from __future__ import annotations

import argparse
import shlex
import shutil
import sys
from dataclasses import asdict
from pathlib import Path

from bench import records, terminal
from bench.benchmark import Benchmark
from bench.figures import changes, collect, summary
from bench.lines import LINES
from bench.options import BenchOptions, chosen
from bench.promises import judge
from bench.records import About, Run
from lab import opening
from lab.command import Mistake
from lab.described import described, mtu
from lab.lab import PUBLIC_ADDRESS, Lab
from lab.manners import Manners
from lab.phones.phone import Phone
from lab.phones.transports import Transports
from lab.progress import Progress, complain, outcome, write_result, write_whole
from lab.world import sites, today

PROCESSORS = 1
"""Of the world: two that are busy can kill it, see `build`, and gain little (ADR 8). The
scenarios keep two: with one, on a slow host, ten downloads could not be started within 60 s."""
SAME = ("kernel", "accelerator", "host", "seconds", "generous", "settings", "lines")
"""What must not change within one file of records."""


def run(arguments: argparse.Namespace, progress: Progress) -> int:
    """Measure, keep each measurement at once, and conclude; 0 if no promise was missed."""
    options = chosen(arguments)
    there = options.adds and options.records.exists()
    before = records.read(options.records) if there else None
    if not options.adds:
        shutil.rmtree(options.out, ignore_errors=True)
    progress.phases = 2
    with opening.opened(options.lab, progress, PROCESSORS) as (lab, _):
        with progress.phase("sites: iperf3 and a web server", 10):
            sites.serve(lab.world)
            today.serve(lab.world)
        about = _about_run(options, lab)
        kept = before or Run(about, [], options.records)
        if changed := [key for key in SAME if kept.about.get(key) != about[key]]:
            told = f"is of another run ({', '.join(changed)} differ): measure into another"
            raise Mistake(f"{options.records} {told}")
        if not before:
            options.records.parent.mkdir(parents=True, exist_ok=True)
            records.append(options.records, about)
        return 1 if _measure(options, lab, kept, progress) else 0


def _measure(options: BenchOptions, lab: Lab, kept: Run, progress: Progress) -> list[str]:
    user = opening.credentials(options.lab.settings)[0]
    transports = Transports(lab.gateway, Phone(lab.world, PUBLIC_ADDRESS), user)
    benchmark = Benchmark(transports, Manners(lab.gateway), options, kept)
    missing = [each for each in options.comparisons if benchmark.missing(each)]
    name = f"measure {len(missing)} of {len(options.comparisons)} comparisons"
    try:
        with progress.phase(name, benchmark.estimate(missing), lambda: benchmark.now):
            benchmark.measure_missing(missing)
    finally:
        # Also of what an interrupted run has measured so far.
        missed = conclude(kept, options.out)
    return missed


def conclude(run: Run, out: Path, against: Run | None = None) -> list[str]:
    """Write and say what a run comes to, and return the promises that were missed."""
    # Only here: it brings a library of charts, and whoever measures need not wait for that.
    from bench.report import render

    measured = collect(run.records)
    judged, rows = judge(measured, run.about.get("generous", False)), summary(measured)
    write_result(out / "results.json", rows)
    write_result(out / "promises.json", [asdict(each) for each in judged])
    write_whole(out / "report.html", render(run, judged, against))
    for each in judged:
        word = outcome(each.kept, "MISS")
        print(f"{word}  {each.name}: {each.value} ({each.promised}; {each.detail})")
    missed = [each.name for each in judged if not each.kept]
    print(f"{len(run.records)} records, {len(rows)} rows, {len(judged)} promises; {out}")
    if missed:
        complain("MISSED: " + "; ".join(missed))
    return missed


def report(arguments: argparse.Namespace, _: Progress) -> int:
    """Write what a file of records comes to."""
    run = records.read(arguments.file)
    against = records.read(arguments.against) if arguments.against else None
    arguments.out.mkdir(parents=True, exist_ok=True)
    conclude(run, arguments.out.resolve(), against)
    return 0


def compare(arguments: argparse.Namespace, _: Progress) -> int:
    """Say how the second of two runs compares with the first."""
    before, after = records.read(arguments.before), records.read(arguments.after)
    found = list(changes(before, after, arguments.figure or ()))
    if not found:
        raise Mistake(f"{before.file} and {after.file} have no such figure in common")
    differ = records.differences(before.about, after.about)
    print("\n".join([*differ, terminal.CHANGES_HEADER, *map(terminal.change, found)]))
    return 0


def _about_run(options: BenchOptions, lab: Lab) -> About:
    """Return what stands before its records, and tells readers where they come from."""
    return {
        "version": records.VERSION,
        **described(lab),
        "command": f"python -m bench {shlex.join(sys.argv[1:])}",
        "seconds": options.seconds,
        "generous": options.generous,
        "settings": {"mtu": mtu(lab.gateway)},
        "lines": {name: line.told() for name, line in LINES.items()},
    }
