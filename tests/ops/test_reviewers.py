"""The previews' secrets wait for a person's word, as GitHub's API tells."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ops.ci.reviewers import check
from ops.cli import OpsError
from tests.ops.conftest import ROOT

# As in GitHub's documentation of GET /repos/{owner}/{repo}/environments/{environment_name}.
WAIT = {"id": 3736, "node_id": "MDQ6R2F0ZTM3MzY=", "type": "wait_timer", "wait_timer": 30}
OCTOCAT = {"type": "User", "reviewer": {"login": "octocat", "id": 1, "type": "User"}}
REVIEWERS = {
    "id": 3755,
    "node_id": "MDQ6R2F0ZTM3NTU=",
    "prevent_self_review": False,
    "type": "required_reviewers",
    "reviewers": [OCTOCAT],
}
BRANCHES = {"id": 3756, "node_id": "MDQ6R2F0ZTM3NTY=", "type": "branch_policy"}


def answer(*rules: dict[str, Any]) -> str:
    return json.dumps(
        {
            "id": 161088068,
            "node_id": "MDExOkVudmlyb25tZW50MTYxMDg4MDY4",
            "name": "preview",
            "created_at": "2020-11-23T22:00:40Z",
            "protection_rules": rules,
            "deployment_branch_policy": {
                "protected_branches": False,
                "custom_branch_policies": True,
            },
        }
    )


@pytest.mark.parametrize("rules", [[REVIEWERS], [WAIT, REVIEWERS, BRANCHES]], ids=["one", "more"])
def test_a_reviewer_is_enough(rules: list[dict[str, Any]]) -> None:
    assert check("preview", 200, answer(*rules)) == (
        "environment preview: a reviewer must agree first"
    )


def test_without_the_environment_there_are_no_secrets() -> None:
    said = check("preview", 404, '{"message": "Not Found", "status": "404"}')
    assert said == "there is no environment preview, so nobody gets its secrets"


NONE = "has no required reviewer, so whoever may push a branch can read"
UNCLEAR = "does not tell its protection rules"


@pytest.mark.parametrize(
    ("status", "body", "complaint"),
    [
        (200, answer(), NONE),
        (200, answer(WAIT, BRANCHES), NONE),
        (200, answer({**REVIEWERS, "reviewers": []}), NONE),
        (200, answer({"id": 1, "type": "required_reviewers"}), NONE),
        (200, answer({**REVIEWERS, "type": "of another kind"}), NONE),
        (200, '{"name": "preview"}', NONE),
        (200, '{"protection_rules": null}', UNCLEAR),
        (200, '{"protection_rules": ["required_reviewers"]}', UNCLEAR),
        (200, "[]", UNCLEAR),
        (200, "<html>", UNCLEAR),
        (403, '{"message": "Resource not accessible by integration"}', "HTTP 403"),
        (502, answer(REVIEWERS), "HTTP 502"),
    ],
)
def test_all_else_is_red_in_one_line(status: int, body: str, complaint: str) -> None:
    with pytest.raises(OpsError, match=complaint) as caught:
        check("preview", status, body)
    assert str(caught.value).startswith("environment preview: ")
    assert "\n" not in str(caught.value)


GITHUB = {"GITHUB_REPOSITORY": "owner/project", "GITHUB_ACTIONS": "true"}
"""What it tells a workflow."""


def run(
    directory: Path, gh: str, github: Mapping[str, str] = GITHUB
) -> subprocess.CompletedProcess[str]:
    """The command as the workflow runs it, with this for GitHub's own."""
    program = directory / "gh"
    program.write_text(f'#!/bin/sh\necho "$@" > {directory}/asked\n{gh}')
    program.chmod(0o755)
    return subprocess.run(
        [sys.executable, "-m", "ops.ci.reviewers", "preview"],
        cwd=ROOT,
        env={"PATH": f"{directory}:{os.environ['PATH']}", **github},
        capture_output=True,
        text=True,
        check=False,
    )


def says(status: str, body: str, end: int) -> str:
    head = f"HTTP/2.0 {status}\\r\\nContent-Type: application/json\\r\\n\\r\\n"
    return f"printf '{head}'\ncat <<'END'\n{body}\nEND\necho 'gh: HTTP' >&2\nexit {end}\n"


@pytest.mark.parametrize(
    ("gh", "status", "line"),
    [
        (says("200 OK", answer(REVIEWERS), 0), 0, "a reviewer must agree first"),
        (says("404 Not Found", "{}", 1), 0, "there is no environment preview"),
        (says("200 OK", answer(WAIT), 0), 1, "::error::environment preview: has no required"),
        (says("403 Forbidden", "{}", 1), 1, "::error::environment preview: GitHub's answer"),
        ("echo 'gh: no token' >&2\nexit 4\n", 1, "gh gave no answer (gh: no token)"),
    ],
    ids=["reviewer", "no environment", "nobody", "forbidden", "no token"],
)
def test_the_command(gh: str, status: int, line: str, tmp_path: Path) -> None:
    done = run(tmp_path, gh)
    assert done.returncode == status
    assert (tmp_path / "asked").read_text() == (
        "api --include repos/owner/project/environments/preview\n"
    )
    said = done.stdout + done.stderr
    assert line in said
    assert said.count("\n") == 1


def test_by_hand_the_clone_says_which_repository(tmp_path: Path) -> None:
    done = run(tmp_path, says("200 OK", answer(WAIT), 0), github={})
    assert (tmp_path / "asked").read_text() == (
        "api --include repos/{owner}/{repo}/environments/preview\n"
    )
    assert done.returncode == 1
    assert done.stderr.startswith("environment preview: has no required reviewer")


def test_without_gh(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ops.ci.reviewers", "preview"],
        cwd=ROOT,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "gh gave no answer" in done.stderr
