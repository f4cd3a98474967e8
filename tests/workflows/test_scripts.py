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

from ops.ci.lunch import plan
from ops.cli import OpsError
from tests.workflows.test_workflows import ROOT, WORKFLOWS


def script(workflow: str, job: str, step: str) -> str:
    (found,) = [s for s in WORKFLOWS[workflow]["jobs"][job]["steps"] if s.get("name") == step]
    return str(found["run"])


@pytest.fixture
def both_sides(tmp_path: Path) -> Path:
    """Where the workflow's job works: base and head beside each other."""
    for side in ("base", "head"):
        for name in ("cloud_init", "settings"):
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


def compared(directory: Path) -> tuple[str, str]:
    """The difference, and what stands in the run's summary."""
    for step in ("Render both guests, without their secrets", "Compare"):
        done = subprocess.run(
            # As GitHub calls it.
            ["bash", "-e", "-c", script("preview.yml", "guest", step)],
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
        assert done.returncode == 0, done.stderr
    return (directory / "diff/guest.diff").read_text(), (directory / "summary").read_text()


def test_a_change_of_the_guest_shows(both_sides: Path) -> None:
    file = both_sides / "head/cloud_init/rootfs/l2tp/etc/swanctl/conf.d/l2tp.conf"
    file.write_text(file.read_text().replace("dpd_delay = 30s", "dpd_delay = 31s"))
    settings = both_sides / "head/settings.example.yaml"
    settings.write_text(settings.read_text().replace("key-4711", "key-4712"))
    difference, summary = compared(both_sides)
    assert "-        dpd_delay = 30s\n+        dpd_delay = 31s" in difference
    assert "    -        dpd_delay = 30s" in summary
    # A changed secret is no difference, and no secret is in it.
    for secret in ("key-4711", "key-4712"):
        assert secret not in difference + summary


def test_no_change_is_no_difference(both_sides: Path) -> None:
    difference, summary = compared(both_sides)
    assert difference == ""
    assert "0 lines of difference" in summary


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
        ({"SCHEDULE": "0 0 * * *"}, "is not in ops/lunch.py"),
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
