"""Pages are drawn from records, near, far and without a VPN, or not at all."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pytest

import pictures
from bench.records import Mistake, Record, Run
from bench.report.sections import number
from bench.ways import DIRECT, OURS, label
from pictures import pages
from tests.bench import made_up
from tests.pictures.test_day import write

NAME = "2026-11-20-pages.jsonl"


def kept(tmp_path: Path, wanted: Callable[[Record], bool] = lambda _: True) -> Path:
    """Made-up records, as far as they are wanted."""
    run = made_up.full()
    return write(tmp_path / NAME, Run(run.about, [each for each in run.records if wanted(each)]))


def seconds(way: str, at: str) -> str:
    """The median as a reader sees it."""
    found = [
        each.figures["load_time_s"]
        for each in made_up.full().records
        if (each.way, each.case.line, each.case.load) == (way, "lossy-1", "page")
        and each.case.gateway_at == at
    ]
    assert len(found) == 3
    return number(median(value for value in found if isinstance(value, float)))


def test_it_says_what_a_page_takes_near_and_far(tmp_path: Path) -> None:
    (told,) = re.findall("<title>(.*)</title>", pages.draw(kept(tmp_path)))
    assert told.startswith("Seconds until a web page is there, on the line lossy-1, 2026-11-20. s.")
    near, far = told.partition("gateway nearby: ")[2].split("; gateway far away: ")
    for at, said in (("near", near), ("far", far)):
        for way in (DIRECT, "forward", OURS):
            assert f"{label(way)} {seconds(way, at)}" in said.split(", ")


def test_the_bare_line_holds_near_and_far(tmp_path: Path) -> None:
    def once(each: Record) -> bool:
        return each.way != DIRECT or each.case.gateway_at == "far"

    (told,) = re.findall("<title>(.*)</title>", pages.draw(kept(tmp_path, once)))
    assert told.count(f"{label(DIRECT)} {seconds(DIRECT, 'far')}") == 2


@pytest.mark.parametrize("way", [DIRECT, OURS])
def test_half_a_comparison_is_refused(way: str, tmp_path: Path) -> None:
    """Without its near half or the bare line a picture would say what nobody measured."""
    with pytest.raises(Mistake, match=rf"no page on lossy-1, gateway nearby, by {way}$"):
        pages.draw(kept(tmp_path, lambda each: each.way != way))


def test_the_latest_run_that_has_pages_is_drawn(tmp_path: Path) -> None:
    assert pages.newest(tmp_path) is None
    assert "pages" not in pictures.drawings(tmp_path)
    for name in ("2026-11-20-bench", "2026-11-20-pages", "2026-11-21-bench"):
        (tmp_path / f"{name}.jsonl").touch()
        assert pages.newest(tmp_path) == tmp_path / f"{name}.jsonl"
