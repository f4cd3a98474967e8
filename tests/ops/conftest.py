"""A clone's Pulumi part in a directory of its own, worked on by Pulumi's real command."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from here.cli.obtain import QUICK, Cli, obtain

ROOT = Path(__file__).parents[2]

PROGRAM = """
import pulumi

config = pulumi.Config()
pulumi.export("server", "gateway.example")
pulumi.export("address", "127.0.0.1")
pulumi.export("vm", "/azure/lunch-gateway-vm")
pulumi.export("region", pulumi.Config("azure-native").get("location"))
pulumi.export("protocols", config.require_object("protocols"))
pulumi.export("users", len(config.require_object("users")))
pulumi.export("psk", config.require_secret("psk"))
pulumi.export("passwords", config.require_secret_object("users"))
"""
"""In the place of the gateway's: its outputs, and nothing that Azure would have to make."""

RECORDER = """#!/bin/sh
{{ printf '%s\\n' "$@"; env; }} >> {log}
# What comes before and after the engine's own work is the same without it, and quicker.
case "$ENGINE $1" in "no up" | "no preview" | "no destroy") exit 0 ;; esac
exec {pulumi} "$@"
"""

LANGUAGE_HOST = """#!/bin/sh
cd {root}
exec {python} -m here.cli.language_host {executor} "$@" 2>> {log}
"""

AZ = """#!/bin/sh
# Answers as az does to somebody who is logged in to a subscription that is in use.
printf '%s\n' "$@" >> {answers}/../az.log
case "$1 $2" in
    "account show") cat {answers}/account ;;
    "rest --method") cat {answers}/skus ;;
    "provider show") cat {answers}/"$4" ;;
esac
"""


@dataclass(frozen=True)
class Project:
    """One clone, one home directory, one PATH."""

    root: Path
    environment: dict[str, str]

    @property
    def clone(self) -> Path:
        return self.root / "clone"

    @property
    def settings(self) -> Path:
        return self.clone / "Pulumi.dev.yaml"

    @property
    def passphrase(self) -> Path:
        return self.root / "home/.config/lunch-gateway/passphrase"

    @property
    def state(self) -> Path:
        return self.root / "home/.local/share/lunch-gateway/state"

    def ops(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "ops", *arguments],
            cwd=self.clone,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def good(self, *arguments: str, **environment: str) -> str:
        done = self.ops(*arguments, **environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def refused(self, *arguments: str, **environment: str) -> str:
        """The one line that it ends with."""
        done = self.ops(*arguments, **environment)
        assert done.returncode == 1, done.stdout + done.stderr
        assert done.stderr.startswith(f"{arguments[0]}: "), done.stderr
        assert done.stderr.count("\n") == 1, done.stderr
        return done.stderr

    def pulumi(self, *arguments: str, given: str = "") -> str:
        """Pulumi's own command, as a user types it who has taken over ``make env``."""
        return subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self.clone,
            env=self.environment | self.exports,
            input=given,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout

    @property
    def exports(self) -> dict[str, str]:
        return {
            "PULUMI_BACKEND_URL": f"file://{self.state}",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.passphrase),
        }

    def secrets(self, stack: str = "dev") -> dict[str, Any]:
        shown = self.pulumi("config", "--json", "--show-secrets", "--stack", stack)
        values = json.loads(shown)
        return {
            "psk": values["lunch-gateway:psk"]["value"],
            "users": values["lunch-gateway:users"]["objectValue"],
        }

    def recorded(self) -> str:
        """Every argument and variable that the pulumi command was started with."""
        return (self.root / "pulumi.log").read_text()

    def program(self, name: str, text: str) -> None:
        """Put a command of this name first on PATH."""
        path = self.root / "bin" / name
        path.write_text(text)
        path.chmod(0o755)


@pytest.fixture(scope="session")
def cli() -> Cli:
    return obtain()


def _project(root: Path, cli: Cli) -> Project:
    """The commands on PATH, and what az answers."""
    for name in ("bin", "answers"):
        (root / name).mkdir()
    environment = {
        "PATH": f"{root}/bin:{os.environ['PATH']}",
        "HOME": str(root / "home"),
        **QUICK,
        "ENGINE": "no",
        # Whatever looks for the internet finds none; prices have a double of their own.
        "https_proxy": "http://127.0.0.1:9",
        "no_proxy": "127.0.0.1,localhost",
    }
    project = Project(root, environment)
    project.program("pulumi", RECORDER.format(log=root / "pulumi.log", pulumi=cli.pulumi))
    project.program("az", AZ.format(answers=root / "answers"))
    names = ("Microsoft.Compute", "Microsoft.Network", "Microsoft.DevTestLab")
    answers = {name: {"registrationState": "Registered"} for name in names}
    answers["account"] = {"name": "Lunch money", "id": "4711"}
    for name, answer in answers.items():
        (root / "answers" / name).write_text(json.dumps(answer))
    if cli.language_host is None:
        executor = cli.pulumi.resolve().with_name("pulumi-language-python-exec")
        log = root / "host.log"
        host = LANGUAGE_HOST.format(root=ROOT, python=sys.executable, executor=executor, log=log)
        project.program("pulumi-language-python", host)
    return project


def _clone(root: Path) -> None:
    (root / "home").mkdir()
    clone = root / "clone"
    ignored = shutil.ignore_patterns("__pycache__")
    for room in ("cloud_init", "gateway", "ops", "profiles", "settings"):
        shutil.copytree(ROOT / room, clone / room, ignore=ignored)
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml"):
        shutil.copy(ROOT / name, clone)
    (clone / "__main__.py").write_text(PROGRAM)
    (clone / ".venv").symlink_to(sys.prefix)


@pytest.fixture
def project(cli: Cli, tmp_path: Path) -> Project:
    """A new clone, and a user who has never used it."""
    _clone(tmp_path)
    return _project(tmp_path, cli)


Templates = dict[str, Path]


@pytest.fixture(scope="session")
def templates(cli: Cli, tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """Projects with a past, made once: stack and secrets made, and brought up as well."""
    root = tmp_path_factory.mktemp("made")
    _clone(root)
    project = _project(root, cli)
    project.good("preview")
    used = tmp_path_factory.mktemp("used")
    for name in ("clone", "home"):
        shutil.copytree(root / name, used / name, symlinks=True)
    _project(used, cli).good("up", ENGINE="yes")
    return {"made": root, "used": used}


def _copy(template: Path, root: Path, cli: Cli) -> Project:
    for name in ("clone", "home"):
        shutil.copytree(template / name, root / name, symlinks=True)
    return _project(root, cli)


@pytest.fixture
def made(cli: Cli, tmp_path: Path, templates: Templates) -> Project:
    """Its stack and secrets are there; nothing is up."""
    return _copy(templates["made"], tmp_path, cli)


@pytest.fixture
def used(cli: Cli, tmp_path: Path, templates: Templates) -> Project:
    """It is up."""
    return _copy(templates["used"], tmp_path, cli)
