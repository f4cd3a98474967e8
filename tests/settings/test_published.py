"""Secrets that everybody can read open no gateway but the lab's."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given

from cloud_init.__main__ import main
from profiles.__main__ import main as profiles
from settings.published import EXAMPLE, SECRETS, faults
from tests.cloud_init.strategies import MINIMAL, settings_maps


def test_they_are_the_examples(raw: dict[str, Any]) -> None:
    assert {raw["psk"], *raw["users"].values()} == SECRETS


def test_each_is_refused_by_name_and_not_shown(raw: dict[str, Any]) -> None:
    found = faults(raw)
    assert [line.split(";")[0] for line in found] == [
        "psk: that of settings.example.yaml, which everybody can read",
        "users: user alice: the password is that of settings.example.yaml, which everybody can"
        " read",
        "users: user bob: the password is that of settings.example.yaml, which everybody can read",
        "serverName: 'vpn.example.test' is only an example",
    ]
    assert not [line for line in found for secret in SECRETS if secret in line]


@pytest.mark.parametrize(
    "text",
    [
        *("CHANGE ME", "change-me-please-now", "Changeme1234567!", "change_this_to_yours"),
        *("replace-me-0123456789", "<placeholder-here>", "PLACE HOLDER 123", "your-password-here"),
        *("your_own_secret_key", "[your psk] 0123456", "Your passphrase 1"),
        *("your-16-characters", "REPLACE-0123456789", "insert-secret-here", "TODO: 0123456789"),
        *("example-0123456789", "password1234567890", "Password-4711-4711", "${PSK_OF_LUNCH_1}"),
        *("{{ vault_psk_4711 }}", "<sixteen letters>", "$(openssl rand 12)", "fixme 0123456789"),
    ],
)
def test_what_was_to_be_filled_in_is_refused(text: str) -> None:
    for raw in ({"psk": text}, {"users": {"alice": text}}):
        (line,) = faults(raw)
        assert "a text that was to be replaced; choose your own" in line
        assert text not in line


@pytest.mark.parametrize(
    "text",
    ["exchange mesh 0123", "changes-in-weather", "yours truly, 0123", "Zq7!vX2#mK9w-Qp",
     "password of hana 9", "todos-los-dias-4711", "a${b}c<d>e{{f}}gh", "replacement-part-1"],
)  # fmt: skip
def test_what_only_sounds_like_it_is_taken(text: str) -> None:
    assert faults({"psk": text}) == faults({"users": {"alice": text}}) == []


@pytest.mark.parametrize("raw", [{}, {"psk": 5, "users": [1]}, {"users": {1: "CHANGE ME"}}])
def test_what_is_no_secret_is_left_to_others(raw: dict[str, Any]) -> None:
    assert faults(raw) == []


@given(settings_maps())
def test_other_secrets_are_taken(raw: dict[str, Any]) -> None:
    # Hypothesis tries the texts that it finds in the code.
    secrets = [raw["psk"], *raw["users"].values()]
    assume(not SECRETS & {*secrets})
    assume(len({*secrets}) == len(secrets))
    assume(min(len({*secret}) for secret in secrets) > 1)
    assert faults(raw | {"serverName": None}) == []


def test_the_example_renders_as_it_is_and_a_copy_does_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "lunch.yaml"
    shutil.copy(EXAMPLE, copy)
    (tmp_path / "link.yaml").symlink_to(EXAMPLE)
    for file in (EXAMPLE, tmp_path / "link.yaml"):
        assert main(["render", "--settings", str(file), "--out", str(tmp_path / "out")]) == 0
    arguments = ["--settings", str(copy), "--out", str(tmp_path / "copy")]
    assert main(["render", *arguments]) == 2
    assert len(capsys.readouterr().err.splitlines()) == len(SECRETS) + 1, "and the server"
    assert not (tmp_path / "copy").exists()
    assert main(["render", "--redacted", *arguments]) == 0, "there is no secret in it"
    assert main(["render", "--example", *arguments]) == 0


def test_a_file_that_is_a_link_to_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.yaml").symlink_to("x.yaml")
    assert main(["render", "--settings", str(tmp_path / "x.yaml"), "--out", str(tmp_path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line == f"{tmp_path}/x.yaml: Too many levels of symbolic links"


def test_profiles_want_to_be_told_that_it_is_the_example(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--settings", str(EXAMPLE), "--out", str(tmp_path / "out")]
    assert profiles(arguments) == 2
    lines = capsys.readouterr().err.splitlines()
    assert all(line.startswith(f"{EXAMPLE}: ") for line in lines)
    assert len(lines) == len(SECRETS) + 2
    assert "serverName: 'vpn.example.test' is only an example" in lines[-2]
    assert "python -m profiles has --example" in lines[-1]
    assert profiles(["--example", *arguments]) == 0


def test_profiles_check_the_machines_keys_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(yaml.safe_dump({**MINIMAL, "vmSize": "tiny", "serverName": "vpn.home.arpa"}))
    assert profiles(["--settings", str(file), "--out", str(tmp_path / "out")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{file}: vmSize: 'tiny' is not a VM size")
