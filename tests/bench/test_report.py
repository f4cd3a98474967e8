"""The page that shows a run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from bench import report
from bench.figures import FIGURES, collect, summary
from bench.promises import Judged, judge
from bench.records import Case, Record, Run
from bench.report import charts, sections
from bench.ways import DIRECT, OURS, WAYS, colour, label
from tests.bench.made_up import ABOUT, full, record
from tests.bench.page import HOSTILE, Page


def show(*records: Record, **about: Any) -> Page:
    return Page(report.render(Run(about, list(records)), []))


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


SECTIONS = ["day", "goodput", "rtt", "pages", "neighbours", "cpu", "against", "promises", "rows"]
ALWAYS = ["glossary"]


def test_needs_nothing_else(text: str, page: Page) -> None:
    assert not page.tags & {"script", "link", "img", "iframe", "object", "embed", "base"}
    assert not re.search(r"(https?:)?//\w", text), "not even the name of a namespace"
    assert not re.search(r"@import|javascript:", text)
    assert {target[:1] for target in re.findall(r"url\(\"?(.)", text)} <= {"#"}
    assert not [name for name, _ in page.attributes if name.startswith("on") or name == "src"]
    assert len(text.encode()) < 1_000_000


def test_references_lead_somewhere(text: str, page: Page) -> None:
    assert len(page.ids) == len(set(page.ids))
    wanted = {value for name, value in page.attributes if name == "href"}
    wanted |= set(re.findall(r"url\((#[^)]*)\)", text))
    assert wanted
    assert wanted <= {f"#{name}" for name in page.ids}


def test_every_section_in_order(page: Page) -> None:
    assert page.ids == [*SECTIONS, "glossary", "reproduce"]


def test_headline(page: Page) -> None:
    assert (
        "On a 10 Mbit/s line that loses 1\N{NO-BREAK SPACE}% of its packets, one download runs at"
        " 8.5 Mbit/s through this gateway, 1.1 through a plain VPN and 1.5 without a VPN."
    ).replace("\N{NO-BREAK SPACE}", " ") in page.words


def test_every_figure_is_in_the_table(run: Run, page: Page) -> None:
    shown, rows = page.tables[-1][1:], summary(run.records)
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
    """The terminal's and the page's tables, and results.json, follow `FIGURES`."""
    assert [FIGURES[key].label for key in FIGURES] == [
        report.COLUMNS[key] for key in report.COLUMNS if key in FIGURES
    ]


def test_promises_are_kept_or_missed_in_words(run: Run, page: Page) -> None:
    table, found = page.tables[1][1:], judged(run)
    assert {each.kept for each in found} == {True, False}
    assert [row[0] for row in table] == ["✓ kept" if each.kept else "✗ missed" for each in found]
    assert [row[1] for row in table] == [each.name for each in found]
    assert [row[2:] for row in table] == [
        [report.figure(each.value), each.promised, each.detail] for each in found
    ]
    kept = sum(each.kept for each in found)
    assert f"{kept} of {len(found)} promises are kept." in page.words


def test_below_a_chart_stand_the_promises_of_its_line(run: Run, page: Page) -> None:
    """In the words of the promises' own judge, and each in one place."""
    for each in judged(run):
        assert page.words.count(report.said(each)) == 1, each.name
    first = next(each for each in judged(run) if each.case == Case("lossy-1"))
    assert report.said(first).startswith("1 flow, down: this gateway to plain VPN ")
    assert first.detail in report.said(first)


def test_every_way_has_its_label(page: Page) -> None:
    for way in WAYS.values():
        assert way.label in page.words
        assert way.explanation in page.words


def bar(drawing: str, ink: str) -> float:
    """How long the bars of a colour are at most, pixels of the drawing."""
    found = re.findall(rf'd="M0,[\d.]+h([\d.]+)v[^"]*" fill="{re.escape(ink)}"', drawing)
    return max(map(float, found))


def test_bars_are_as_long_as_their_figures() -> None:
    marks = [
        charts.Mark(way=OURS, value=8.0, text="8"),
        charts.Mark(way=DIRECT, value=2.0, text="2", low=1.0, high=3.0, limit=9.0),
    ]
    drawing = charts.bars({"": marks}, "Mbit/s", 10)
    unit = charts.WIDTH / 10
    assert bar(drawing, colour(OURS)) == pytest.approx(8 * unit, abs=0.2)
    assert bar(drawing, colour(DIRECT)) == pytest.approx(2 * unit, abs=0.2)
    whisker = re.search(r'translate\(([\d.]+),[\d.]+\)" x2="([\d.]+)"[^>]*var\(--text\)', drawing)
    assert whisker
    assert [float(each) for each in whisker.groups()] == pytest.approx([unit, 2 * unit])
    # The limit: a stroke, whose middle counts.
    limit = re.search(r'd="M([\d.]+),[^"]*h([\d.]+)v[^"]*" fill="var\(--limit\)"', drawing)
    assert limit
    assert float(limit[1]) + float(limit[2]) / 2 == pytest.approx(9 * unit, abs=0.2)


def test_charts_of_one_line_have_one_scale() -> None:
    far = record(goodput_mbps=8.0, limit_mbps=8.0)
    near = record(gateway_at="near", goodput_mbps=4.0, limit_mbps=8.0)
    drawings = re.findall(r"<svg.*?</svg>", report.render(Run({}, [far, near]), []), re.DOTALL)
    lengths = [bar(drawing, colour(OURS)) for drawing in drawings[:2]]
    assert lengths == pytest.approx([charts.WIDTH, charts.WIDTH / 2], abs=0.2)


def test_a_page_s_least_time_is_marked() -> None:
    page: dict[str, Any] = {"load": "page", "load_time_s": 4.2}
    marked, bare = record(**page, load_time_limit_s=3.4), record(**page)
    assert "3.4" in show(marked).tables[-1][1]
    assert "3.4" not in show(bare).tables[-1][1]
    drawn, not_drawn = (report.render(Run({}, [each]), []) for each in (marked, bare))
    assert drawn.count("var(--limit)") > not_drawn.count("var(--limit)")


def test_drawings_are_read_out(text: str) -> None:
    drawings = re.findall(r'<svg role="img" aria-label="([^"]+)"', text)
    assert len(drawings) == text.count("<svg") == 25
    assert any(
        "1 flow, down: this gateway 8.5, no VPN 1.5, plain VPN 1.1" in each for each in drawings
    )
    assert all(re.search(r"\d", each) for each in drawings)


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


def test_against_an_earlier_run(page: Page, run: Run) -> None:
    table = page.tables[0]
    assert len(table) > 100
    assert table[1][:5] == ["clean", "this gateway", "far", "1 flow, down", "goodput Mbit/s"]
    assert "by 3 pairs" in table[1][-1]
    earlier = Run({**ABOUT, "kernel": "7.3.3"}, full(2).records[:3])
    found = Page(report.render(run, [], ("a.jsonl", earlier)))
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


def test_what_could_not_be_carried_is_a_bar_of_nothing() -> None:
    found = show(record(goodput_mbps=0.0), record(DIRECT, goodput_mbps=1.0))
    assert ("aria-label", "Mbit/s. 1 flow, down: this gateway 0.0, no VPN 1.0") in found.attributes


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
    text = report.render(run, [one], (HOSTILE, Run({"kernel": HOSTILE[:-1]}, records)))
    found = Page(text)
    assert "script" not in found.tags
    assert found.words.count(HOSTILE) > 10
    assert "49" not in found.words
    mark = charts.Mark(way=HOSTILE, value=1.0, text="1")
    drawing = Page(charts.bars({HOSTILE: [mark]}, "", 1))
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
    (card,) = next(each for each in built if each.name == "goodput").cards
    far, near = card.drawings
    assert "1 flow, down: this gateway 8.7, no VPN 1.5" in far.svg
    assert "1 flow, down: this gateway 8.7, no VPN 1.5; 6 flows, down: this gateway 8.7" in near.svg
    assert "no VPN" not in near.svg[: near.svg.index(">")].rpartition("6 flows")[2]


def test_lunch_is_summed_up_from_lunch_alone() -> None:
    curves = {
        way: [(11.75, 90.0), (12.0, one), (12.98, 1.2 * one), (13.0, 9.0), (12.5, None)]
        for way, one in ((DIRECT, 1.0), (OURS, 5.0))
    }
    assert sections.lunch(curves) == (
        "From 12 to 13 o'clock, Mbit/s (medians): 5.5 through this gateway, 1.1 without a VPN."
    )
    assert sections.lunch({OURS: curves[OURS]}) == ""
    assert sections.clock("12:15") == 12.25


def test_numbers_of_a_line() -> None:
    line = {"what": "x", "rate": 5, "delay": 25, "queue": None, "loss": 0.3, "udp": 10}
    assert sections.describe(line).replace("\N{NO-BREAK SPACE}", " ") == (
        "5 Mbit/s · 25 ms one way · loss 0.3 % · udp 10"
    )


# Both colour schemes.


def schemes() -> tuple[dict[str, str], dict[str, str]]:
    css = (report.HERE / "page.css").read_text(encoding="utf-8")
    both = re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", css)
    assert len(both) == css.count("\n  --"), "each colour has a light and a dark one"
    return {name: one for name, one, _ in both}, {name: other for name, _, other in both}


def contrast(one: str, other: str) -> float:
    """As WCAG has it."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(p * weight for p, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))


def test_both_schemes_have_every_colour(text: str) -> None:
    light, _ = schemes()
    assert set(re.findall(r"var\(--([\w-]+)\)", text)) <= light.keys()
    assert {colour(name) for name in (*WAYS, "?")} <= {f"var(--{name})" for name in light}
    assert "color-scheme: light dark" in text


def test_drawings_have_no_colour_of_their_own(text: str) -> None:
    """None but the page's, which know light and dark."""
    drawings = "".join(re.findall(r"<svg.*?</svg>", text, re.DOTALL))
    inks = set(re.findall(r'(?:fill|stroke)="([^"]*)"', drawings))
    assert {ink for ink in inks if not ink.startswith("var(")} <= {"none", "transparent"}


@pytest.mark.parametrize("scheme", schemes(), ids=["light", "dark"])
def test_colours_can_be_seen(scheme: dict[str, str]) -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    for name, ink in scheme.items():
        least = 3 if name.startswith("way-") else 4.5
        if name not in ("page", "card", "rule", "lunch"):
            ratios = {back: contrast(ink, scheme[back]) for back in ("page", "card")}
            assert min(ratios.values()) >= least, (name, ratios)


def test_curves_differ_by_more_than_colour() -> None:
    curves = {way: [(12.0, 1.0), (13.0, 2.0)] for way in list(WAYS)[:3]}
    drawing = charts.day(curves, [], "")
    found = set(
        re.findall(r'stroke="(var\(--way-[\w-]+\))"[^>]*?stroke-dasharray="([\d,]+)"', drawing)
    )
    assert len(found) == 3
    assert len({dashes for _, dashes in found}) == 3


@pytest.mark.parametrize("name", [*WAYS, "a way that nobody has explained so far"])
def test_a_way_s_label_is_whole_and_within_its_drawing(name: str) -> None:
    """What is too long loses its beginning: seen with "this gateway, IKEv2"."""
    drawing = charts.bars({"": [charts.Mark(way=name, value=1.0, text="1")]}, "Mbit/s", 1)
    assert f">{label(name)}<" in drawing
    # What stands left of the bars has the room that Vega measured for it.
    left = re.search(r'<g fill="none"[^>]*translate\(([\d.]+),', drawing)
    assert left
    assert float(left[1]) >= max(charts.LABELS, 4.4 * len(label(name)))


def test_the_page_s_files_are_only_these() -> None:
    assert {path.suffix for path in Path(report.HERE).iterdir() if path.is_file()} == {
        ".py",
        ".css",
        ".tmpl",
    }
