"""The report's drawings: as long as their figures, read out, and to be seen by day and night."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bench import report
from bench.records import Run
from bench.report import charts
from bench.ways import DIRECT, OURS, WAYS, colour, label
from tests.bench.html import show
from tests.bench.made_up import record


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
    near = record(gateway_at="near", goodput_mbps=4.0, limit_mbps=4.0)
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


def test_a_figure_beside_dots_stands_alone() -> None:
    mark = charts.Mark(way=OURS, text="1.7", diamond=2.5, dots=[1.4, 1.5, 1.6])
    drawn = charts.bars({"neighbours": [mark]}, "Mbit/s", 3)
    texts = re.findall(r"<text[^>]*>([^<]+)</text>", drawn)
    assert texts.count("1.7") == 1
    assert "undefined" not in texts


def test_drawings_are_read_out(text: str) -> None:
    drawings = re.findall(r'<svg role="img" aria-label="([^"]+)"', text)
    assert len(drawings) == text.count("<svg") == 25
    assert any(
        "1 flow, down: this gateway 8.5, no VPN 1.5, ordinary VPN 1.1" in each for each in drawings
    )
    assert all(re.search(r"\d", each) for each in drawings)


def test_what_could_not_be_carried_is_a_bar_of_nothing() -> None:
    found = show(record(goodput_mbps=0.0), record(DIRECT, goodput_mbps=1.0))
    assert ("aria-label", "Mbit/s. 1 flow, down: this gateway 0.0, no VPN 1.0") in found.attributes


def schemes() -> tuple[dict[str, str], dict[str, str]]:
    css = (report.HERE / "report.css").read_text(encoding="utf-8")
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
    """None but the report's, which know light and dark."""
    drawings = "".join(re.findall(r"<svg.*?</svg>", text, re.DOTALL))
    inks = set(re.findall(r'(?:fill|stroke)="([^"]*)"', drawings))
    assert {ink for ink in inks if not ink.startswith("var(")} <= {"none", "transparent"}


@pytest.mark.parametrize("scheme", schemes(), ids=["light", "dark"])
def test_colours_can_be_seen(scheme: dict[str, str]) -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    for name, ink in scheme.items():
        least = 3 if name.startswith("way-") else 4.5
        if name not in ("paper", "card", "rule", "lunch"):
            ratios = {back: contrast(ink, scheme[back]) for back in ("paper", "card")}
            assert min(ratios.values()) >= least, (name, ratios)


def test_curves_differ_by_more_than_colour() -> None:
    curves = {way: {12.0: 1.0, 13.0: 2.0} for way in list(WAYS)[:3]}
    drawing = charts.day(curves, {}, "")
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
