"""What docs/automation.md says of Azure and GitHub, where no run of ours would notice a mistake."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ops.ci.guests import CHOICES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/automation.md").read_text(encoding="utf-8")


def test_the_subject_is_asked_of_github_and_written_by_nobody() -> None:
    """Repositories that were made, renamed or moved since July 2026 have another form."""
    assert "actions/oidc/customization/sub --jq .sub_claim_prefix" in PAGE
    assert set(re.findall(r"`([^`]*:environment:\w+)`", PAGE)) == {
        "PREFIX:environment:lunch",
        "PREFIX:environment:preview",
    }
    assert "AADSTS700213" in PAGE


@pytest.mark.parametrize(
    ("application", "subscription", "container"),
    [
        ("lunch", "Contributor", "Storage Blob Data Contributor"),
        ("preview", "Reader", "Storage Blob Data Reader"),
    ],
)
def test_each_has_its_roles_also_on_the_state(
    application: str, subscription: str, container: str
) -> None:
    """Contributor and Reader hold no right on a blob."""
    assert f"| {application} | {subscription} | {container} |" in PAGE


def test_it_says_how_many_guests_are_looked_at() -> None:
    numbers = {9: "nine", 10: "ten", 11: "eleven", 12: "twelve"}
    assert f"({numbers[len(CHOICES)]} guests in all" in PAGE


def test_schedules_that_github_switches_off_are_told_of() -> None:
    schedules = PAGE.partition("**Schedules**")[2].partition("\n6. ")[0]
    assert all(words in schedules for words in ("in a fork they are off", "`shutdownTime`"))
    asleep = PAGE.partition("**Schedules fall asleep.**")[2].partition("\n- **")[0]
    assert all(words in asleep for words in ("60 days", "`up`, `down` and `guard` together"))


COMMANDS = re.findall(r"`((?:\.venv/bin/python|python3?) -m [^`]+)`", PAGE)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a reader has: a clone with its environment, and gh, which answers."""
    root = tmp_path_factory.mktemp("read")
    path = root / "clone"
    ignored = shutil.ignore_patterns("__pycache__")
    for room in ("cloud_init", "ops", "settings"):
        shutil.copytree(ROOT / room, path / room, ignore=ignored)
    for name in ("Pulumi.yaml", "settings.example.yaml"):
        shutil.copy(ROOT / name, path)
    (path / ".venv").symlink_to(sys.prefix)
    who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    for command in (
        ("init", "--quiet", "--initial-branch", "main"),
        ("add", "ops", "cloud_init", "settings", "Pulumi.yaml", "settings.example.yaml"),
        (*who, "commit", "--quiet", "--message", "x"),
    ):
        subprocess.run(["git", *command], cwd=path, check=True, capture_output=True)
    (root / "bin").mkdir()
    gh = root / "bin/gh"
    gh.write_text("#!/bin/sh\nprintf 'HTTP/2.0 404 Not Found\\r\\n\\r\\n{}'\n")
    gh.chmod(0o755)
    return path


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_works_as_it_stands_there(command: str, clone: Path) -> None:
    """By hand: GitHub has told it nothing."""
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=clone,
        env={"PATH": f"{clone.parent}/bin:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


def test_its_commands_are_found() -> None:
    assert [each.partition(" -m ")[2].split()[0] for each in COMMANDS] == [
        "ops.ci.reviewers",
        "ops.ci.comment",
    ]


@pytest.mark.parametrize("module", ["comment", "guests", "reviewers", "summary"])
def test_a_command_without_its_arguments_says_which(module: str, clone: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", f"ops.ci.{module}"],
        cwd=clone,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "error: the following arguments are required: " in done.stderr
    assert "Traceback" not in done.stderr
