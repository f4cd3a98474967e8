"""GitHub lets schedules sleep where nothing happens, and that is told in time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ops.ci.schedules import check, unguarded
from ops.cli import OpsError
from tests.workflows.conftest import ROOT

NOW = datetime(2026, 11, 27, 2, 17, tzinfo=UTC)


def answer(pushed: str | None, private: bool = False) -> str:
    """Of GitHub's documentation of GET /repos/{owner}/{repo}, what is read."""
    return json.dumps({"id": 1296269, "private": private, "pushed_at": pushed})


@pytest.mark.parametrize(
    ("pushed", "days"), [("2026-11-27T02:00:00Z", 0), ("2026-10-14T02:17:00Z", 44)]
)
def test_somebody_pushed_not_long_ago(pushed: str, days: int) -> None:
    assert check(200, answer(pushed), NOW) == (
        f"schedules: the last push was {days} days ago; GitHub ends them after 60"
    )


@pytest.mark.parametrize("pushed", ["2026-10-13T02:17:00Z", "2020-01-01T00:00:00Z"])
def test_long_silence_is_red_before_github_acts(pushed: str) -> None:
    with pytest.raises(OpsError, match="GitHub switches up, down and guard off") as caught:
        check(200, answer(pushed), NOW)
    assert "\n" not in str(caught.value)


def test_a_private_repository_may_be_quiet() -> None:
    assert "private" in check(200, answer("2020-01-01T00:00:00Z", private=True), NOW)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, answer(None)),
        (200, answer("yesterday")),
        (200, answer("2026-11-27T02:00:00")),
        (200, "{}"),
        (200, "[]"),
        (200, "<html>"),
        (404, answer("2026-11-27T02:00:00Z")),
    ],
)
def test_an_answer_that_does_not_tell_is_red(status: int, body: str) -> None:
    with pytest.raises(OpsError, match="does not tell when somebody pushed last"):
        check(status, body, NOW)


@pytest.mark.parametrize(("days", "status"), [(0, 0), (46, 1)])
def test_the_command(days: int, status: int, tmp_path: Path) -> None:
    pushed = datetime.fromtimestamp(datetime.now(UTC).timestamp() - days * 86400, UTC)
    body = answer(pushed.isoformat(timespec="seconds"))
    program = tmp_path / "gh"
    head = "HTTP/2.0 200 OK\\r\\n\\r\\n"
    asked = f'echo "$@" > {tmp_path}/asked'
    program.write_text(f"#!/bin/sh\n{asked}\nprintf '{head}'; echo '{body}'\n")
    program.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-m", "ops.ci.schedules"],
        cwd=ROOT,
        env={
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "GITHUB_REPOSITORY": "owner/project",
            "GITHUB_ACTIONS": "true",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stderr
    assert (tmp_path / "asked").read_text() == "api --include repos/owner/project\n"
    assert (done.stdout + done.stderr).count("\n") == 1
    assert done.stderr.startswith("::error::") == bool(status)


def test_a_machine_that_only_a_schedule_would_end() -> None:
    settings: dict[str, Any] = {"lunch-gateway:shutdownTime": "13:30"}
    assert unguarded(settings) == ""
    for left_out in ({}, {"lunch-gateway:shutdownTime": ""}):
        warning = unguarded(left_out)
        assert "nothing stops this machine" in warning
        assert '. Write lunch-gateway:shutdownTime: "13:30" into the stack\'s file' in warning
