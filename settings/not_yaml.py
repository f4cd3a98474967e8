"""What is wrong with a text that is no YAML, in words that quote nothing of it.

PyYAML's own messages quote: an alias, a tag or a line may be a password.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import yaml

from settings.table import table

QUOTES = "put the text in quotes"

SIGNS = {
    "alias": f"an asterisk (*) in front makes YAML look for another text; {QUOTES}",
    "anchor": f"an ampersand (&) in front is a mark to YAML; {QUOTES}",
    "tag": f"an exclamation mark (!) in front is a type to YAML; {QUOTES}",
}
"""What begins a text and means something else to YAML, by YAML's word for it."""

_NOT_YAML = (
    "not valid YAML here or just before; text with special characters belongs in quotes, and each"
    " quote needs its end"
)


class _Fault(NamedTuple):
    """What PyYAML may say, and what it means."""

    context: str
    """Regular expression for what it was about to read."""
    problem: str
    """Regular expression for what it met."""
    begins: bool
    """Whether the fault is where that began; else it is where it was met."""
    words: str


_FAULTS = (
    _Fault("quoted scalar", "end of stream|separator", True, "the quote here has no end"),
    _Fault(
        "double-quoted",
        "escape",
        False,
        "in double quotes a backslash begins a special character; write two, or use single quotes",
    ),
    _Fault("simple key", "", True, "no colon here; YAML wants a colon and a blank behind a name"),
    _Fault("an alias", "", True, SIGNS["alias"]),
    _Fault("an anchor", "", True, SIGNS["anchor"]),
    _Fault(" a tag", "", True, SIGNS["tag"]),
    _Fault("", "tag handle", True, SIGNS["tag"]),
    _Fault("flow sequence", "", True, "the [ here has no ] at its end, or a comma is missing"),
    _Fault("flow mapping", "", True, "the { here has no } at its end, or a comma is missing"),
    _Fault("flow node", "end>", False, "a [ or { above here has no ] or } at its end"),
    _Fault("flow node", "", False, "a comma or bracket too many"),
    _Fault(
        "",
        "node content|start any token|(entries|keys) are not allowed",
        False,
        f"a text can't begin so in YAML; {QUOTES}",
    ),
    _Fault("block scalar", "", True, f"a | or > in front begins several lines; {QUOTES}"),
    _Fault("", "unhashable", False, f"a {{ or [ in front begins a map or list; {QUOTES}"),
    _Fault("", "for the tag", False, f"this sign alone means something else to YAML; {QUOTES}"),
    _Fault("", "number or date", False, f"a text like a number or date, which it is not; {QUOTES}"),
    _Fault("block mapping", "mapping start", False, "indented unlike the names above"),
    _Fault("block mapping", "'-'", False, "a hyphen where a name was expected"),
    _Fault(
        "block mapping",
        "scalar",
        False,
        "text behind the end of a quote or bracket; each quote needs its end, and a text with"
        " quotes in it belongs in the other kind of quotes",
    ),
    _Fault("", "document start", False, "indented unlike the names above, or no part of their map"),
)
"""The first that fits."""

_KINDS = {
    r"[ \t]*<(!doctype|html|head|body|\?xml|plist)": "a web page or XML, and no settings file",
    r"(<{7}|={7}|>{7})( .*)?$": "left by a merge of two versions; keep one of them",
    r"[ \t]*(```|~~~)": "a fence around the settings; keep what stands inside",
    r"\[[\w .-]+\][ \t]*\n\s*[\w.-]+[ \t]*=": "sections in brackets, as INI has; YAML has none",
    r"-----BEGIN ": "a key or certificate, and no settings file",
}
"""What a line begins with where the file is none of ours or has something around it."""


def told(error: yaml.YAMLError, text: str) -> str:
    """Returns the line about what PyYAML found wrong with a text."""
    if isinstance(error, yaml.reader.ReaderError):
        line = text[: error.position].count("\n") + 1
        return f"line {line}: a character that can't be printed"
    met: yaml.Mark | None = getattr(error, "problem_mark", None)
    context, problem = (str(getattr(error, name, None)) for name in ("context", "problem"))
    if met is None:
        return _NOT_YAML
    if text[met.index : met.index + 1] == "\t":
        return f"{place(met)}: a tab; YAML wants spaces"
    if problem in SIGNS.values():
        return f"{place(met)}: {problem}"
    if context.startswith("expected a single document"):
        return f"{place(met)}: a second map of settings (---); one file holds one"
    above = "\n".join(text.splitlines()[: met.line + 1])
    if line_told := kind(text) or line_without_space(above) or _no_colon(problem, met, above):
        return line_told
    for fault in _FAULTS:
        if re.search(fault.context, context) and re.search(fault.problem, problem):
            began: yaml.Mark | None = getattr(error, "context_mark", None)
            return f"{place((fault.begins and began) or met, exact=True)}: {fault.words}"
    return f"{place(met, exact=True)}: {_NOT_YAML}"


def place(mark: yaml.Mark, exact: bool = False) -> str:
    """Returns where a mark is, by line or exactly."""
    return f"line {mark.line + 1}" + (f", column {mark.column + 1}" if exact else "")


def kind(text: str) -> str:
    """Returns what to say of a text of another kind; empty if it is none of those we know."""
    text = text.replace("\r\n", "\n")
    for begin, words in _KINDS.items():
        if found := re.search(f"^(?:{begin})", text, re.MULTILINE | re.IGNORECASE):
            return f"line {text.count(chr(10), 0, found.start()) + 1}: {words}"
    return ""


def line_without_space(text: str) -> str:
    """Returns what to say of a line whose colon is no colon to YAML; empty if there is none."""
    for number, line in enumerate(text.splitlines(), 1):
        found = _STRAY.match(line)
        # A stack's keys have a colon inside.
        if found and (found[1] in table() or ": " not in line[found.end() :]):
            return f"line {number}: YAML wants a plain colon and a plain space behind a key"
    return ""


_STRAY = re.compile(r"\s*[\"']?([\w.@-]+)[\"']?(?:\uff1a|[ \t]*=|:(?=[^ \t\r\n]))")
"""A colon with something else than a space behind it, the wide one of a Japanese keyboard, or an
equals sign."""


def _no_colon(problem: str, met: yaml.Mark, above: str) -> str:
    """Return what to say of a colon that YAML did not expect: the line before has none, or this one
    has two."""
    if "mapping values" not in problem:
        return ""
    lines = {number: line for number, line in enumerate(above.splitlines(), 1) if line.strip()}
    *before, here = lines
    if re.search(r":\s", lines[here][: met.column]):
        return f"{place(met, exact=True)}: a second colon in one line; {QUOTES}"
    if before and not re.search(r":(\s|$)", lines[before[-1]]):
        return f"line {before[-1]}: no colon here; YAML wants a colon and a blank behind a name"
    return f"{place(met)}: indented deeper than the line above, which has its value already"
