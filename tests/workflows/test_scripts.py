"""What the workflows run, run here: the guest's difference and the plan for lunch."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.ci.guests import CHOICES, EXAMPLE
from ops.ci.lunch import plan
from ops.ci.summary import summary as summarised
from ops.cli import OpsError
from tests.workflows.test_workflows import ROOT, WORKFLOWS


def script(workflow: str, job: str, step: str) -> str:
    (found,) = [s for s in WORKFLOWS[workflow]["jobs"][job]["steps"] if s.get("name") == step]
    return str(found["run"])


@pytest.fixture
def both_sides(tmp_path: Path) -> Path:
    """Where the workflow's job works: base and head beside each other."""
    for side in ("base", "head"):
        for name in ("cloud_init", "ops", "settings"):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, tmp_path / side / name, ignore=ignored)
        for name in ("settings.example.yaml", "Pulumi.yaml"):
            shutil.copy(ROOT / name, tmp_path / side)
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "pip").write_text("#!/bin/sh\n")
    (programs / "python").symlink_to(sys.executable)
    (programs / "pip").chmod(0o755)
    return tmp_path


def step(directory: Path, name: str) -> subprocess.CompletedProcess[str]:
    """One of the job's steps, as GitHub calls it."""
    return subprocess.run(
        ["bash", "-e", "-c", script("preview.yml", "guest", name)],
        cwd=directory,
        env={
            **os.environ,
            "PATH": f"{directory}/bin:{os.environ['PATH']}",
            "PYTHONPATH": str(Path(yaml.__file__).parents[1]),
            "GITHUB_STEP_SUMMARY": str(directory / "summary"),
        },
        capture_output=True,
        text=True,
        check=False,
    )


def summary(directory: Path, status: int = 0) -> str:
    """What stands in the run's summary, whose last step ends so."""
    rendered = step(directory, "Render both sides' guests, without their secrets")
    assert rendered.returncode == 0, rendered.stderr
    compared = step(directory, "Compare")
    assert compared.returncode == status, compared.stderr
    return (directory / "summary").read_text()


def heading(text: str) -> str:
    (line,) = [line for line in text.splitlines() if line.startswith("#")]
    return line.removeprefix("### Inside the guest, by the pull request's own code: ")


def test_a_change_of_the_guest_shows(both_sides: Path) -> None:
    file = both_sides / "head/cloud_init/rootfs/l2tp/etc/swanctl/conf.d/l2tp.conf"
    file.write_text(file.read_text().replace("dpd_delay = 30s", "dpd_delay = 31s"))
    settings = both_sides / "head/settings.example.yaml"
    settings.write_text(settings.read_text().replace("key-4711", "key-4712"))
    text = summary(both_sides)
    assert "    -        dpd_delay = 30s\n    +        dpd_delay = 31s" in text
    # A changed secret is no difference, and no secret is in it.
    assert "key-471" not in text


def test_no_change_is_said_of_what_was_looked_at(both_sides: Path) -> None:
    text = summary(both_sides)
    assert heading(text) == f"the same with {', '.join(CHOICES)}"
    assert "Other settings were not looked at." in text


def test_a_default_that_the_example_sets_itself(both_sides: Path) -> None:
    """Of this case the comment says that the reviewer judges it, and he looks here."""
    settings = both_sides / "head/Pulumi.yaml"
    text = settings.read_text()
    settings.write_text(text.replace("default: 1280", "default: 1400"))
    assert settings.read_text() != text
    others = ", ".join(choice for choice in CHOICES if choice != EXAMPLE)
    said = summary(both_sides)
    assert heading(said) == f"another with {others}; the same with {EXAMPLE}"
    assert "1400" in said


def test_a_guest_that_is_not_made_is_not_said_to_be_the_same(both_sides: Path) -> None:
    settings = both_sides / "head" / EXAMPLE
    settings.write_text(settings.read_text().replace("mtu: 1280", "mtu: 7"))
    said = summary(both_sides, status=1)
    assert EXAMPLE not in heading(said)
    assert heading(said).startswith("the same with defaults, ")
    assert f"not rendered, so nothing is known: the pull request with {EXAMPLE}: mtu" in said


def test_nothing_compared_is_said(both_sides: Path) -> None:
    """As where both sides know no settings in common."""
    guests = both_sides / "base/ops/ci/guests.py"
    guests.write_text("print('{}')\n")
    said = summary(both_sides)
    assert heading(said) == "no settings were compared"
    assert "only one side has these settings, so they are not compared: " in said


def test_a_summary_has_room() -> None:
    """GitHub shows nothing of one that is larger than a mebibyte."""
    text = summarised({"defaults": {}}, {"defaults": {"/x": "\u3042" * 500_000}})
    assert heading(text) == "another with defaults"
    assert 900_000 <= len(text.encode()) < 2**20
    assert text.endswith(" more bytes, not shown.\n")


# The plan.

NOON = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
"""A Tuesday, 12:00 in Japan."""


def planned(environment: dict[str, str], now: datetime = NOON) -> dict[str, Any]:
    found = plan({"LUNCH_STACKS": '["dev", "two"]', **environment}, now)
    return {**found, "stacks": json.loads(found["stacks"])}


@pytest.mark.parametrize(
    ("schedule", "action"),
    [("17 2 * * 1-5", "up"), ("11 4 * * 1-5", "down"), ("43 6,13,18 * * *", "guard")],
)
def test_each_schedule_does_its_own(schedule: str, action: str) -> None:
    done = planned({"SCHEDULE": schedule})
    assert done == {"action": action, "stacks": ["dev", "two"], "region": "", "like": ""}


def test_a_late_start_brings_nothing_up_and_takes_all_down() -> None:
    late = datetime(2026, 11, 24, 3, 40, tzinfo=UTC)
    assert planned({"SCHEDULE": "17 2 * * 1-5"}, late)["action"] == "none"
    assert planned({"SCHEDULE": "11 4 * * 1-5"}, late)["action"] == "down"
    just_in_time = datetime(2026, 11, 24, 3, 39, tzinfo=UTC)
    assert planned({"SCHEDULE": "17 2 * * 1-5"}, just_in_time)["action"] == "up"


def test_another_region_by_hand() -> None:
    by_hand = {"ACTION": "up", "STACK": "dev", "REGION": "Japan East"}
    assert planned(by_hand) == {
        "action": "up",
        "stacks": ["dev-japaneast"],
        "region": "japaneast",
        "like": "dev",
    }
    assert planned(by_hand | {"REGION": ""})["stacks"] == ["dev"]
    # The guard finds regions by itself, whichever they are.
    assert planned(by_hand | {"ACTION": "guard"})["stacks"] == ["dev"]


@pytest.mark.parametrize(
    ("environment", "complaint"),
    [
        ({"ACTION": "up", "STACK": "stranger"}, "the guard would not take it down"),
        ({"ACTION": "destroy", "STACK": "dev"}, "action 'destroy' is unknown"),
        ({"ACTION": "up", "STACK": "dev", "REGION": "x\ny=1"}, "is not one"),
        ({"SCHEDULE": "0 0 * * *"}, "is not in ops/ci/lunch.py"),
        ({"LUNCH_STACKS": "dev"}, "not a list in JSON"),
        ({"LUNCH_STACKS": '["dev", 1]'}, "not a list in JSON"),
        ({"LUNCH_STACKS": '["a\\nb"]'}, "is not a stack's name"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said(environment: dict[str, str], complaint: str) -> None:
    with pytest.raises(OpsError, match=complaint) as caught:
        planned(environment)
    assert "\n" not in str(caught.value)


def test_without_stacks_there_is_nothing_to_do() -> None:
    """In a fork of this repository, say."""
    assert planned({"LUNCH_STACKS": "", "SCHEDULE": "17 2 * * 1-5"})["action"] == "none"


def test_the_command_writes_githubs_output_and_needs_nothing_installed() -> None:
    environment = {"LUNCH_STACKS": '["dev"]', "SCHEDULE": "11 4 * * 1-5", "PATH": "/usr/bin:/bin"}
    command = [str(Path(sys.base_prefix, "bin/python3")), "-I", "-S", "-c"]
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from ops.ci.lunch import main; main()"
    done = subprocess.run(
        [*command, code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == 'action=down\nstacks=["dev"]\nregion=\nlike=\n'
