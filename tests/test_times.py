"""What a target of make takes is the same wherever it stands: in the Makefile's help, beside a
command in a document, in CONTRIBUTING's table and in the Japanese lists."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.markdown import Page
from tests.test_contributing import rows
from tests.test_docs import ROOT, pages
from tests.test_linters import text_of

TIME = re.compile(r"\b(\d+)(?= min|-min| to \d| 分|\.?$)|\b(an hour|hours?|night)\b|(\d+ 時間)")
"""A number of minutes, or a word for many."""
NUMBERS = {"three": "3", "eight": "8", "ten": "10"}
NO_DURATION = {"price"}
"""It asks what an hour costs."""
COMMAND = re.compile(r"^make ([a-z-]+)(?: [^#]*)? # (.+)$")
HELP = re.compile(r"^([a-z-]+):[^#\n]*## ?-? ?(.+)$", re.M)
POINT = re.compile(r"^- `make ([a-z-]+)` ((?:.+\n?(?:  .+\n?)*))", re.M)

Said = tuple[str, str, tuple[str, ...]]
"""A target, where it stands, and its times as written there."""


def times(text: str) -> tuple[str, ...]:
    """Return the times of a text, in its order."""
    for word, number in NUMBERS.items():
        text = text.replace(word, number)
    return tuple(next(filter(None, found)) for found in TIME.findall(text))


def said_by_makefile(text: str) -> Iterator[Said]:
    """Yield what `make help` and `make help-dev` say."""
    for target, told in HELP.findall(text):
        yield target, "Makefile", times(told)


def said_by_page(name: str, page: Page) -> Iterator[Said]:
    """Yield what stands behind the commands of a document, and in its lists of them."""
    for code, line in page.lines:
        if code and (found := COMMAND.match(line)):
            yield found[1], name, times(found[2])
    for target, told in POINT.findall(page.prose):
        yield target, name, times(told.strip())


def said_by_contributing() -> Iterator[Said]:
    """Yield what the table of changes says, where a row is proved by one target."""
    for row in rows("Which change goes where"):
        targets = re.findall(r"`make ([a-z-]+)`", row[2])
        if len(targets) == 1:
            yield targets[0], "CONTRIBUTING.md's table", times(row[3])


def contradictions(said: Iterator[Said]) -> dict[str, dict[tuple[str, ...], str]]:
    """Return the targets of which two times are said, with the last who says each. None is no
    contradiction."""
    told: dict[str, dict[tuple[str, ...], str]] = {}
    for target, where, found in said:
        if found and target not in NO_DURATION:
            told.setdefault(target, {})[found] = where
    return {target: each for target, each in told.items() if len(each) > 1}


def everything() -> Iterator[Said]:
    yield from said_by_makefile(text_of("Makefile"))
    yield from said_by_contributing()
    # What was measured on a day keeps that day's times.
    names = [name for name in pages("*.md") if not name.startswith(("docs/results/", "CHANGELOG"))]
    for name in names:
        yield from said_by_page(name, Page(ROOT / name))


def test_a_targets_time_is_the_same_wherever_it_stands() -> None:
    assert contradictions(everything()) == {}


def test_times_are_found_in_each_place() -> None:
    found = {(target, where) for target, where, told in everything() if told}
    assert found >= {
        ("lab", "Makefile"),
        ("lab", "README.md"),
        ("lab", "README.ja.md"),
        ("test", "Makefile"),
        ("test", "CONTRIBUTING.md"),
        ("try", "docs/try.md"),
        ("bench", "docs/speed.md"),
        ("bench", "CONTRIBUTING.md's table"),
    }


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("boots it: 20 minutes, later 6", ("20", "6")),
        ("boot it; 20 min, later 6", ("20", "6")),
        ("everything; 30 to 60 min", ("30", "60")),
        ("初回は 20 分、二回目からは 6 分です。", ("20", "6")),
        ("初回は 1 時間です。", ("1 時間",)),
        ("every promise, a night", ("night",)),
        ("an hour, later 45 minutes", ("an hour", "45")),
        ("all but the lab: three minutes once installed", ("3",)),
        ("REGION=japaneast: bring it up; CUTS=20 power cuts", ()),
    ],
)
def test_a_time_is_read(text: str, read: tuple[str, ...]) -> None:
    assert times(text) == read


def test_a_contradiction_is_found() -> None:
    said = [*said_by_makefile("lab: setup ## boot it; 20 min, later 6\n"), ("lab", "a.md", ("20",))]
    assert contradictions(iter(said)) == {"lab": {("20", "6"): "Makefile", ("20",): "a.md"}}
