"""Lines and ways are drawn from records, and from nothing else. These records are made up."""

from __future__ import annotations

import re
from pathlib import Path
from statistics import median
from xml.etree import ElementTree

import pytest

import pictures
from bench.records import Case, Mistake, Run
from bench.report.sections import number
from bench.ways import OURS, label
from pictures import __main__ as command
from pictures import lines
from tests.bench import made_up
from tests.pictures.test_day import write

NAME = "2026-11-20-short.jsonl"
MADE_UP = {
    "clean": "off-peak: 25 Mbit/s",
    "lossy-1": "operator that drops: 10 Mbit/s, 1\N{NO-BREAK SPACE}% lost",
}
"""The lines that a document shows and the made-up records have, and their headings."""


def bulk(run: Run, line: str, way: str) -> str:
    """The figure as a reader sees it."""
    found = [
        each.figures["goodput_mbps"]
        for each in run.records
        if (each.case, each.way) == (Case(line), way)
    ]
    assert len(found) == 3
    return number(round(median(value for value in found if isinstance(value, float)), 3))


def test_it_says_the_median_of_each_way_on_each_line(tmp_path: Path) -> None:
    run = made_up.full()
    drawn = lines.draw(write(tmp_path / NAME, run))
    (told,) = re.findall("<title>(.*)</title>", drawn)
    assert told.startswith("One download, 2026-11-20, gateway far away. Mbit/s. ")
    texts = list(ElementTree.fromstring(drawn).itertext())  # noqa: S314 - ours
    for line, heading in MADE_UP.items():
        assert heading in texts
        said = told.partition(f"{heading}: ")[2].partition(";")[0]
        figures = {way: bulk(run, line, way) for way in lines.WAYS}
        assert set(said.split(", ")) >= {
            f"{label(way)} {figure}" for way, figure in figures.items() if "," not in label(way)
        }
        assert set(figures.values()) <= set(texts)
    assert "shadowsocks" not in drawn
    assert 'fill="var(--limit)"' in drawn


def test_another_figure_is_another_drawing(tmp_path: Path) -> None:
    first, second = (
        lines.draw(write(tmp_path / f"{chance}-short.jsonl", made_up.full(chance)))
        for chance in (1, 2)
    )
    assert first != second


def test_a_run_of_all_promises_goes_before_a_short_one_and_a_later_before_an_earlier(
    tmp_path: Path,
) -> None:
    assert lines.newest(tmp_path) is None
    assert "lines" not in pictures.drawings(tmp_path)
    for name in ("2026-11-20-short", "2026-11-21-short", "2026-11-02-bench", "2026-11-03-bench"):
        (tmp_path / f"{name}.jsonl").touch()
        assert lines.newest(tmp_path) == tmp_path / f"{name}.jsonl"


def test_records_that_lack_our_way_are_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = made_up.full()
    others = [each for each in run.records if each.way != OURS]
    path = write(tmp_path / NAME, Run(run.about, others))
    complaint = f"{path}: no download by {OURS} on clean, lossy-1, severe-10, shaped"
    with pytest.raises(Mistake, match=re.escape(complaint)):
        lines.draw(path)
    assert command.main(tmp_path / "drawn", tmp_path) == 2
    assert capsys.readouterr().err == f"{complaint}\n"
