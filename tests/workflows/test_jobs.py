"""What the workflows' jobs do, in which order and how long; what one brings up is ended."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ops.ci.lunch import SCHEDULE
from settings.amounts import READY_MINUTES
from tests.workflows.test_workflows import DIRECTORY, JOBS, WORKFLOWS, commands


def creators() -> list[dict[str, Any]]:
    """The jobs that can bring a gateway up."""
    bodies = [WORKFLOWS[name]["jobs"][job] for name, job in JOBS]
    return [body for body in bodies if "make up" in commands(body)]


def test_what_can_create_has_its_teardowns() -> None:
    """In the same job: where up could act, down and guard can, and nothing else must succeed
    first."""
    assert made_anywhere() == {"lunch.yml"}
    (job,) = creators()
    assert (job["needs"], job["if"]) == ("plan", "needs.plan.outputs.action != 'none'")
    assert job["env"]["ACTION"] == "${{ needs.plan.outputs.action }}"
    assert job["strategy"]["fail-fast"] is False
    assert set(SCHEDULE.values()) == {"up", "down", "guard"}


@pytest.mark.parametrize(
    ("action", "made", "status"),
    [("up", "up", 0), ("down", "down UNLOCK=yes", 0), ("guard", "guard", 0), ("none", "", 1)],
)
def test_each_action_does_what_it_says(action: str, made: str, status: int, tmp_path: Path) -> None:
    (job,) = creators()
    make = tmp_path / "make"
    make.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/made\n')
    make.chmod(0o755)
    done = subprocess.run(
        ["bash", "-e", "-c", job["steps"][-1]["run"]],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "ACTION": action},
        capture_output=True,
        check=False,
    )
    assert done.returncode == status
    log = tmp_path / "made"
    assert (log.read_text() if log.exists() else "") == (f"{made}\n" if made else "")


def made_anywhere() -> set[str]:
    words = re.compile(r"make up|pulumi up|command: (up|update)\b")
    return {name for name in WORKFLOWS if words.search((DIRECTORY / name).read_text())}


WAIT = READY_MINUTES.stop - 1
"""The longest, in minutes, that a setting allows."""


def test_every_job_ends() -> None:
    for name, job in JOBS:
        body = WORKFLOWS[name]["jobs"][job]
        limit = WAIT + 30 if body in creators() else 120
        assert 0 < body["timeout-minutes"] <= limit


def test_no_job_is_killed_while_it_waits() -> None:
    """That would leave the stack locked, and a machine that costs."""
    for body in creators():
        assert body["timeout-minutes"] >= WAIT + 20


def test_the_login_is_as_late_as_it_can_be() -> None:
    """GitHub's word for a run is good for minutes, and az can't ask for it again
    (Azure/login#372): all is installed before, and one step comes after."""
    seen = 0
    for name, job in JOBS:
        used = [step.get("uses", "") for step in WORKFLOWS[name]["jobs"][job]["steps"]]
        logins = [place for place, action in enumerate(used) if action.startswith("azure/login@")]
        if logins:
            seen += 1
            assert logins == [len(used) - 2], f"{name}: {job}"
            assert "make prepare" in commands(WORKFLOWS[name]["jobs"][job])
    assert seen == 2
