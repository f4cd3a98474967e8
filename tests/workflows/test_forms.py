"""The forms for issues: what GitHub takes for one (its "Syntax for GitHub's form schema")."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

FORMS = Path(__file__).parents[2] / ".github/ISSUE_TEMPLATE"
ATTRIBUTES = {
    # type of a field: what it must have, and what it may have
    "markdown": ({"value"}, set()),
    "input": ({"label"}, {"description", "placeholder", "value"}),
    "textarea": ({"label"}, {"description", "placeholder", "value", "render"}),
    "dropdown": ({"label", "options"}, {"description", "multiple", "default"}),
}


def form(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((FORMS / f"{name}.yml").read_text(encoding="utf-8"))
    return loaded


def faults(field: dict[str, Any]) -> list[str]:
    """What GitHub would refuse in a field of a form."""
    must, may = ATTRIBUTES.get(field["type"], (set(), set()))
    has = set(field["attributes"])
    options = field["attributes"].get("options", ["one"])
    found = {
        "type": field["type"] not in ATTRIBUTES,
        "keys": bool(set(field) - {"type", "id", "attributes", "validations"}),
        "lacks": bool(must - has),
        "unknown": bool(has - must - may),
        "options": not options or len(set(options)) < len(options) or "None" in options,
        "not text": not all(isinstance(option, str) for option in options),
    }
    return [name for name, wrong in found.items() if wrong]


@pytest.mark.parametrize("name", ["bug", "phone"])
def test_github_takes_the_form(name: str) -> None:
    content = form(name)
    assert set(content) == {"name", "description", "title", "labels", "body"}
    assert [faults(field) for field in content["body"]] == [[]] * len(content["body"])
    ids = [field["id"] for field in content["body"] if field["type"] != "markdown"]
    assert len(set(ids)) == len(ids)
    assert "public" in content["body"][0]["attributes"]["value"]


@pytest.mark.parametrize(
    ("field", "fault"),
    [
        ({"type": "text", "attributes": {}}, "type"),
        ({"type": "input", "attributes": {}}, "lacks"),
        ({"type": "input", "attributes": {"label": "A", "options": ["b"]}}, "unknown"),
        ({"type": "input", "attributes": {"label": "A"}, "required": True}, "keys"),
        ({"type": "dropdown", "attributes": {"label": "A", "options": ["b", "b"]}}, "options"),
        ({"type": "dropdown", "attributes": {"label": "A", "options": [True]}}, "not text"),
    ],
)
def test_a_fault_is_found(field: dict[str, Any], fault: str) -> None:
    assert fault in faults(field)


def test_the_first_users_are_asked_for_what_we_lack() -> None:
    ids = {field.get("id") for field in form("phone")["body"]}
    assert ids >= {"device", "system", "operator", "message", "speed", "screenshots"}


def test_forms_are_all_tested() -> None:
    assert {path.name for path in FORMS.iterdir()} == {"bug.yml", "phone.yml"}
