"""Reads a page as far as the tests of the documents need it: GitHub's Markdown as we write it."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)|(?:href|src)=\"([^\"]+)\"", re.M)
_SPAN = re.compile(r"`([^`]+)`")
_COMMENT = re.compile(r"\s+# .*")
_MODULE = re.compile(r"\bpython3? -m ([a-z_.]+)")
_MADE = re.compile(r"(?:^|&& |; |\$\()(?:[A-Z_]+=\S* )*make(?: -\S+)* ([a-z][a-z-]*)")


@dataclass(frozen=True)
class Page:
    """One page, split into what is code and what is not."""

    path: Path

    @cached_property
    def lines(self) -> list[tuple[bool, str]]:
        """Returns each line, and whether it stands in a block of code; fences are neither."""
        found, code = [], False
        for line in self.path.read_text(encoding="utf-8").splitlines():
            if line.startswith("```"):
                code = not code
                found.append((True, ""))
            else:
                found.append((code, line))
        return found

    @cached_property
    def prose(self) -> str:
        """Returns all but blocks of code and what a page hides."""
        text = "\n".join("" if code else line for code, line in self.lines)
        return re.sub(r"<!--.*?-->", "", text, flags=re.S)

    @cached_property
    def commands(self) -> list[str]:
        """Returns the lines in blocks of code, without what explains them."""
        return [_COMMENT.sub("", line) for code, line in self.lines if code and line.strip()]

    @cached_property
    def code(self) -> list[str]:
        """Returns what is quoted as code, in blocks and in the middle of a sentence."""
        return [*self.commands, *_SPAN.findall(self.prose)]

    @cached_property
    def targets(self) -> set[str]:
        """Returns what the page has make do."""
        return {name for text in self.code for name in _MADE.findall(text)}

    @cached_property
    def modules(self) -> set[str]:
        """Returns what the page has Python run."""
        return {name for text in self.code for name in _MODULE.findall(text)}

    @cached_property
    def headings(self) -> list[tuple[int, str]]:
        """Returns each heading's level and text."""
        found = re.findall(r"^(#{1,6}) (.+)$", self.prose, re.M)
        return [(len(marks), text) for marks, text in found]

    @cached_property
    def anchors(self) -> set[str]:
        """Returns what GitHub lets a link lead to."""
        names = [anchor(text) for _, text in self.headings]
        seen: Counter[str] = Counter()
        found = set()
        for name in names:
            found.add(f"{name}-{seen[name]}" if seen[name] else name)
            seen[name] += 1
        return found | set(re.findall(r'<a (?:id|name)="([^"]+)"', self.prose))

    @cached_property
    def links(self) -> list[str]:
        """Returns where the page leads; what is quoted as code leads nowhere."""
        text = _SPAN.sub("code", self.prose)
        return [next(filter(None, groups)) for groups in _LINK.findall(text)]

    @cached_property
    def rows(self) -> list[list[str]]:
        """Returns the cells of each row of each table."""
        lines = [line for line in self.prose.splitlines() if line.startswith("|")]
        return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]

    def sentences(self) -> Iterator[str]:
        """Yields each sentence, those of lists and tables too, as a reader sees it."""
        for block in _blocks(self.prose):
            yield from re.split(r"(?<=[.!?])[)*\"]*\s+", _seen(block))


def anchor(heading: str) -> str:
    """Returns GitHub's name for a heading: lower case, hyphens for spaces, no punctuation."""
    text = re.sub(r"[^\w\- ]", "", _seen(heading).lower())
    return text.strip().replace(" ", "-")


def words(text: str) -> int:
    """Returns how many words a text has; a lone sign is none."""
    return sum(any(map(str.isalnum, word)) for word in text.split())


def width(line: str) -> int:
    """Returns a line's columns; a Japanese character takes two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in line)


def _seen(text: str) -> str:
    """Returns the text without addresses and emphasis."""
    return re.sub(r"[*`]", "", re.sub(r"\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])", r"\1", text))


def _blocks(prose: str) -> Iterator[str]:
    """Yields paragraphs, points of a list and cells of a table, each on one line."""
    for paragraph in re.split(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+\.) )|\n(?=[|#])", prose):
        cells = paragraph.split("|") if paragraph.startswith("|") else [paragraph]
        for cell in cells:
            if text := " ".join(cell.split()):
                yield text
