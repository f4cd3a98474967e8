from __future__ import annotations

import pytest

from bench import report
from bench.figures import collect
from bench.promises import Judged, judge
from bench.records import Run
from tests.bench.made_up import full
from tests.bench.page import Page


def judged(run: Run) -> list[Judged]:
    return judge(collect(run.records))


@pytest.fixture(scope="module")
def run() -> Run:
    return full()


@pytest.fixture(scope="module")
def text(run: Run, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("report") / "report.html"
    report.write_report(path, run, judged(run), ("earlier.jsonl", full(2)))
    assert list(path.parent.iterdir()) == [path]
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)
