"""Pulumi.yaml tells a user about the same settings that the program reads."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway import config
from settings import azure_values
from settings.guest import GUEST_KEYS, MACHINE_KEYS, Settings, parse

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
DECLARED: dict[str, dict[str, Any]] = PROJECT["config"]
SECRETS = {"psk": "0123456789abcdef", "users": {"alice": "1234567890123456"}}
PYTHON_TYPES = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}


def test_it_declares_every_key_and_no_other() -> None:
    assert set(DECLARED) == GUEST_KEYS | MACHINE_KEYS


def test_exactly_the_secrets_are_secret_and_required() -> None:
    secret = {key for key, entry in DECLARED.items() if entry.get("secret")}
    required = {key for key, entry in DECLARED.items() if "default" not in entry}
    assert secret == required == set(config.SECRET_KEYS)


@pytest.mark.parametrize("key", DECLARED)
def test_every_key_is_described_and_typed(key: str) -> None:
    """Pulumi refuses a project whose default is not of the declared type."""
    entry = DECLARED[key]
    assert len(entry["description"]) > 20
    assert set(entry) <= {"type", "description", "default", "secret", "items"}
    if "default" in entry:
        assert type(entry["default"]) is PYTHON_TYPES[entry["type"]]
    assert ("items" in entry) == (entry["type"] == "array")


def test_maps_and_lists_are_read_as_such() -> None:
    structured = {key for key, entry in DECLARED.items() if entry["type"] in ("array", "object")}
    assert structured == config.STRUCTURED_KEYS


def test_guest_defaults_are_pythons_own() -> None:
    declared = {key: DECLARED[key]["default"] for key in GUEST_KEYS - set(SECRETS)}
    assert parse(SECRETS | declared) == parse(SECRETS)


def test_machine_defaults_are_pythons_own() -> None:
    declared = {key: DECLARED[key]["default"] for key in MACHINE_KEYS}
    assert declared == {
        "dnsLabel": "",
        "sshPublicKey": "",
        "tags": {},
        "shutdownTime": "",
        "readyTimeout": config.DEFAULT_READY_TIMEOUT,
        "shutdownTimeZone": config.DEFAULT_TIME_ZONE,
        "vmSize": config.DEFAULT_VM_SIZE,
        "diskType": config.DEFAULT_DISK_TYPE,
        "image": config.DEFAULT_IMAGE,
    }


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
    assert not any(in_plain_text(own[key]) for key in config.SECRET_KEYS if key in own)


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
