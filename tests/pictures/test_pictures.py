"""Each picture is what its sources say today, in light and dark, and some document shows it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest

import pictures
from pictures import __main__ as command
from pictures.svg import SCHEMES, coloured, colours
from tests.test_docs import ALL, ROOT, pages

KEPT = {Path(name).name: ROOT / name for name in pages("docs/pictures/*.svg")}
SHOWN = re.compile(r"<picture>.*?</picture>", re.S)
NUMBER = re.compile(r"\d+(?:[.:]\d+)?")
SVG = "{http://www.w3.org/2000/svg}"


def shown(text: str) -> list[dict[str, str]]:
    """The attributes of each picture in a page: of its source for the dark, and of its image."""
    return [dict(re.findall(r'(\w+)="([^"]*)"', found)) for found in SHOWN.findall(text)]


USES = [(name, each) for name in ALL for each in shown((ROOT / name).read_text(encoding="utf-8"))]


def test_each_is_as_the_command_draws_it_today() -> None:
    drawn = pictures.files()
    assert sorted(drawn) == sorted(KEPT), "make pictures"
    stale = [name for name, path in KEPT.items() if path.read_text(encoding="utf-8") != drawn[name]]
    assert stale == [], "make pictures"


def test_each_is_there_in_light_and_dark() -> None:
    kinds = Counter(name.removesuffix(".svg").rpartition(".")[0] for name in KEPT)
    assert kinds
    assert set(kinds.values()) == {len(SCHEMES)}
    assert {name.split(".")[-2] for name in KEPT} == set(SCHEMES)


@pytest.mark.parametrize("name", sorted(KEPT))
def test_each_is_a_drawing_that_needs_nothing_else(name: str) -> None:
    root = ElementTree.fromstring(KEPT[name].read_text(encoding="utf-8"))  # noqa: S314 - ours
    assert root.tag == f"{SVG}svg"
    assert float(root.attrib["width"]) > 0
    assert float(root.attrib["height"]) > 0
    assert root.attrib.get("aria-label") or root.findtext(f"{SVG}title")
    text = KEPT[name].read_text(encoding="utf-8")
    assert not re.search(r"var\(|<script|<style|href=|url\((?!#)", text)


def test_light_and_dark_differ_in_colours_only() -> None:
    def bare(name: str) -> str:
        return re.sub(r"#[0-9a-f]{6}", "", KEPT[name].read_text(encoding="utf-8"))

    lights = [name for name in KEPT if name.endswith(".light.svg")]
    for name in lights:
        dark = name.replace(".light.", ".dark.")
        assert bare(name) == bare(dark)
        assert KEPT[name].read_bytes() != KEPT[dark].read_bytes()


def test_each_is_shown_by_a_document() -> None:
    used = {Path(each[key]).name for _, each in USES for key in ("src", "srcset")}
    assert used == {Path(name).name for name in pages("docs/pictures")}


@pytest.mark.parametrize(("name", "each"), USES, ids=str)
def test_a_document_shows_a_pair_and_says_what_it_is(name: str, each: dict[str, str]) -> None:
    assert each["media"] == "(prefers-color-scheme:dark)"
    assert each["srcset"] == each["src"].replace(".light.", ".dark.")
    assert all(((ROOT / name).parent / each[key]).is_file() for key in ("src", "srcset"))
    assert len(each["alt"]) > 30
    if each["src"].endswith(".svg"):
        assert (".ja." in name) == (".ja." in each["src"])


@pytest.mark.parametrize(("name", "each"), USES, ids=str)
def test_a_document_claims_no_number_that_its_picture_does_not_show(
    name: str, each: dict[str, str]
) -> None:
    """A photograph shows none that could be read here."""
    path = (ROOT / name).parent / each["src"]
    drawn = path.read_text(encoding="utf-8") if path.suffix == ".svg" else "<svg/>"
    shown = NUMBER.findall(" ".join(ElementTree.fromstring(drawn).itertext()))  # noqa: S314 - ours
    assert [number for number in NUMBER.findall(each["alt"]) if number not in shown] == []


def test_no_picture_stands_outside_of_a_pair() -> None:
    for name in ALL:
        text = (ROOT / name).read_text(encoding="utf-8")
        assert not re.search(
            r"<img|!\[", SHOWN.sub("", re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.S))
        )


def test_a_colour_that_nobody_chose_is_an_error() -> None:
    assert colours("light").keys() == colours("dark").keys()
    with pytest.raises(KeyError, match="mauve"):
        coloured('<path fill="var(--mauve)"/>', "light")


def test_the_command_draws_what_changed_and_removes_what_is_gone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in KEPT.values():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    changed = tmp_path / sorted(KEPT)[0]
    changed.write_text("<svg/>")
    (tmp_path / "gone.dark.svg").write_text("<svg/>")
    assert command.main(tmp_path) == 0
    assert capsys.readouterr().out == f"removed gone.dark.svg\ndrew {changed.name}\n"
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        name: path.read_bytes() for name, path in KEPT.items()
    }
    assert command.main(tmp_path) == 0
    assert capsys.readouterr().out == ""
