"""lab/README.md has a paragraph a floor, with what belongs there and what never does."""

from __future__ import annotations

import re
from pathlib import Path

from lab.machines.machine import Machine

LAB = Path(__file__).parents[2] / "lab"
TEXT = (LAB / "README.md").read_text("utf-8")


def test_each_floor_has_its_paragraph() -> None:
    floors = {path.parent.name for path in LAB.glob("*/__init__.py")}
    floors |= {path.parent.parent.name for path in LAB.glob("*/*/expect.py")}
    paragraphs = dict(re.findall(r"^- `(\w+)/`: (.*?)(?=^\S)", TEXT, re.M | re.S))
    assert set(paragraphs) == floors
    for floor, paragraph in paragraphs.items():
        assert "Never: " in paragraph, floor


def test_what_it_names_is_there() -> None:
    for name in re.findall(r"`(\w+\.py)`", TEXT):
        assert list(LAB.rglob(name)), name
    verbs = re.search(r"the verbs \((.*?)\)", TEXT.replace("(…)", ""), re.S)
    assert verbs
    named = re.findall(r"`(\w+)`", verbs[1])
    assert len(named) > 5
    assert all(hasattr(Machine, name) for name in named)
