"""Pulumi.yaml is the table of settings: a user and the program read the same one."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from settings import azure_values, guest, machine
from settings.guest import GUEST_KEYS, Settings, parse
from settings.machine import MACHINE_KEYS
from settings.table import table

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
DECLARED: dict[str, dict[str, Any]] = PROJECT["config"]
SECRETS = {"psk": "0123456789abcdef", "users": {"alice": "1234567890123456"}}
PYTHON_TYPES = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}
GROUPS = ["Who may connect", "Phones", "Speed", "Network", "Azure"]


def test_it_declares_every_key_that_is_read_and_no_other() -> None:
    assert set(DECLARED) == GUEST_KEYS | MACHINE_KEYS
    assert not GUEST_KEYS & MACHINE_KEYS


def test_exactly_the_secrets_are_secret_and_required() -> None:
    secret = {key for key, entry in DECLARED.items() if entry.get("secret")}
    required = {key for key, entry in DECLARED.items() if "default" not in entry}
    assert secret == required == set(SECRETS)


@pytest.mark.parametrize("key", DECLARED)
def test_every_key_is_described_and_typed(key: str) -> None:
    """Pulumi refuses a project whose default is not of the declared type."""
    entry = DECLARED[key]
    assert len(entry["description"]) > 20
    assert set(entry) <= {"type", "description", "default", "secret", "items"}
    if "default" in entry:
        assert type(entry["default"]) is PYTHON_TYPES[entry["type"]]
    assert ("items" in entry) == (entry["type"] == "array")


@pytest.mark.parametrize("key", DECLARED)
def test_the_table_says_what_stands_there(key: str) -> None:
    entry, setting = DECLARED[key], table()[key]
    assert (setting.key, setting.type, setting.text) == (key, entry["type"], entry["description"])
    assert setting.default == entry.get("default")
    assert setting.secret == ("secret" in entry)


def test_the_table_is_in_groups_that_stand_together() -> None:
    """A key without a heading above it is in none."""
    groups = [setting.group for setting in table().values()]
    assert list(dict.fromkeys(groups)) == GROUPS
    assert groups == sorted(groups, key=GROUPS.index)


def test_nothing_but_the_table_has_a_default() -> None:
    """What the program would use and what Pulumi shows could differ."""
    assert [field.name for field in dataclasses.fields(Settings) if has_default(field)] == []
    assert has_default(dataclasses.fields(WithDefault)[0])


@dataclasses.dataclass
class WithDefault:
    mtu: int = 1280


def has_default(field: dataclasses.Field[Any]) -> bool:
    missing = dataclasses.MISSING
    return field.default is not missing or field.default_factory is not missing


def test_its_defaults_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another table, another default, wherever it is read."""
    changed = (ROOT / "Pulumi.yaml").read_text()
    for old, new in {
        "default: 1280": "default: 1281",
        "Standard_B1s": "Standard_B2s",
        "default: 15\n": "default: 16\n",
    }.items():
        assert changed.count(old) == 1
        changed = changed.replace(old, new)
    (tmp_path / "Pulumi.yaml").write_text(changed)
    other = table(tmp_path / "Pulumi.yaml")
    for module in (guest, machine):
        monkeypatch.setattr(module, "table", lambda: other)
    assert parse(SECRETS).mtu == 1281
    assert machine.read("vmSize", None) == machine.read("vmSize", "") == "Standard_B2s"
    assert machine.read("readyTimeout", None) == 16


def test_every_default_is_a_value_that_is_accepted() -> None:
    parse(SECRETS | {key: table()[key].default for key in GUEST_KEYS - set(SECRETS)})
    assert machine.faults({key: table()[key].default for key in MACHINE_KEYS}) == []


def test_every_field_of_settings_has_a_key() -> None:
    """A setting that no key can reach would be a default in disguise."""
    snake = {"".join(f"_{c.lower()}" if c.isupper() else c for c in key) for key in GUEST_KEYS}
    assert snake == {field.name for field in dataclasses.fields(Settings)}


def in_plain_text(value: Any) -> bool:
    """Pulumi writes what it encrypted as ``secure: …``, at any depth of a map."""
    if isinstance(value, dict) and set(value) == {"secure"}:
        return not re.fullmatch(r"(v1:)?[A-Za-z0-9+/=:]+", str(value["secure"]))
    return not isinstance(value, dict) or any(map(in_plain_text, value.values()))


@pytest.mark.parametrize("file", sorted(ROOT.glob("Pulumi.*.yaml")), ids=lambda file: file.name)
def test_no_stack_holds_a_secret_in_plain_text_or_a_stranger(file: Path) -> None:
    """A user may commit them (docs/automation.md); encrypted, that is what they are for."""
    stack = yaml.safe_load(file.read_text())["config"]
    own = {
        key.removeprefix(f"{PROJECT['name']}:"): value
        for key, value in stack.items()
        if not key.startswith("azure-native:")
    }
    assert set(own) <= set(DECLARED)
    assert not any(in_plain_text(own[key]) for key in SECRETS if key in own)


def test_plain_text_is_found() -> None:
    assert in_plain_text("a key of sixteen")
    assert in_plain_text({"alice": {"secure": "v1:x:y"}, "bob": "password"})
    assert in_plain_text({"secure": "a password"})
    assert not in_plain_text({"phone": {"secure": "v1:LsT/cNLFqY7rBDrz:NkTE6AWUOb=="}})


def test_the_first_stack_is_where_the_program_would_put_it() -> None:
    stack = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())["config"]
    assert azure_values.location(stack["azure-native:location"])


def test_runtime_installs_the_pinned_packages() -> None:
    assert PROJECT["runtime"] == {
        "name": "python",
        "options": {"toolchain": "pip", "virtualenv": ".venv"},
    }
    assert "pulumi==" in (ROOT / "requirements.txt").read_text()
