"""The short benchmark, just as ``make bench-short`` runs it: a broken split can't pass."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bench import records
from bench.options import SHORTS
from tests.lab.live import ROOT, live

pytestmark = pytest.mark.lab
OUT = ROOT / "build" / "bench"


@pytest.fixture(scope="module")
def ended(pytestconfig: pytest.Config) -> tuple[int, str]:
    return live(pytestconfig, "bench", "run", "--short")


def read(name: str) -> Any:
    path = OUT / name
    assert path.exists(), f"no {name}; see test_no_promise_is_missed"
    return json.loads(path.read_text())


def test_no_promise_is_missed(ended: tuple[int, str]) -> None:
    status, words = ended
    assert status == 0, f"the benchmark ended with status {status}:\n{words}"


@pytest.mark.usefixtures("ended")
def test_the_promises_that_matter_were_judged() -> None:
    judged = " ".join(promise["name"] for promise in read("promises.json"))
    for figure in ("goodput_mbps of gateway-l2tp to forward", "to limit", "load_time_s", "cubic"):
        assert figure in judged


@pytest.mark.usefixtures("ended")
def test_every_row_was_measured() -> None:
    rows = read("results.json")
    assert len(rows) == 10
    for row in rows:
        assert row["goodput_mbps"] > 0, row
        assert row["goodput_mbps"] <= 1.05 * row["limit_mbps"], "faster than the line"
        assert row["rtt_p50_ms"], row
        assert (row["load_time_s"] or 0) >= (row["load_time_limit_s"] or 0), "sooner than possible"


@pytest.mark.usefixtures("ended")
def test_every_measurement_was_kept() -> None:
    run = records.read(OUT / "records.jsonl")
    assert len(run.records) == SHORTS * 10
    assert run.about["generous"]
    for record in run.records:
        assert record.figures["goodput_mbps"], record
        assert record.figures["rtts_ms"], record
        if record.case.load == "bulk":
            assert record.figures["delivery_rate_mbps"], record
            assert record.figures["minrtt_ms"], record


@pytest.mark.usefixtures("ended")
def test_the_report_is_there() -> None:
    assert "this gateway" in (OUT / "report.html").read_text()
