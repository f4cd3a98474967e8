from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench import report
from bench.figures import collect
from bench.promises import Judged, judge
from bench.records import Run
from tests.bench.html import Html
from tests.bench.made_up import full


def judged(run: Run) -> list[Judged]:
    return judge(collect(run.records))


@pytest.fixture(scope="module")
def run() -> Run:
    return full()


@pytest.fixture(scope="module")
def text(run: Run) -> str:
    return report.render(run, judged(run), replace(full(2), file=Path("x/earlier.jsonl")))


@pytest.fixture(scope="module")
def html(text: str) -> Html:
    return Html(text)
