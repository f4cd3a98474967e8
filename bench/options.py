"""What `python -m bench run` is asked for: read at the door, frozen for all that follows."""

from __future__ import annotations

import argparse
import dataclasses
import re
from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path

from bench import plan
from bench.lines import LINES
from bench.plan import Comparison
from bench.records import BOTH, LOADS
from bench.ways import WAYS
from lab import opening
from lab.command import Mistake
from lab.opening import LabOptions
from lab.world.line import GATEWAY_AT, Line

REPEATS, SHORTS = 3, 2
"""Of a measurement, and of one of the short set, where any single one decides by far: in the three
of 27 November each promise was kept twice over by every one of them alone."""
NUMBERS = tuple(field.name for field in dataclasses.fields(Line))
PART: dict[str, tuple[str, Collection[str], Sequence[str]]] = {
    # Of `plan.product`: its option, what may be chosen, what is without it.
    "lines": ("line", LINES, ("lossy-1",)),
    "ways": ("way", WAYS, plan.USUAL),
    "gateway_at": ("gateway-at", GATEWAY_AT, ("far",)),
    "directions": ("direction", BOTH, ("down",)),
    "loads": ("load", LOADS, ("bulk",)),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class BenchOptions:
    """What a run is asked for."""

    comparisons: tuple[Comparison, ...]
    seconds: int
    repeats: int
    seed: int
    generous: bool
    """How its promises are judged."""
    out: Path
    """For what is computed, and in `lab` the evidence."""
    records: Path
    adds: bool
    """Whether what is in `records` stays."""
    lab: LabOptions


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add those of `python -m bench run`."""
    part = parser.add_argument_group("a part of it; each option repeats")
    repeated = partial(part.add_argument, action="append")
    for name, choices, default in PART.values():
        told = f"one of {', '.join(choices)} (default: {', '.join(default)})"
        repeated(f"--{name}", choices=choices, metavar="X", help=told)
    repeated("--flows", type=positive, metavar="N", help="(default: 1)")
    told = "a line of your own, such as rate=10,delay=25,queue=50,loss=1,jitter=5"
    told += f" (keys: {', '.join(NUMBERS)}; Mbit/s, ms one way, per cent, burst in KB)"
    repeated("--own-line", type=own_line, metavar="KEY=NUMBER,…", help=told)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--full", action="store_true", help="everything with everything; many hours")
    told = "what a broken split can't pass, judged generously; about 8 minutes"
    size.add_argument("--short", action="store_true", help=told)
    told = "the working day alone, hour by hour; with --direction, that one"
    size.add_argument("--day", action="store_true", help=told)
    for name, number, told in (
        ("repeats", None, f"of each measurement (default: {REPEATS}; of --short {SHORTS})"),
        ("seconds", 10, "that each flow counts, after a start that does not (default: 10)"),
        ("seed", 1, "of the first repeat's losses (default: 1)"),
    ):
        parser.add_argument(f"--{name}", type=positive, default=number, metavar="N", help=told)
    told = "go on with an interrupted run's records, or add to them: nothing is measured twice"
    parser.add_argument("--into", type=Path, metavar="FILE", help=told)
    opening.add_options(parser, "bench")


def positive(text: str) -> int:
    """Return an argument that counts something."""
    if not re.fullmatch("[0-9]{1,9}", text) or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not positive; a whole number is expected")
    return int(text)


def own_line(text: str) -> Line:
    """Return a line from ``key=number,…``; argparse tells the user what is wrong with it."""
    numbers: dict[str, float] = {}
    for key, _, value in (part.partition("=") for part in text.split(",")):
        if key in numbers:
            raise argparse.ArgumentTypeError(f"{key} is there twice")
        if key not in NUMBERS:
            raise argparse.ArgumentTypeError(f"{key!r} is none of {', '.join(sorted(NUMBERS))}")
        try:
            numbers[key] = float(value)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{key}={value!r} is not a number") from None
    if missing := {"rate", "delay"} - set(numbers):
        raise argparse.ArgumentTypeError(f"{' and '.join(sorted(missing))} missing")
    try:
        return Line(**numbers)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def chosen(told: argparse.Namespace) -> BenchOptions:
    """Return what the command line asks for.

    Raises:
        Mistake: a set and a part of it.
    """
    out = told.out.resolve()
    return BenchOptions(
        comparisons=tuple(_comparisons(told)),
        seconds=told.seconds,
        repeats=told.repeats or (SHORTS if told.short else REPEATS),
        seed=told.seed,
        generous=told.short,
        out=out,
        records=told.into.resolve() if told.into else out / "records.jsonl",
        adds=bool(told.into),
        # A folder of its own: it is emptied when the lab opens, and earlier records stay.
        lab=LabOptions(told.settings, out / "lab", told.fresh),
    )


def _comparisons(told: argparse.Namespace) -> list[Comparison]:
    asked = {key: getattr(told, name.replace("-", "_")) for key, (name, *_) in PART.items()}
    asked |= {"flows": told.flows, "own_lines": told.own_line}
    part = {key: value for key, value in asked.items() if value}
    of_a_day = told.day and part.keys() <= {"directions"}
    if part and not of_a_day and (told.short or told.full or told.day):
        raise Mistake("--short, --full and --day are whole sets: leave them out to choose a part")
    if told.day:
        return plan.day(told.direction or BOTH)
    if not part:
        return plan.full() if told.full else plan.short() if told.short else plan.standard()
    usual = {key: default for key, (_, _, default) in PART.items()}
    if told.own_line:
        usual["lines"] = ()
    return plan.product(**{**usual, **part})
