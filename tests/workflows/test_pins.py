"""What the workflows take from others is one commit of it, and somebody moves that on."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.workflows.test_workflows import DIRECTORY, ROOT, steps

# Which version it is stands behind, for people and for Dependabot.
PINNED = re.compile(
    r"(actions/[a-z-]+|azure/login|pulumi/actions)@([0-9a-f]{40})  # (v\d+\.\d+\.\d+)"
)


def used(text: str) -> list[str]:
    """What stands behind each ``uses:`` in a workflow, remark included."""
    return re.findall(r"^ *(?:- )?uses: *(.*)$", text, re.MULTILINE)


def test_actions_of_three_publishers_by_commit() -> None:
    """ADR 10: whom we hand the cloud's keys anyway, and nobody else. A tag can be moved."""
    found = [line for path in DIRECTORY.glob("*.yml") for line in used(path.read_text())]
    assert len(found) == len([step for _, step in steps() if "uses" in step])
    pins: dict[str, tuple[str, ...]] = {}
    for line in found:
        pin = PINNED.fullmatch(line)
        assert pin, line
        # One version of each, everywhere.
        assert pins.setdefault(pin[1], pin.groups()) == pin.groups()
    assert len(pins) >= 5


NODE_24 = {
    "actions/checkout": 5,
    "actions/setup-go": 7,
    "actions/setup-python": 6,
    "actions/upload-artifact": 6,
    "azure/login": 3,
    "pulumi/actions": 7,
}
"""The first major of each that runs on Node 24, by its own action.yml. GitHub's runners dropped
Node 20 on 2026-09-16 (changelog of 2025-09-19)."""


def test_no_action_wants_a_node_that_runners_have_not() -> None:
    for path in DIRECTORY.glob("*.yml"):
        for line in used(path.read_text()):
            pin = PINNED.fullmatch(line)
            assert pin
            assert int(pin[3].removeprefix("v").split(".")[0]) >= NODE_24[pin[1]], line


def test_pulumi_is_the_one_that_was_tested_with() -> None:
    """Else each run would take the newest."""
    wanted = re.search(r"^pulumi==(.*)$", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert wanted
    installs = [step for _, step in steps() if "pulumi/actions@" in step.get("uses", "")]
    installs = [step for step in installs if "command" not in step["with"]]
    assert len(installs) == 2
    for step in installs:
        assert step["with"]["pulumi-version"] == wanted[1]


@pytest.mark.parametrize(
    "line", ["azure/login@v2", "azure/login@" + "0" * 40, "x/login@" + "0" * 40 + "  # v2.0.0"]
)
def test_an_action_without_its_commit_is_found(line: str) -> None:
    assert not PINNED.fullmatch(line)


def test_somebody_moves_the_commits() -> None:
    (update,) = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text())["updates"]
    assert update["package-ecosystem"] == "github-actions"
    assert update["directory"] == "/"
    assert update["schedule"] == {"interval": "weekly"}
