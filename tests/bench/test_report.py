"""The page that shows the benchmark."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.parser import HTMLParser

import pytest
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from bench import report
from bench.records import About, Promise, Row
from bench.report import charts, compare, svg, words
from bench.report.modes import MODES, OURS, mode_of
from bench.report.svg import FONT_SIZE
from tests.bench.rows import ABOUT, BARS, EMPTY, full

VOID = {"meta", "br", "link", "img", "input", "hr", "base", "source", "wbr", "col", "embed"}
HOSTILE = "<script>alert('x')</script>\"&amp;$x_1$ {{ 7 * 7 }}"


class Page(HTMLParser):
    """What a browser would make of it, and whether it had to guess."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []
        self.tables: list[list[list[str]]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._see(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert "svg" in self.open, f"<{tag}/> closes itself only in a drawing"
        self._see(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text.append(data)
        if self.open and self.open[-1] in ("td", "th"):
            self.tables[-1][-1][-1] += data

    def _see(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


def show(rows: Sequence[Row], about: About | None = None) -> Page:
    return Page(report.render(rows, [], about or {}))


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("report") / "report.html"
    report.write_report(path, full(), BARS, ABOUT)
    assert list(path.parent.iterdir()) == [path]
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


SECTIONS = ["day", "goodput", "rtt", "pages", "neighbours", "cpu", "bars", "rows"]
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
    sections = [name for name in page.ids if not re.match("s[0-9a-f]{8}-", name)]
    assert sections == [*SECTIONS, "glossary", "reproduce"]


def test_headline(page: Page) -> None:
    assert (
        "On a 10 Mbit/s line that loses 1 % of its packets, one download runs at 8.7 Mbit/s"
        " through this gateway, 1.1 through a plain VPN and 1.5 without a VPN."
    ) in page.words


def test_every_figure_is_in_the_table(page: Page) -> None:
    shown = page.tables[-1][1:]
    assert len(shown) == len(full())
    for row, cells in zip(full(), shown, strict=True):
        for key, value in row.items():
            found = cells[list(report.COLUMNS).index(key)]
            if key == "mode":
                assert found == MODES[row["mode"]].label
            elif isinstance(value, list):
                assert [float(part) for part in found.split()] == value
            elif isinstance(value, int | float):
                assert float(found) == value
            else:
                assert found == ("–" if value is None else value)


def test_bars_pass_or_fail_in_words(page: Page) -> None:
    table = page.tables[-2][1:]
    assert [row[0] for row in table] == ["✓ met", "✗ missed", "✗ missed"]
    assert [row[2:4] for row in table][1:] == [["0.87", "at least 0.9"], ["–", "at most 20"]]
    assert "1 of 3 demands are met." in page.words


def test_every_bar_has_its_label(page: Page) -> None:
    for mode in MODES.values():
        assert mode.label in page.words
        assert mode.explanation in page.words


def test_bars_are_as_long_as_their_figures() -> None:
    marks = [charts.Mark("split+bbr", 8.0, "8"), charts.Mark("direct", 2.0, "2", (1.0, 3.0), 9.0)]
    drawing = charts.bars([charts.Panel("", marks)], "Mbit/s", 10, "")

    def reach(ink: str) -> float:
        found = re.search(rf'd="([^"]*)" style="[^"]*var\(--{ink}\)', drawing)
        assert found
        return max(map(float, re.findall(r"[ML] ([\d.]+)", found[1]))) - charts.LEFT

    unit = reach("mode-ours") / 8
    assert reach("mode-direct") == pytest.approx(2 * unit, abs=0.2)
    assert reach("limit") == pytest.approx(9 * unit, abs=0.2)


def test_a_page_s_least_time_is_marked() -> None:
    least: Row = {**EMPTY, "load": "page", "load_time_s": 4.2, "load_time_limit_s": 3.4}
    marked, bare = (show([{**least, "load_time_limit_s": value}]) for value in (3.4, None))
    assert "3.4" in marked.tables[-1][1]
    assert "3.4" not in bare.tables[-1][1]
    drawn, not_drawn = (
        report.render([{**least, "load_time_limit_s": value}], [], {}) for value in (3.4, None)
    )
    assert drawn.count("var(--limit)") > not_drawn.count("var(--limit)")


def test_another_way_that_wins_is_named(page: Page) -> None:
    assert "clean, gateway far away, 1 flow, down: no VPN is faster: 23.7" in page.words
    rivals = [row[0] for row in page.tables[0][1:]]
    assert rivals == [mode.label for mode in MODES.values()][1:]


# Little or nothing.


def test_nothing_at_all() -> None:
    found = show([])
    assert found.ids == ALWAYS
    assert not found.tables


def test_rows_without_figures() -> None:
    rows: list[Row] = [
        {**EMPTY, "mode": mode, "load": load} for mode in MODES for load in ("bulk", "page")
    ]
    day: Row = {**EMPTY, "scenario": "day", "hour": "12:15"}
    found = show([*rows, day])
    assert found.ids == ["rows", *ALWAYS]
    assert "Mbit/s through this gateway" not in found.words
    assert found.tables[0][1].count("–") == 11


BULK: Row = {**EMPTY, "goodput_mbps": 8.7, "spread": [8.5, 8.9], "limit_mbps": 8.9}
HEADLINE: list[Row] = [{**BULK, "mode": mode} for mode in ("split+bbr", "forward", "direct")]


@pytest.mark.parametrize(
    ("section", "row"),
    [
        ("day", {**BULK, "scenario": "day", "hour": "12:15"}),
        ("goodput", BULK),
        ("rtt", {**EMPTY, "rtt_p50_ms": 130.0}),
        ("pages", {**EMPTY, "load": "page", "load_time_s": 4.2}),
        ("neighbours", {**EMPTY, "neighbours_mbps": [1.0, 2.0]}),
        ("cpu", {**EMPTY, "cpu_s_per_gb": 40.2}),
    ],
)
def test_a_section_comes_with_its_figures(section: str, row: Row) -> None:
    assert [name for name in show([row]).ids if name in SECTIONS] == [section, "rows"]


@pytest.mark.parametrize("missing", ["split+bbr", "forward", "direct"])
def test_no_headline_without_all_of_its_rows(missing: str) -> None:
    rows = [row for row in HEADLINE if row["mode"] != missing]
    assert words.headline(compare.group(rows), {}) == ""


def test_headline_without_the_line_s_settings() -> None:
    assert words.headline(compare.group(HEADLINE), {}).startswith("On the line “lossy-1”, one")


def test_hostile_names_are_text() -> None:
    row: Row = {**BULK, "scenario": HOSTILE, "mode": HOSTILE, "path": HOSTILE, "direction": HOSTILE}
    about: About = {"command": HOSTILE, "commit": HOSTILE, "settings": {HOSTILE: HOSTILE}}
    about["scenarios"] = {HOSTILE: {"what": HOSTILE, HOSTILE: HOSTILE}}
    bar: Promise = {**BARS[0], "name": HOSTILE, "sense": HOSTILE, "detail": HOSTILE}
    found = Page(report.render([row, {**row, "mode": "split+bbr"}], [bar], about))
    assert "script" not in found.tags
    assert found.words.count(HOSTILE) > 10
    assert "49" not in found.words
    drawing = charts.bars([charts.Panel("", [charts.Mark(HOSTILE, 1.0, "1")])], "", 1, HOSTILE)
    assert HOSTILE in Page(drawing).words, "not even read as a formula"


# Who is ahead.


def _verdict(ours: float, theirs: float, spread: float) -> compare.Verdict:
    rows: list[Row] = [
        {**BULK, "goodput_mbps": value, "spread": [value - spread, value + spread], "mode": name}
        for name, value in (("split+bbr", ours), ("direct", theirs))
    ]
    (verdict,) = compare.verdicts(compare.group(rows), compare.GOODPUT)
    return verdict


@pytest.mark.parametrize(
    ("ours", "theirs", "spread", "outcome"),
    [
        (8.0, 4.0, 0.1, "ahead"),
        (4.0, 8.0, 0.1, "behind"),
        (8.0, 7.9, 0.0, "level"),
        (8.0, 7.0, 0.6, "level"),
        (8.0, 7.0, 0.4, "ahead"),
        (0.0, 0.0, 0.0, "level"),
    ],
)
def test_outcome(ours: float, theirs: float, spread: float, outcome: str) -> None:
    assert _verdict(ours, theirs, spread).outcome == outcome


def test_sentences() -> None:
    assert [_verdict(8, 4, 0).sentence, _verdict(4, 8, 0).sentence, _verdict(8, 8, 0).sentence] == [
        "this gateway is fastest: 8.0 against 4.0 Mbit/s (no VPN, next best)",
        "no VPN is faster: 8.0 Mbit/s against 4.0 through this gateway",
        "this gateway and no VPN are level: 8.0 and 8.0 Mbit/s",
    ]


def test_less_time_wins() -> None:
    rows: list[Row] = [
        {**EMPTY, "mode": mode, "load": "page", "load_time_s": seconds}
        for mode, seconds in (("split+bbr", 3.0), ("direct", 2.0), ("forward", 9.0))
    ]
    (verdict,) = compare.verdicts(compare.group(rows), compare.LOAD_TIME)
    assert (verdict.outcome, verdict.rival, verdict.theirs) == ("behind", "direct", 2.0)
    tally = words.tally(compare.duels(compare.group(rows), compare.LOAD_TIME))
    assert tally == {"no VPN": {"behind": 1}, "plain VPN": {"ahead": 1}}


def test_the_bare_line_is_shared_between_the_paths() -> None:
    direct: Row = {**BULK, "mode": "direct", "goodput_mbps": 1.5}
    near: Row = {**BULK, "path": "near"}
    groups = compare.group([BULK, direct, near, {**near, "flows": 6}])
    assert [(g.path, g.flows, g.value("direct", compare.GOODPUT)) for g in groups] == [
        ("far", 1, 1.5),
        ("near", 1, 1.5),
        ("near", 6, None),
    ]


def test_lunch_is_summed_up_from_lunch_alone() -> None:
    rows: list[Row] = [
        {**BULK, "scenario": "day", "hour": hour, "mode": mode, "goodput_mbps": goodput}
        for mode, one in (("direct", 1.0), ("split+bbr", 5.0))
        for hour, goodput in (("11:45", 90.0), ("12:00", one), ("12:59", 1.2 * one), ("13:00", 9.0))
    ]
    assert words.lunch(rows) == (
        "From 12 to 13 o'clock, Mbit/s (medians): 5.5 through this gateway, 1.1 without a VPN."
    )


def test_settings_of_a_line() -> None:
    line = {"what": "x", "rate": 5, "delay": 25, "queue": None, "loss": 0.3, "udp": 10}
    assert words.describe(line).replace("\N{NO-BREAK SPACE}", " ") == (
        "5 Mbit/s · 25 ms one way · loss 0.3 % · udp 10"
    )


# Both colour schemes.


def schemes() -> tuple[dict[str, str], dict[str, str]]:
    css = (report.HERE / "page.css").read_text(encoding="utf-8")
    light, dark = css.split("@media (prefers-color-scheme: dark)")
    properties = re.compile(r"--([\w-]+): (#[0-9a-f]{6});")
    return dict(properties.findall(light)), dict(properties.findall(dark))


def contrast(one: str, other: str) -> float:
    """As WCAG has it."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(p * weight for p, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))


def test_both_schemes_have_every_colour(text: str) -> None:
    light, dark = schemes()
    assert light.keys() == dark.keys()
    assert {*svg.NAMES, *re.findall(r"var\(--([\w-]+)\)", text)} <= light.keys()
    assert {mode.style for mode in MODES.values()} <= set(svg.NAMES)
    assert "@media (prefers-color-scheme: dark)" in text
    assert "#fe00" not in text, "a stand-in was left"


@pytest.mark.parametrize("scheme", schemes(), ids=["light", "dark"])
def test_colours_can_be_seen(scheme: dict[str, str]) -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    for name, colour in scheme.items():
        least = 3 if name.startswith("mode-") else 4.5
        if name not in ("page", "card", "rule", "lunch"):
            ratios = {back: contrast(colour, scheme[back]) for back in ("page", "card")}
            assert min(ratios.values()) >= least, (name, ratios)


def test_modes_differ_in_lightness_or_line() -> None:
    curves = [(mode.marker, mode.dashes) for mode in list(MODES.values())[:3]]
    assert len(set(curves)) == 3


@pytest.mark.parametrize("name", MODES)
def test_a_modes_label_fits_beside_its_bar(name: str) -> None:
    """What is too long loses its beginning: seen with "this gateway, IKEv2"."""
    font = FontProperties(family="DejaVu Sans", weight="bold" if name == OURS else "normal")
    label = TextPath((0, 0), mode_of(name).label, size=FONT_SIZE, prop=font)
    assert label.get_extents().width <= charts.LEFT - 6
