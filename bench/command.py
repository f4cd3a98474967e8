"""Measure what a phone gets through the gateway on lines like those at lunch, and what it
would get by other means. Without options it measures every promise (about an hour under
emulation); options choose a part, and each of them repeats."""

from __future__ import annotations

import argparse
import dataclasses
import math
import shlex
import sys
from pathlib import Path

from bench import plan, promises
from bench.lines import SCENARIOS
from bench.records import About
from bench.run import Benchmark
from bench.ways import MODES, Ways
from lab import opening
from lab.lab import PUBLIC_ADDRESS, Lab
from lab.phones.phone import Phone
from lab.progress import Progress, complain, write_result
from lab.world import sites
from lab.world.links import PATHS, Link

DEFAULT_MODES = ("direct", "forward", "split+bbr")
LOADS = ("bulk", "page", "https")
PROCESSORS = 1
"""Of the world: two that are busy can kill it, see `build`, and gain little (ADR 8). The
scenarios keep two: with one, on a slow host, ten downloads could not be started within 60 s."""
LEAST = {"rate": 0.05, "uplink": 0.05, "tcp_rate": 0.05, "queue": 1, "burst": 2}
"""What a link's numbers must be at least: tc refuses no queue and no burst, and a burst
that holds no packet lets nothing through."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Those of `python -m bench run`."""
    part = parser.add_argument_group("a part of it; each option repeats")
    part.add_argument(
        "--scenario",
        action="append",
        choices=SCENARIOS,
        metavar="NAME",
        help=f"one of {', '.join(SCENARIOS)}",
    )
    part.add_argument(
        "--link",
        action="append",
        type=own_link,
        metavar="KEY=NUMBER,…",
        help="a link of your own, such as rate=10,delay=25,queue=50,loss=1,jitter=5"
        f" (keys: {', '.join(field.name for field in dataclasses.fields(Link))};"
        " Mbit/s, ms one way, per cent, burst in KB)",
    )
    part.add_argument("--path", action="append", choices=PATHS, help="default: far")
    part.add_argument(
        "--mode",
        action="append",
        choices=MODES,
        metavar="MODE",
        help=f"one of {', '.join(MODES)}; default: {', '.join(DEFAULT_MODES)}",
    )
    part.add_argument("--flows", action="append", type=positive, metavar="N", help="default: 1")
    part.add_argument("--direction", action="append", choices=("down", "up"), help="default: down")
    part.add_argument("--load", action="append", choices=LOADS, help="default: bulk")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--full", action="store_true", help="everything with everything; many hours")
    size.add_argument(
        "--short",
        action="store_true",
        help="what a broken split can't pass, against generous bars; about 10 minutes",
    )
    parser.add_argument("--repeats", type=positive, default=3, help="default: 3")
    parser.add_argument(
        "--seconds",
        type=positive,
        default=10,
        help="that each flow counts, after a start that does not (default: 10)",
    )
    parser.add_argument("--seed", type=positive, default=1, help="of the losses (default: 1)")
    opening.add_options(parser, "bench")


def positive(text: str) -> int:
    """An argument that counts something."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not positive")
    return number


def own_link(text: str) -> Link:
    """A link from ``key=number,…``; argparse tells the user what is wrong with it."""
    known = {field.name for field in dataclasses.fields(Link)}
    numbers: dict[str, float] = {}
    for part in text.split(","):
        key, _, value = part.partition("=")
        if key in numbers:
            raise argparse.ArgumentTypeError(f"{key} is there twice")
        if key not in known:
            raise argparse.ArgumentTypeError(f"{key!r} is none of {', '.join(sorted(known))}")
        try:
            numbers[key] = float(value)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{key}={value!r} is not a number") from None
        least = LEAST.get(key, 0)
        if not (math.isfinite(numbers[key]) and least <= numbers[key] <= 10_000):
            raise argparse.ArgumentTypeError(f"{key} must be from {least} to 10000, not {value}")
    if missing := {"rate", "delay"} - set(numbers):
        raise argparse.ArgumentTypeError(f"{' and '.join(sorted(missing))} missing")
    if numbers.get("loss", 0) >= 100:
        raise argparse.ArgumentTypeError("loss must be below 100 per cent")
    if {"burst", "tcp_rate"} <= set(numbers):
        raise argparse.ArgumentTypeError("burst and tcp_rate don't go together")
    return Link(**numbers)


def run(options: argparse.Namespace, progress: Progress) -> int:
    """Measure, write results.json, bars.json and report.html; 0 if no bar was missed."""
    if (options.short or options.full) and any(_part(options)):
        complain("--short and --full are whole sets: leave them out to choose a part")
        return 2
    groups = _groups(options)
    progress.phases = 2
    with opening.opened(options, progress, PROCESSORS) as (lab, _):
        with progress.phase("sites: iperf3 and a web server", 10):
            sites.serve(lab.world)
        about = _about(options, lab)
        benchmark = _benchmark(options, lab, about["settings"]["mtu"])
        usually = sum(group.estimate(options.seconds, options.repeats) for group in groups)
        try:
            with progress.phase(f"measure {len(groups)} groups", usually, lambda: benchmark.now):
                benchmark.run(groups, lab.directory / "results.json")
        finally:
            # Also of what an interrupted run has measured so far.
            kept = _report(options, benchmark, about)
    return 0 if kept else 1


def _benchmark(options: argparse.Namespace, lab: Lab, mtu: int) -> Benchmark:
    user = opening.credentials(options.settings)[0]
    return Benchmark(
        lab=lab,
        ways=Ways(lab, Phone(lab.world, PUBLIC_ADDRESS), user),
        mtu=mtu,
        seconds=options.seconds,
        repeats=options.repeats,
        seed=options.seed,
        say=lambda text: print(text, flush=True),
    )


def _part(options: argparse.Namespace) -> tuple[object, ...]:
    return (
        options.scenario,
        options.link,
        options.path,
        options.mode,
        options.flows,
        options.direction,
        options.load,
    )


def _groups(options: argparse.Namespace) -> list[plan.Group]:
    if not any(_part(options)):
        return plan.full() if options.full else plan.short() if options.short else plan.standard()
    return plan.product(
        options.scenario or ([] if options.link else ["lossy-1"]),
        links=options.link or (),
        modes=options.mode or DEFAULT_MODES,
        paths=options.path or ("far",),
        flows=options.flows or (1,),
        directions=options.direction or ("down",),
        loads=options.load or ("bulk",),
    )


def _about(options: argparse.Namespace, lab: Lab) -> About:
    """What a reader must know to place the figures."""
    mtu = lab.gateway.succeed("sed -n 's/^mtu //p' /etc/ppp/options.xl2tpd").strip()
    return {
        "date": lab.world.succeed("date -u +%F").strip(),
        "kernel": lab.gateway.succeed("uname -r").strip(),
        "accelerator": lab.world.arguments[lab.world.arguments.index("-accel") + 1],
        "command": f"python -m bench {shlex.join(sys.argv[1:])}",
        "seconds": options.seconds,
        "settings": {"mtu": int(mtu)},
        "scenarios": {
            name: {"what": scenario.what, **_told(scenario.link)}
            for name, scenario in SCENARIOS.items()
        },
    }


def _told(link: Link) -> dict[str, float]:
    """What there is to say about a link."""
    return {key: value for key, value in dataclasses.asdict(link).items() if value}


def _report(options: argparse.Namespace, benchmark: Benchmark, about: About) -> bool:
    """Write and say what came of it: whether every promise was kept."""
    out: Path = options.out.resolve()
    verdicts = promises.judge(benchmark.rows, options.short)
    write_result(out / "bars.json", verdicts)
    # Only here: it brings matplotlib, and whoever runs the lab need not wait for that.
    from bench.report import write_report

    write_report(out / "report.html", benchmark.rows, verdicts, about)
    for verdict in verdicts:
        print(
            f"{'ok  ' if verdict['ok'] else 'MISS'}  {verdict['name']}: {verdict['value']}"
            f" ({verdict['sense']} {verdict['bar']}; {verdict['detail']})"
        )
    missed = [verdict["name"] for verdict in verdicts if not verdict["ok"]]
    print(f"{len(benchmark.rows)} rows, {len(verdicts)} bars; {out / 'results.json'}")
    if missed:
        complain("MISSED: " + "; ".join(missed))
    return not missed
