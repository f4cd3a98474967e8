"""SECURITY.md promises nothing without a test of that name in the file that it leads to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^\[(\w+)\]: ((?:tests|lab)/\S+)$", TEXT, re.M))
PROMISES = [
    (name, FILES[label])
    for names, label in re.findall(r"\[([^\]]+)\]\[(\w+)\]", TEXT)
    for name in names.split(", ")
]


def is_there(name: str, text: str) -> bool:
    """A test or packet check is a function; a scenario's check is a text, of which an f-string may
    hold the beginning and a table the rest, after a hyphen."""
    if re.search(rf"^def {re.escape(name)}\(", text, re.M) or f'"{name}"' in text:
        return True
    heads = re.findall(r'f"([\w-]+-)\{', text)
    return any(name.startswith(head) and f'"{name[len(head) :]}"' in text for head in heads)


def test_there_are_promises() -> None:
    assert len(PROMISES) > 40


@pytest.mark.parametrize(("name", "file"), PROMISES)
def test_each_promise_has_its_test(name: str, file: str) -> None:
    assert is_there(name, (ROOT / file).read_text(encoding="utf-8"))


def test_what_is_not_there_is_missed() -> None:
    text = (ROOT / FILES["dial"]).read_text(encoding="utf-8")
    assert is_there("wall-azure-host", text)
    assert not is_there("wall-azure-guest", text)
    assert not is_there("test_nothing", text)
