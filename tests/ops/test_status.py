"""``make status``: what stands, since when, and whether it answers."""

from __future__ import annotations

import re
import shutil
from typing import Any

import pytest

from ops.status import stands_since
from tests.ops.conftest import Project


def entry(kind: str, start: str, result: str = "succeeded") -> dict[str, Any]:
    return {"kind": kind, "result": result, "startTime": f"2026-11-{start}.000Z"}


@pytest.mark.parametrize(
    ("history", "since"),
    [
        ([entry("update", "27T02:20:00")], "27T02:20:00"),
        ([entry("update", "27T03:00:00"), entry("update", "27T02:20:00")], "27T02:20:00"),
        (
            [
                entry("refresh", "27T04:00:00"),
                entry("update", "27T03:00:00"),
                entry("destroy", "26T04:00:00"),
                entry("update", "26T02:00:00"),
            ],
            "27T03:00:00",
        ),
        # It failed, so something was left and cost money all the time.
        (
            [
                entry("update", "27T03:00:00"),
                entry("destroy", "26T04:00:00", "failed"),
                entry("update", "26T02:00:00"),
            ],
            "26T02:00:00",
        ),
        ([entry("destroy", "27T03:00:00")], None),
        ([{"kind": "update"}], None),
        ([{"kind": "update", "startTime": "lunch"}], None),
        ([], None),
    ],
    ids=["up", "updated", "up again", "not quite down", "down", "no time", "no date", "nothing"],
)
def test_since_when(history: list[dict[str, Any]], since: str | None) -> None:
    found = stands_since(history)
    assert (found and found.isoformat()) == (since and f"2026-11-{since}+00:00")


@pytest.mark.engine
def test_a_stack_that_stands(used: Project) -> None:
    said = used.good("status")
    assert re.match(
        r"stack dev: stands since 20\d\d-\d\d-\d\d \d\d:\d\d \((\d+ min )?\d+ s\), 1 resources\n",
        said,
    )
    assert "  server   gateway.example (127.0.0.1), westus2\n" in said
    # Asked like a phone asks; on this computer nobody answers.
    assert "  answers  127.0.0.1 UDP 500: " in said
    assert "  costs    until make down; make price STACK=dev asks how much\n" in said
    assert said.endswith("  pages    build/profiles/dev\n")
    shutil.rmtree(used.clone / "build")
    assert used.good("status").endswith("  pages    build/profiles/dev: make profiles STACK=dev\n")


@pytest.mark.engine
def test_what_stands_beside_it_is_not_forgotten(used: Project) -> None:
    """A machine that nobody remembers costs as much as one that serves."""
    said = used.good("status", "--stack", "tokyo")
    assert "stack dev: stands since" in said
    assert said.endswith("stack tokyo: there is none; make up STACK=tokyo makes it\n")


@pytest.mark.engine
def test_a_stack_that_is_down(used: Project) -> None:
    used.good("down", ENGINE="yes")
    assert used.good("status") == "stack dev: down, nothing of it is on Azure\n"


@pytest.mark.engine
def test_nothing_at_all_says_where_it_looked(project: Project) -> None:
    said = project.good("status")
    assert said == (
        f"no stack yet at file://{project.state}, so nothing stands; if they are kept elsewhere,"
        " set PULUMI_BACKEND_URL\n"
    )


@pytest.mark.engine
def test_no_secret(used: Project) -> None:
    said = used.good("status")
    assert "--show-secrets" not in used.recorded()
    secrets = used.secrets()
    assert secrets["psk"] not in said
    assert secrets["users"]["phone"] not in said
