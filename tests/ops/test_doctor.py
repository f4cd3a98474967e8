"""``make doctor``: everything that is missing at once, before there is any environment."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ops import doctor
from ops.doctor import COMMANDS, TOOLS, Findings, Lack, System, examine, text, this_system
from tests.ops.conftest import ROOT

AZ = """#!/bin/sh
echo "$*" >> {log}
{first}
case "$1 $2" in
    "account show") echo '{{"name": "Lunch money"}}' ;;
    "provider show") echo '{{"registrationState": "Registered"}}' ;;
esac
"""

Environment = dict[str, str]
Program = Callable[..., None]


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """A computer that has nothing at all on its PATH."""
    (tmp_path / "bin").mkdir()
    return {"PATH": str(tmp_path / "bin")}


@pytest.fixture
def has(environment: Environment, tmp_path: Path) -> Program:
    """Installs commands; az answers at once unless it is told otherwise."""

    def install(*names: str, az: str = "") -> None:
        # Its shell's own commands are all that az's double has.
        for name in names:
            path = tmp_path / "bin" / name
            path.write_text(AZ.format(log=tmp_path / "asked", first=az))
            path.chmod(0o755)

    return install


def missing(environment: Environment) -> list[str]:
    return [lack.what for lack in examine(environment, System("debian")).lacks]


def test_everything_is_said_at_once(environment: Environment) -> None:
    assert missing(environment) == ["curl", "git", "pulumi", "az"]


def test_nothing_is_missing(environment: Environment, has: Program) -> None:
    has("git", "pulumi", "az")
    assert examine(environment, System("debian")) == ([], [])


@pytest.mark.parametrize("family", COMMANDS)
def test_each_lack_has_the_command_of_its_system(family: str, environment: Environment) -> None:
    said = text(examine(environment, System(family)))
    assert said.startswith("4 things are missing; nothing was changed:\n")
    for what in ("git", "pulumi", "az"):
        assert re.search(rf"^  {what} +\S", said, re.MULTILINE)
    assert {"debian": "apt-get", "fedora": "dnf", "macos": "brew", "other": "https://"}[
        family
    ] in said


def test_every_system_has_every_command() -> None:
    assert {frozenset(commands) for commands in COMMANDS.values()} == {
        frozenset({"python", "venv", "git", "pulumi", "az"})
    }


def test_curl_comes_before_what_is_got_with_it(environment: Environment, has: Program) -> None:
    """A fresh Debian has none."""
    has("git")
    lacks = examine(environment, System("debian")).lacks
    assert lacks[0] == Lack("curl", "sudo apt-get install curl")
    assert [lack.what for lack in lacks[1:]] == ["pulumi", "az"]
    has("pulumi", "az")
    (Path(environment["PATH"]) / "git").unlink()
    assert missing(environment) == ["git"]  # which needs no curl


def test_homebrew_comes_before_what_is_got_with_it(environment: Environment, has: Program) -> None:
    lacks = examine(environment, System("macos")).lacks
    assert lacks[0] == Lack("brew", "https://brew.sh")
    assert [lack.what for lack in lacks[1:]] == ["git", "pulumi", "az"]
    has("brew")
    assert examine(environment, System("macos")).lacks == lacks[1:]


def test_every_tool_of_a_command_is_looked_for() -> None:
    for family, commands in COMMANDS.items():
        used = {word for command in commands.values() for word in command.split()}
        assert {"curl", "brew"} & used == set(TOOLS[family])


def test_nobody_is_logged_in(environment: Environment, has: Program) -> None:
    has("curl", "git", "az", az="exit 1")
    found = examine(environment, System("debian"))
    assert found.lacks == [
        Lack("pulumi", COMMANDS["debian"]["pulumi"]),
        Lack("a log-in to Azure", "az login"),
    ]


def test_a_part_of_azure_was_never_used(environment: Environment, has: Program) -> None:
    never = """case "$4" in *Network) echo '{"registrationState": "NotRegistered"}'; exit ;; esac"""
    has("git", "pulumi", "az", az=never)
    assert examine(environment, System("debian")).lacks == [
        Lack("Microsoft.Network", "az provider register --wait --namespace Microsoft.Network")
    ]


def test_az_that_hangs_is_no_lack(
    environment: Environment, has: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is stopped, and so is what it has started: az is a script that starts Python."""
    monkeypatch.setattr(doctor, "PATIENCE", 0.3)
    environment["PATH"] += ":/usr/bin:/bin"
    has("git", "pulumi", "az", az=f"(sleep 2; touch {tmp_path}/late)")
    began = time.monotonic()
    found = examine(environment, System("debian"))
    assert time.monotonic() - began < 1.8
    assert found == Findings([], ["az gave no answer for 0.3 s; make up asks again"])
    assert text(found) == "note: az gave no answer for 0.3 s; make up asks again"
    time.sleep(2.2)
    assert not (tmp_path / "late").exists()


def test_az_that_prints_rubbish_is_not_logged_in(environment: Environment, has: Program) -> None:
    has("git", "pulumi", "az", az="echo '<html>'; exit")
    assert missing(environment) == ["a log-in to Azure"]


@pytest.mark.parametrize("name", ["ARM_CLIENT_ID", "ARM_USE_MSI"])
def test_a_service_principal_needs_no_az(
    name: str, environment: Environment, has: Program, tmp_path: Path
) -> None:
    has("git", "pulumi", "az", az="exit 1")
    assert missing({**environment, name: "1"}) == []
    assert not (tmp_path / "asked").exists()
    (tmp_path / "bin/az").unlink()
    assert missing({**environment, name: "1"}) == []


def test_an_old_python(
    environment: Environment, has: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    has("brew", "git", "pulumi", "az")
    monkeypatch.setattr(sys, "version_info", (3, 9, 6, "final", 0))
    (lack,) = examine(environment, System("macos")).lacks
    assert lack.what.startswith("Python 3.11 or later (this is 3.")
    assert lack.command == "brew install python@3.13, then make up PYTHON=python3.13"
    assert "apt-get install python3.11" in examine(environment, System("debian")).lacks[0].command
    has("python3.12")
    (lack,) = examine(environment, System("macos")).lacks
    assert lack.command == "it is there already: make up PYTHON=python3.12"


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_python_in_two_packages(
    module: str, environment: Environment, has: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    has("git", "pulumi", "az")
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == module else find(name)
    )
    assert examine(environment, System("debian")).lacks == [
        Lack("Python's venv", "sudo apt-get install python3-venv")
    ]


def test_root_needs_no_sudo(monkeypatch: pytest.MonkeyPatch, environment: Environment) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "sudo apt-get install git" in text(examine(environment, System("debian")))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert "sudo" not in text(examine(environment, System("debian")))


@pytest.mark.parametrize(
    ("release", "family"),
    [
        ("ID=debian\n", "debian"),
        ('ID=ubuntu\nID_LIKE=debian\nUBUNTU_CODENAME="noble"\n', "debian"),
        ("ID=fedora\n", "fedora"),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"\n', "fedora"),
        ("ID=arch\n", "other"),
        (None, "other"),
    ],
)
def test_the_system_is_known_by_its_own_words(
    release: str | None, family: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "os-release"
    if release:
        file.write_text(release)
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "release", lambda: "6.1.0-amd64")
    assert this_system(file) == System(family)
    monkeypatch.setattr(platform, "release", lambda: "5.15.133.1-microsoft-standard-WSL2")
    assert this_system(file) == System(family, wsl=True)
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    assert this_system(file) == System("macos")


def test_windows_own_commands_do_not_count(
    environment: Environment, has: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    has("git", "pulumi", "az")
    real = shutil.which

    def which(name: str, path: str) -> str | None:
        return "/mnt/c/Azure/CLI2/wbin/az" if name == "az" else real(name, path=path)

    monkeypatch.setattr(shutil, "which", which)
    has("curl")
    (lack,) = examine(environment, System("debian", wsl=True)).lacks
    assert lack == Lack("az (only Windows' was found)", COMMANDS["debian"]["az"])
    assert not (tmp_path / "asked").exists()
    assert missing(environment) == []  # a folder of that name elsewhere


# As the Makefile runs it.


def run(environment: Environment, *arguments: str) -> subprocess.CompletedProcess[str]:
    """By Python as it is installed: without packages of ours or anybody's."""
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", RUN, str(ROOT), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


RUN = """
import sys
sys.path.insert(0, sys.argv.pop(1))
from ops import doctor
sys.exit(doctor.main())
"""


def test_the_standard_library_is_enough_and_it_is_quick(environment: Environment) -> None:
    fastest = 10.0
    for _ in range(3):
        began = time.monotonic()
        done = run(environment)
        fastest = min(fastest, time.monotonic() - began)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("4 things are missing")
    assert fastest < 1


def test_for_programs(environment: Environment, has: Program) -> None:
    done = run(environment, "--json")
    said = json.loads(done.stdout)
    assert done.returncode == 1
    assert said["ready"] is False
    assert [set(lack) for lack in said["missing"]] == [{"what", "command"}] * 4
    has("git", "pulumi", "az")
    done = run(environment, "--json")
    assert done.returncode == 0
    said = json.loads(done.stdout)
    assert (said["ready"], said["missing"], said["notes"]) == (True, [], [])


def test_it_is_quiet_before_make_up(environment: Environment, has: Program) -> None:
    has("git", "pulumi", "az")
    environment["REGION"] = "japaneast"
    done = run(environment, "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert run(environment).stdout == "Nothing is missing: make up can begin.\n"
    (Path(environment["PATH"]) / "git").unlink()
    assert "1 thing is missing" in run(environment, "--quiet").stderr


def test_an_old_python_can_read_it() -> None:
    """macOS brings 3.9. Which Python is needed is one of the things that it says."""
    for name in ("__init__", "cli", "azure", "region", "doctor"):
        ast.parse((ROOT / f"ops/{name}.py").read_text(), feature_version=(3, 7))
