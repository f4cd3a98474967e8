"""The report, which shows a run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from bench import report
from bench.figures import FIGURES, collect, summary
from bench.promises import Judged
from bench.records import Case, Run
from bench.report import charts, sections
from bench.ways import DIRECT, OURS, WAYS
from tests.bench.conftest import judged
from tests.bench.html import HOSTILE, Html, show
from tests.bench.made_up import ABOUT, full, record

SECTIONS = ["day", "goodput", "rtt", "pages", "neighbours", "cpu", "against", "promises", "rows"]
ALWAYS = ["glossary"]


def test_needs_nothing_else(text: str, html: Html) -> None:
    assert not html.tags & {"script", "link", "img", "iframe", "object", "embed", "base"}
    assert not re.search(r"(https?:)?//\w", text), "not even the name of a namespace"
    assert not re.search(r"@import|javascript:", text)
    assert {target[:1] for target in re.findall(r"url\(\"?(.)", text)} <= {"#"}
    assert not [name for name, _ in html.attributes if name.startswith("on") or name == "src"]
    assert len(text.encode()) < 1_000_000


def test_references_lead_somewhere(text: str, html: Html) -> None:
    assert len(html.ids) == len(set(html.ids))
    wanted = {value for name, value in html.attributes if name == "href"}
    wanted |= set(re.findall(r"url\((#[^)]*)\)", text))
    assert wanted
    assert wanted <= {f"#{name}" for name in html.ids}


def test_every_section_in_order(html: Html) -> None:
    assert html.ids == [*SECTIONS, "glossary", "reproduce"]


def test_headline(html: Html) -> None:
    assert (
        "On a 10 Mbit/s line that loses 1\N{NO-BREAK SPACE}% of its packets, one download runs at"
        " 8.5 Mbit/s through this gateway, 1.1 through an ordinary VPN and 1.5 without a VPN."
    ).replace("\N{NO-BREAK SPACE}", " ") in html.words


def test_every_figure_is_in_the_table(run: Run, html: Html) -> None:
    shown, rows = html.tables[-1][1:], summary(collect(run.records))
    assert len(shown) == len(rows) > 300
    assert set(rows[0]) == set(report.COLUMNS) - {"ratio"}
    for row, cells in zip(rows, shown, strict=True):
        for key, value in row.items():
            found = cells[list(report.COLUMNS).index(key)]
            if key == "way":
                assert found == WAYS[row["way"]].label
            elif isinstance(value, list):
                assert [float(part) for part in found.split()] == value
            elif isinstance(value, int | float):
                assert float(found) == pytest.approx(value, rel=1e-6)
            else:
                assert found == ("–" if value is None else value)


def test_a_new_figure_is_shown_by_its_line_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The terminal's and the report's tables, and results.json, follow `FIGURES`."""
    assert [FIGURES[key].label for key in FIGURES] == [
        report.COLUMNS[key] for key in report.COLUMNS if key in FIGURES
    ]


def test_promises_are_kept_or_missed_in_words(run: Run, html: Html) -> None:
    table, found = html.tables[1][1:], judged(run)
    assert {each.kept for each in found} == {True, False}
    assert [row[0] for row in table] == ["✓ kept" if each.kept else "✗ missed" for each in found]
    assert [row[1] for row in table] == [each.name for each in found]
    assert [row[2:] for row in table] == [
        [report.figure(each.value), each.promised, each.detail] for each in found
    ]
    kept = sum(each.kept for each in found)
    assert f"{kept} of {len(found)} promises are kept." in html.words


def test_title_and_introduction_are_in_japanese_too(text: str) -> None:
    japanese = re.findall(r'lang="ja">([^<]+)<', text)
    assert japanese[0] == "ゲートウェイの速さ"
    assert text.partition("<title>")[2].partition("</title>")[0].endswith(japanese[0])
    assert all(word in japanese[1] for word in ("再現した回線", "kept", "missed"))


def test_below_a_chart_stand_the_promises_of_its_line(run: Run, html: Html) -> None:
    """In the words of the promises' own judge, and each in one place."""
    for each in judged(run):
        assert html.words.count(report.said(each)) == 1, each.name
    first = next(each for each in judged(run) if each.case == Case("lossy-1"))
    assert report.said(first).startswith("1 flow, down: this gateway to ordinary VPN ")
    assert first.detail in report.said(first)


def test_every_way_has_its_label(html: Html) -> None:
    for way in WAYS.values():
        assert way.label in html.words
        assert way.explanation in html.words


def test_the_ratio_to_this_gateway_is_by_pairs() -> None:
    """So another way that wins can be seen, and how surely."""
    records = [
        record(way, seed=seed, goodput_mbps=goodput)
        for way, goodputs in ((OURS, (8.0, 4.0)), (DIRECT, (10.0, 6.0)))
        for seed, goodput in enumerate(goodputs)
    ]
    column = list(report.COLUMNS).index("ratio")
    ours, theirs = (row[column] for row in show(*records).tables[-1][1:])
    assert (ours, theirs) == ("–", "1.375 by 2 pairs, 1.25 to 1.5")
    pages = [record(way, load="page", load_time_s=2.0) for way in (OURS, DIRECT)]
    assert show(*pages).tables[-1][2][column] == "1 by 1 pair, 1 to 1"


def test_against_an_earlier_run(html: Html, run: Run) -> None:
    table = html.tables[0]
    assert len(table) > 100
    assert table[1][:5] == ["clean", "this gateway", "far", "1 flow, down", "goodput Mbit/s"]
    assert "by 3 pairs" in table[1][-1]
    earlier = Run({**ABOUT, "kernel": "7.3.3"}, full(2).records[:3], Path("x/a.jsonl"))
    found = Html(report.render(run, [], earlier))
    assert "Against a.jsonl" in found.words
    assert "kernel: 7.3.3, then 7.3.4+deb13-amd64" in found.words


# Little or nothing.


def test_nothing_at_all() -> None:
    found = show()
    assert found.ids == ALWAYS
    assert not found.tables


def test_records_without_figures() -> None:
    empty: dict[str, Any] = {"goodput_mbps": None, "limit_mbps": None}
    records = [record(way, load=load, **empty) for way in WAYS for load in ("bulk", "page")]
    found = show(*records, record(line="day", hour="12:15", **empty))
    assert found.ids == ["rows", *ALWAYS]
    assert "Mbit/s through this gateway" not in found.words
    columns = len(report.COLUMNS) - len(
        ("line", "at", "way", "direction", "load", "flows", "times")
    )
    assert found.tables[0][1].count("–") == columns


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ("day", {"line": "day", "hour": "12:15", "goodput_mbps": 8.7}),
        ("goodput", {"goodput_mbps": 8.7}),
        ("rtt", {"rtts_ms": [130.0]}),
        ("pages", {"load": "page", "load_time_s": 4.2}),
        ("neighbours", {"neighbours_mbps": [1.0, 2.0]}),
        ("cpu", {"cpu_s_per_gb": 40.2}),
    ],
)
def test_a_section_comes_with_its_figures(section: str, told: dict[str, Any]) -> None:
    found = show(record(**{"goodput_mbps": None, **told}))
    assert [name for name in found.ids if name in SECTIONS] == [section, "rows"]


def headline(*ways: str, **about: Any) -> str:
    return sections.headline(collect([record(way, goodput_mbps=8.7) for way in ways]), about)


@pytest.mark.parametrize("missing", [OURS, "forward", DIRECT])
def test_no_headline_without_all_of_its_ways(missing: str) -> None:
    three = (OURS, "forward", DIRECT)
    assert headline(*three)
    assert headline(*(way for way in three if way != missing)) == ""


def test_headline_without_the_line_s_numbers() -> None:
    assert headline(OURS, "forward", DIRECT).startswith("On the line “lossy-1”, one")


def test_hostile_names_are_text() -> None:
    case: dict[str, Any] = {"gateway_at": HOSTILE, "direction": HOSTILE}
    records = [record(way, HOSTILE, goodput_mbps=1.0, **case) for way in (HOSTILE, OURS)]
    about: dict[str, Any] = dict.fromkeys(("command", "commit", "kernel"), HOSTILE)
    about |= {"settings": {HOSTILE: HOSTILE}, "lines": {HOSTILE: {"what": HOSTILE, "x": HOSTILE}}}
    one = Judged(
        HOSTILE, records[0].case, "goodput_mbps", HOSTILE, HOSTILE, 1, HOSTILE, True, HOSTILE
    )
    run = Run(about, records)
    # What follows the last slash is the file's name.
    earlier = Run({"kernel": HOSTILE[:-1]}, records, Path(HOSTILE.replace("</", "<")))
    text = report.render(run, [one], earlier)
    found = Html(text)
    assert "script" not in found.tags
    assert found.words.count(HOSTILE) > 10
    assert "49" not in found.words
    mark = charts.Mark(way=HOSTILE, value=1.0, text="1")
    drawing = Html(charts.bars({HOSTILE: [mark]}, "", 1))
    assert drawing.words.count(HOSTILE) == 2, "the heading and the way"
    assert any(HOSTILE in value for name, value in drawing.attributes if name == "aria-label")


# Sentences and places.


def test_the_bare_line_is_shared_between_the_places_of_the_gateway() -> None:
    records = [
        record(goodput_mbps=8.7),
        record(DIRECT, goodput_mbps=1.5),
        record(gateway_at="near", goodput_mbps=8.7),
        record(gateway_at="near", flows=6, goodput_mbps=8.7),
    ]
    built = sections.build(collect(records), [], {})
    (card,) = built["goodput"]
    far, near = card.drawings
    assert "1 flow, down: this gateway 8.7, no VPN 1.5" in far.svg
    assert "1 flow, down: this gateway 8.7, no VPN 1.5; 6 flows, down: this gateway 8.7" in near.svg
    assert "no VPN" not in near.svg[: near.svg.index(">")].rpartition("6 flows")[2]


def test_lunch_is_summed_up_from_lunch_alone() -> None:
    curves = {
        way: {11.75: 90.0, 12.0: one, 12.98: 1.2 * one, 13.0: 9.0}
        for way, one in ((DIRECT, 1.0), (OURS, 5.0))
    }
    assert sections.lunch(curves) == (
        "From 12 to 13 o'clock, Mbit/s (medians): 5.5 through this gateway, 1.1 without a VPN."
    )
    assert sections.lunch({OURS: curves[OURS]}) == ""
    assert sections.clock("12:15") == 12.25


def test_numbers_of_a_line() -> None:
    line = {"what": "x", "rate": 5, "delay": 25, "queue": None, "loss": 0.3, "udp": 10}
    assert (
        sections.describe({"what": 5, "rate": "fast"})
        == "5 · rate\N{NO-BREAK SPACE}fast\N{NO-BREAK SPACE}Mbit/s"
    )
    assert sections.describe(line).replace("\N{NO-BREAK SPACE}", " ") == (
        "x · rate 5 Mbit/s · delay 25 ms one way · loss 0.3 % · udp 10"
    )


def test_the_report_s_files_are_only_these() -> None:
    assert {path.suffix for path in Path(report.HERE).iterdir() if path.is_file()} == {
        ".py",
        ".css",
        ".tmpl",
    }
