"""What is asked of the benchmark: which comparisons, how often, and where records go."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from bench import command, options, plan
from bench.lines import LINES
from bench.options import BenchOptions
from bench.plan import Comparison
from bench.records import Case
from lab.command import Mistake
from lab.progress import Progress
from lab.world.line import Line


def parse(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    options.add_options(parser)
    return parser.parse_args(arguments)


def chosen(*arguments: str) -> BenchOptions:
    return options.chosen(parse(*arguments))


def comparisons(*arguments: str) -> list[Comparison]:
    return list(chosen(*arguments).comparisons)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("rate=10,delay=25", Line(rate=10, delay=25)),
        (
            "delay=25,rate=0.5,queue=50,loss=1.5,jitter=5,uplink=2",
            Line(rate=0.5, delay=25, queue=50, loss=1.5, jitter=5, uplink=2),
        ),
        ("rate=5,delay=0,burst=75", Line(rate=5, delay=0, burst=75)),
        ("rate=5,delay=1e1,tcp_rate=2", Line(rate=5, delay=10, tcp_rate=2)),
        ("rate=5,delay=1,loss=99.9", Line(rate=5, delay=1, loss=99.9)),
    ],
)
def test_a_line_of_ones_own(text: str, line: Line) -> None:
    assert options.own_line(text) == line


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "",
            "'' is none of burst, delay, in_a_row, jitter, loss, queue, rate, reorder, tcp_rate, ",
        ),
        ("rate=10,delay=25,", "'' is none of"),
        ("speed=10", "'speed' is none of"),
        ("rate", "rate='' is not a number"),
        ("rate=fast,delay=25", "rate='fast' is not a number"),
        ("delay=25", "rate missing"),
        ("rate=10", "delay missing"),
        ("loss=1", "delay and rate missing"),
        ("rate=10,rate=20,delay=25", "rate is there twice"),
        ("rate=0,delay=25", "rate must be from 0.05 to 10000, not 0"),
        ("rate=10,delay=25,uplink=0", "uplink must be from 0.05"),
        ("rate=10,delay=25,tcp_rate=0", "tcp_rate must be from 0.05"),
        ("rate=10,delay=-1", "delay must be from 0 to 10000, not -1"),
        ("rate=nan,delay=25", "rate must be from"),
        ("rate=inf,delay=25", "rate must be from"),
        ("rate=10,delay=1e9", "delay must be from"),
        ("rate=10,delay=20000", "delay must be from"),
        ("rate=10,delay=25,queue=0", "queue must be from 1"),
        ("rate=10,delay=25,burst=0", "burst must be from 2"),
        ("rate=10,delay=25,loss=100", "loss must be below 100 per cent"),
        ("rate=10,delay=25,uplink_loss=100", "uplink_loss must be below 100 per cent"),
        ("rate=10,delay=25,reorder=100", "reorder must be below 100 per cent"),
        ("rate=10,delay=25,varies=100", "varies must be below 100 per cent"),
        ("rate=10,delay=25,in_a_row=0.5", "in_a_row must be from 1 to 10000, not 0.5"),
        ("rate=10,delay=25,loss=51,in_a_row=2", "loss must be at most 50 per cent where it comes"),
        ("rate=10,delay=25,burst=75,varies=5", "varies goes with neither burst nor tcp_rate"),
        ("rate=10,delay=25,burst=75,tcp_rate=2", "burst and tcp_rate don't go together"),
    ],
)
def test_a_line_that_is_wrong_is_told_in_one_sentence(
    text: str, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse("--own-line", text)
    (last,) = [each for each in capsys.readouterr().err.splitlines() if "error:" in each]
    assert f"argument --own-line: {complaint}" in last


@pytest.mark.parametrize("option", ["--repeats", "--seconds", "--seed", "--flows"])
@pytest.mark.parametrize("value", ["0", "-3", "many", "1.5", "9" * 5000])
def test_what_counts_is_positive(
    option: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse(f"{option}={value}")
    (last,) = [each for each in capsys.readouterr().err.splitlines() if "error:" in each]
    assert last.endswith(
        f"argument {option}: {value!r} is not positive; a whole number is expected"
    )


def test_without_options_every_promise() -> None:
    assert comparisons() == plan.standard()
    assert comparisons("--repeats", "1", "--seconds", "5", "--seed", "7") == plan.standard()
    assert comparisons("--short") == plan.short()
    assert comparisons("--day") == plan.day()
    (down,) = {each.case.direction for each in comparisons("--day", "--direction", "down")}
    assert down == "down"
    assert comparisons("--full") == plan.full()


@pytest.mark.parametrize("size", ["--short", "--full", "--day"])
@pytest.mark.parametrize("part", ["--gateway-at=far", "--load=page", "--own-line=rate=1,delay=1"])
def test_a_set_and_a_part_of_it_exclude_each_other(size: str, part: str) -> None:
    with pytest.raises(Mistake, match=r"leave them out to choose a part$"):
        command.run(parse(size, part), Progress())


def test_each_option_chooses_a_part_and_repeats() -> None:
    (only,) = comparisons("--line", "severe-3")
    assert only == Comparison(
        case=Case("severe-3"),
        line=LINES["severe-3"],
        ways=("direct", "forward", "gateway-l2tp"),
    )

    def cases(*arguments: str) -> list[Case]:
        return [each.case for each in comparisons(*arguments)]

    assert {case.gateway_at for case in cases("--gateway-at", "near")} == {"near"}
    both = cases("--gateway-at", "near", "--gateway-at", "far")
    assert [case.gateway_at for case in both] == ["near", "far"]
    assert [case.flows for case in cases("--flows", "2", "--flows", "9")] == [2, 9]
    assert [each.ways for each in comparisons("--way", "wireguard", "--way", "direct")] == [
        ("wireguard", "direct")
    ]
    assert [case.direction for case in cases("--direction", "up")] == ["up"]
    assert [(case.load, case.flows) for case in cases("--load", "page")] == [("page", 6)]
    assert len(cases("--line=clean", "--line=shaped", "--direction=up", "--flows=1")) == 2


def test_without_a_line_lossy_1_but_not_beside_ones_own() -> None:
    def lines(*arguments: str) -> list[str]:
        return [each.case.line for each in comparisons(*arguments)]

    assert lines("--way", "direct") == ["lossy-1"]
    assert lines("--own-line", "rate=1,delay=1") == ["rate=1,delay=1"]
    assert lines("--own-line", "rate=1,delay=1", "--line", "clean") == ["clean", "rate=1,delay=1"]


def test_the_short_set_alone_is_judged_generously() -> None:
    assert chosen("--short").generous
    assert not chosen().generous
    assert not chosen("--full").generous


def test_the_short_set_repeats_less_unless_it_is_told() -> None:
    assert [chosen(*told).repeats for told in ([], ["--short"], ["--full"])] == [3, 2, 3]
    assert chosen("--short", "--repeats", "4").repeats == 4


def test_records_stand_beside_the_rest_unless_they_have_a_place(tmp_path: Path) -> None:
    fresh = chosen("--out", str(tmp_path))
    assert (fresh.records, fresh.adds) == (tmp_path / "records.jsonl", False)
    added = chosen("--out", str(tmp_path), "--into", str(tmp_path / "mine.jsonl"))
    assert (added.records, added.adds) == (tmp_path / "mine.jsonl", True)
    assert added.lab.out == tmp_path / "lab", "what the lab empties holds no records"


def test_short_and_full_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse("--short", "--full")
    assert "--full: not allowed with argument --short" in capsys.readouterr().err
