"""The benchmark's command line, as far as it gets without a machine."""

from __future__ import annotations

import argparse

import pytest

from bench import command, plan
from bench.lines import SCENARIOS
from bench.plan import Group
from bench.ways import MODES
from lab import opening
from lab.host import LabError
from lab.progress import Progress
from lab.world.links import Link
from tests.lab.test_command import python


def parse(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add_options(parser)
    return parser.parse_args(arguments)


def groups(*arguments: str) -> list[Group]:
    return command._groups(parse(*arguments))


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("rate=10,delay=25", Link(rate=10, delay=25)),
        (
            "delay=25,rate=0.5,queue=50,loss=1.5,jitter=5,uplink=2",
            Link(rate=0.5, delay=25, queue=50, loss=1.5, jitter=5, uplink=2),
        ),
        ("rate=5,delay=0,burst=75", Link(rate=5, delay=0, burst=75)),
        ("rate=5,delay=1e1,tcp_rate=2", Link(rate=5, delay=10, tcp_rate=2)),
        ("rate=5,delay=1,loss=99.9", Link(rate=5, delay=1, loss=99.9)),
    ],
)
def test_a_link_of_ones_own(text: str, link: Link) -> None:
    assert command.own_link(text) == link


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "'' is none of burst, delay, jitter, loss, queue, rate, tcp_rate, uplink"),
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
        ("rate=10,delay=25,burst=75,tcp_rate=2", "burst and tcp_rate don't go together"),
    ],
)
def test_a_link_that_is_wrong_is_told_in_one_line(
    text: str, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse("--link", text)
    (last,) = [line for line in capsys.readouterr().err.splitlines() if "error:" in line]
    assert f"argument --link: {complaint}" in last


@pytest.mark.parametrize("option", ["--repeats", "--seconds", "--seed", "--flows"])
@pytest.mark.parametrize("value", ["0", "-3", "many", "1.5"])
def test_what_counts_is_positive(option: str, value: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse(f"{option}={value}")


def test_without_options_every_promise() -> None:
    assert groups() == plan.standard()
    assert groups("--repeats", "1", "--seconds", "5", "--seed", "7") == plan.standard()
    assert groups("--short") == plan.short()
    assert groups("--full") == plan.full()


@pytest.mark.parametrize("size", ["--short", "--full"])
@pytest.mark.parametrize("part", ["--path=far", "--load=page", "--link=rate=1,delay=1"])
def test_a_set_and_a_part_of_it_exclude_each_other(
    size: str, part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.run(parse(size, part), Progress()) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "leave them out to choose a part" in said.err


def test_each_option_chooses_a_part_and_repeats() -> None:
    (only,) = groups("--scenario", "severe-3")
    assert only == Group(
        scenario="severe-3",
        link=SCENARIOS["severe-3"].link,
        modes=("direct", "forward", "split+bbr"),
    )
    assert {group.path for group in groups("--path", "near")} == {"near"}
    assert [group.path for group in groups("--path", "near", "--path", "far")] == ["near", "far"]
    assert [group.flows for group in groups("--flows", "2", "--flows", "9")] == [2, 9]
    assert [group.modes for group in groups("--mode", "wireguard", "--mode", "direct")] == [
        ("wireguard", "direct")
    ]
    assert [group.direction for group in groups("--direction", "up")] == ["up"]
    assert [(group.load, group.flows) for group in groups("--load", "page")] == [("page", 6)]
    assert len(groups("--scenario=clean", "--scenario=shaped", "--direction=up", "--flows=1")) == 2


def test_without_a_scenario_lossy_1_but_not_beside_a_link() -> None:
    assert [group.scenario for group in groups("--mode", "direct")] == ["lossy-1"]
    assert [group.scenario for group in groups("--link", "rate=1,delay=1")] == ["own"]
    both = groups("--link", "rate=1,delay=1", "--scenario", "clean")
    assert [group.scenario for group in both] == ["clean", "own"]


def test_help_names_everything() -> None:
    done = python("bench", "run", "--help")
    assert done.returncode == 0
    # What is long may be broken at a hyphen.
    said = "".join(done.stdout.split())
    for name in (*SCENARIOS, *MODES, *Link.__annotations__):
        assert name in said
    for option in vars(parse()):
        assert f"--{option}" in said


def test_short_and_full_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse("--short", "--full")
    assert "--full: not allowed with argument --short" in capsys.readouterr().err


def test_mistakes_are_told_without_a_traceback() -> None:
    # Without settings nothing boots, should the mistake not be seen.
    done = python("bench", "run", "--link", "rate=0,delay=1", "--settings", "nowhere.yaml")
    assert done.returncode == 2
    assert "argument --link: rate must be from 0.05" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_its_world_has_one_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that are busy can kill it in mid-benchmark: `build`."""

    def opened(_options: object, _progress: Progress, processors: int = 2) -> None:
        raise LabError(f"{processors} processors")

    monkeypatch.setattr(opening, "opened", opened)
    with pytest.raises(LabError, match=r"^1 processors$"):
        command.run(parse("--short"), Progress())
