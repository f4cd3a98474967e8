"""The day is drawn from records, whole, and from nothing else. These records are made up."""

from __future__ import annotations

import re
from pathlib import Path
from statistics import median
from xml.etree import ElementTree

import pytest

import pictures
from bench import records
from bench.records import Mistake, Run
from bench.report.sections import number
from bench.ways import DIRECT, OURS
from pictures import __main__ as command
from pictures import day
from tests.bench import made_up

FORWARD = "forward"


def write(path: Path, run: Run) -> Path:
    records.append(path, run.about)
    for record in run.records:
        records.append(path, record.told())
    return path


@pytest.fixture(scope="module")
def run() -> Run:
    return made_up.full()


@pytest.fixture
def kept(tmp_path: Path, run: Run) -> Path:
    return write(tmp_path / "2026-11-20-day.jsonl", run)


def test_it_says_the_medians_of_lunch(kept: Path, run: Run) -> None:
    told = re.findall(r"<title>(.*)</title>", day.draw(kept))
    assert "modelled working day on an emulated line, 2026-11-20, gateway far away" in told[0]
    for way, said in ((OURS, "this gateway"), (DIRECT, "VPN"), (FORWARD, "ordinary VPN")):
        figures = [
            each.figures["goodput_mbps"]
            for each in run.records
            if each.way == way
            and each.case.line == "day"
            and each.case.direction == "down"
            and (each.case.hour or "").startswith("12:")
        ]
        assert len(figures) == 4
        value = median(figure for figure in figures if isinstance(figure, float))
        assert re.search(rf"\b{re.escape(number(round(value, 3)))} \w+ \w* ?{said}", told[0])


def test_it_has_three_curves_the_limit_and_lunch(kept: Path) -> None:
    drawn = day.draw(kept)
    for way in (OURS, DIRECT, FORWARD):
        assert drawn.count(f'stroke="var(--way-{way})"') > 1
    assert 'stroke="var(--limit)"' in drawn
    assert 'fill="var(--lunch)"' in drawn
    texts = list(ElementTree.fromstring(drawn).itertext())  # noqa: S314 - ours
    said = {"this gateway", "no VPN", "ordinary VPN", "stroke: the line's limit", "shaded: lunch"}
    assert said <= set(texts)


def test_in_japanese_it_shows_the_same_and_says_nothing_in_english(kept: Path) -> None:
    english, japanese = (day.draw(kept, said) for said in (day.ENGLISH, day.JAPANESE))
    assert re.findall(r'd="[^"]+"', japanese) == re.findall(r'd="[^"]+"', english)
    texts = ElementTree.fromstring(japanese).itertext()  # noqa: S314 - ours
    words = {word for text in texts for word in re.findall("[A-Za-z]+", text)}
    assert words == {"VPN", "Mbit", "s"}
    figures = [
        sorted(re.findall(r"\d+\.\d+", re.findall("<title>(.*)</title>", drawn)[0]))
        for drawn in (english, japanese)
    ]
    assert figures[0] == figures[1]
    assert len(figures[0]) == 3


def test_another_figure_is_another_drawing(tmp_path: Path, run: Run, kept: Path) -> None:
    slow = [each for each in run.records if each.case.hour != "12:00"]
    assert day.draw(write(tmp_path / "b-day.jsonl", Run(run.about, slow))) != day.draw(kept)


@pytest.mark.parametrize(("lost", "what"), [(OURS, OURS), (FORWARD, FORWARD), ("", OURS)])
def test_a_day_that_lacks_a_way_is_refused(
    lost: str, what: str, tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one line, and nothing is drawn."""
    rest = [each for each in run.records if lost and each.way != lost]
    path = write(tmp_path / "x-day.jsonl", Run(run.about, rest))
    with pytest.raises(Mistake, match=f"no download over a day by {what}"):
        day.draw(path)
    assert command.main(tmp_path / "drawn", tmp_path) == 2
    assert capsys.readouterr().err == f"{path}: no download over a day by {what}\n"
    assert not (tmp_path / "drawn").exists()


def test_without_records_of_a_day_there_is_no_picture_of_one(tmp_path: Path, run: Run) -> None:
    assert day.newest(tmp_path) is None
    assert "day" not in pictures.drawings(tmp_path)
    write(tmp_path / "2026-11-20-bench.jsonl", run)
    assert day.newest(tmp_path) is None


def test_the_last_day_is_drawn_light_and_dark(tmp_path: Path, run: Run, kept: Path) -> None:
    (tmp_path / "2026-11-19-day.jsonl").write_text("")
    assert day.newest(tmp_path) == kept
    assert {"day.light.svg", "day.dark.svg"} <= set(pictures.files(tmp_path))
