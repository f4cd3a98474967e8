"""The report's HTML as a browser reads it."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from bench import report
from bench.records import Record, Run

VOID = {"meta", "br", "link", "img", "input", "hr", "base", "source", "wbr", "col", "embed"}
HOSTILE = "<script>alert('x')</script>\"&amp;$x_1$ {{ 7 * 7 }}"


class Html(HTMLParser):
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


def show(*records: Record, **about: Any) -> Html:
    """The report of these records."""
    return Html(report.render(Run(about, list(records)), []))
