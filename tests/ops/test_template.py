"""``pulumi new`` asks for what the gateway needs, as far as Pulumi can ask."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import time
from pathlib import Path

import pytest
import yaml

from tests.ops.conftest import ROOT, Project

PROJECT = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
ASKED = PROJECT["template"]["config"]
KEY = "a-key-of-16-signs"


def test_it_asks_for_each_secret_that_is_no_map_and_for_the_region() -> None:
    secrets = {key for key, entry in PROJECT["config"].items() if entry.get("secret")}
    maps = {key for key in secrets if PROJECT["config"][key]["type"] == "object"}
    assert set(ASKED) == secrets - maps | {"azure-native:location"}
    assert all(ASKED[key]["secret"] for key in secrets - maps)
    for key in maps:
        assert f"pulumi config set --secret --path {key}." in PROJECT["template"]["quickstart"]


@pytest.fixture
def typed(project: Project) -> Project:
    """A directory that `pulumi new` has filled, and its questions answered at a terminal."""
    template, out = project.root / "template", project.root / "new"
    for directory in (template, out):
        directory.mkdir()
    for name in ("Pulumi.yaml", "__main__.py"):
        shutil.copy(project.clone / name, template)
    state = project.root / "state"
    state.mkdir()
    project.environment.update(
        PULUMI_BACKEND_URL=f"file://{state}", PULUMI_CONFIG_PASSPHRASE="x", TERM="xterm"
    )
    options = ("--name", "lunch-gateway", "--description", "x", "--stack", "dev")
    said = answered(
        ["pulumi", "new", str(template), *options], out, project.environment,
        {"azure-native:location": "japaneast", "psk": KEY},
    )  # fmt: skip
    assert KEY not in said
    (out / ".venv").symlink_to(project.clone / ".venv")
    return Project(project.root, project.environment | {"OUT": str(out)})


def answered(
    command: list[str], out: Path, environment: dict[str, str], answers: dict[str, str]
) -> str:
    """All that it prints until it has saved the answers. It would install packages then."""
    main, terminal = pty.openpty()
    waiting = [*answers.items()]
    said = ""
    deadline = time.monotonic() + 60
    with subprocess.Popen(
        command, cwd=out, env=environment, stdin=terminal, stdout=terminal, stderr=terminal
    ) as process:
        os.close(terminal)
        while "Saved config" not in said:
            assert time.monotonic() < deadline, said
            try:
                said += os.read(main, 4096).decode(errors="replace")
            except OSError:  # it has ended
                raise AssertionError(said) from None
            if waiting and f"({waiting[0][0]})" in said:
                time.sleep(0.2)  # it empties its terminal after it has asked
                os.write(main, f"{waiting.pop(0)[1]}\r".encode())
        process.kill()
    os.close(main)
    assert not waiting
    return said


def pulumi(project: Project, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["pulumi", *arguments, "--stack", "dev", "--non-interactive"],
        cwd=project.environment["OUT"],
        env={**project.environment, "ENGINE": "yes"},
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.engine
def test_what_was_asked_and_one_user_make_a_gateway(typed: Project) -> None:
    shown = json.loads(pulumi(typed, "config", "--json", "--show-secrets").stdout)
    assert shown["azure-native:location"]["value"] == "japaneast"
    assert shown["lunch-gateway:psk"] == {"value": KEY, "secret": True}
    early = pulumi(typed, "preview")
    assert early.returncode
    assert "users" in early.stdout + early.stderr
    options = ("--secret", "--path", "users.alice")
    assert pulumi(typed, "config", "set", *options, given="1234567890123456").returncode == 0
    done = pulumi(typed, "preview")
    assert done.returncode == 0, done.stdout + done.stderr
