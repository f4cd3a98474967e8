"""Neighbours are drawn from records, a ring for each. These records are made up."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

import pictures
from bench.records import Mistake, Run
from bench.ways import OURS
from pictures import neighbours
from tests.bench import made_up
from tests.pictures.test_day import write

NAME = "2026-11-20-neighbours.jsonl"
QUEUES = {"shared-50": 50, "shared-300": 300}


def run(without: str = "") -> Run:
    """The line that the made-up records have, as if it were both, but for one way on the second."""
    made = made_up.full()
    told = {line: {**made_up.LINES["shared"], "queue": queue} for line, queue in QUEUES.items()}
    found = [
        replace(each, case=each.case._replace(line=line))
        for line in QUEUES
        for each in made.records
        if (each.case.line, each.case.gateway_at) == ("shared", "far")
        and not (line == "shared-300" and each.way == without)
    ]
    return Run({**made.about, "lines": told}, found)


def test_every_neighbour_is_a_ring(tmp_path: Path) -> None:
    drawn = neighbours.draw(write(tmp_path / NAME, run()))
    (told,) = re.findall("<title>(.*)</title>", drawn)
    assert told.startswith("What neighbours keep of one line, 2026-11-20, gateway far away. Mbit/s")
    for queue in QUEUES.values():
        assert re.search(rf"queue of {queue}\sms: this gateway \d", told)
    rings = re.findall(r'<path [^>]*stroke="[^"]+" [^>]*opacity="0.7"/>', drawn)
    assert len(rings) == 8 * len(neighbours.WAYS) * len(QUEUES)


@pytest.mark.parametrize("way", neighbours.WAYS)
def test_half_a_comparison_is_refused(way: str, tmp_path: Path) -> None:
    with pytest.raises(Mistake, match=f"no neighbours on shared-300 beside {way}$"):
        neighbours.draw(write(tmp_path / NAME, run(without=way)))


def test_the_latest_run_beside_neighbours_is_drawn(tmp_path: Path) -> None:
    assert neighbours.newest(tmp_path) is None
    assert "neighbours" not in pictures.drawings(tmp_path)
    for name in ("2026-11-20-bench", "2026-11-20-neighbours", "2026-11-21-bench"):
        (tmp_path / f"{name}.jsonl").touch()
        assert neighbours.newest(tmp_path) == tmp_path / f"{name}.jsonl"
    assert OURS in neighbours.WAYS
