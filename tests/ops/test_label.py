"""A gateway's name is one's own: made by chance once, kept, and never another behind one's back."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
import yaml

from ops.label import own
from settings.azure_values import dns_label
from tests.ops.conftest import Project

KEY = "lunch-gateway:dnsLabel"
SHAPE = r"lunch-gateway-{}-[a-hj-km-np-z2-9]{{8}}"


def label(project: Project, stack: str = "dev") -> str | None:
    content = yaml.safe_load((project.clone / f"Pulumi.{stack}.yaml").read_text())
    found = content["config"].get(KEY)
    return None if found is None else str(found)


def forget(file: Path) -> None:
    content = yaml.safe_load(file.read_text())
    content["config"].pop(KEY)
    file.write_text(yaml.safe_dump(content))


def up_without_make(project: Project, stack: str) -> None:
    engine = dataclasses.replace(project, environment=project.environment | {"ENGINE": "yes"})
    engine.pulumi("up", "--yes", "--skip-preview", "--stack", stack)


def test_no_label_is_made_twice_and_azure_takes_each() -> None:
    made = {own("dev") for _ in range(1000)}
    assert len(made) == 1000
    for stack in ("dev", "windows", "1", "x" * 100):
        assert dns_label(own(stack))


@pytest.mark.engine
def test_first_use_makes_one_and_later_ones_keep_it(project: Project) -> None:
    said = project.good("preview")
    first = label(project)
    assert first is not None
    assert re.fullmatch(SHAPE.format("dev"), first)
    assert f"the gateway's name begins with {first}" in said
    for command in ("preview", "up", "down", "up"):
        project.good(command, ENGINE="yes" if command != "preview" else "no")
        assert label(project) == first


@pytest.mark.engine
def test_a_label_of_the_users_own_is_kept(made: Project) -> None:
    made.pulumi("config", "set", "dnsLabel", "lunch-of-alice", "--stack", "dev")
    made.good("up", ENGINE="yes")
    assert label(made) == "lunch-of-alice"


@pytest.mark.engine
def test_a_stack_from_before_keeps_the_name_that_phones_know(made: Project) -> None:
    """It was brought up without a label: the program made one of the stack's name."""
    forget(made.settings)
    up_without_make(made, "dev")
    made.good("preview")
    assert label(made) is None
    made.good("down", ENGINE="yes")
    made.good("up", ENGINE="yes")
    assert label(made) is None


@pytest.mark.engine
def test_a_lost_label_comes_back(used: Project) -> None:
    before = label(used)
    forget(used.settings)
    assert f"the gateway's name begins with {before}" in used.good("preview")
    assert label(used) == before


@pytest.mark.engine
def test_a_stack_that_was_only_looked_at_gets_one(made: Project) -> None:
    forget(made.settings)
    made.good("preview")
    assert label(made)


@pytest.mark.engine
def test_another_stack_in_the_same_region_gets_its_own(made: Project) -> None:
    made.good("preview", "--stack", "tokyo", "--like", "dev")
    assert re.fullmatch(SHAPE.format("tokyo"), label(made, "tokyo") or "")
    assert label(made)


@pytest.mark.engine
def test_in_another_region_the_same_label_is_another_name(made: Project) -> None:
    made.good("preview", "--stack", "dev-japaneast", "--region", "japaneast", "--like", "dev")
    assert label(made, "dev-japaneast") == label(made)


@pytest.mark.engine
def test_on_a_runner_whose_files_are_lost_each_time(used: Project) -> None:
    shared = {"CI": "true"} | used.exports
    file = used.clone / "Pulumi.dev-2.yaml"
    labels = set()
    for _ in range(2):
        used.good("up", "--stack", "dev-2", "--like", "dev", **shared, ENGINE="yes")
        labels.add(label(used, "dev-2"))
        file.unlink()
    (one,) = labels
    assert one != label(used)
    assert re.fullmatch(SHAPE.format("dev-2"), one or "")


@pytest.mark.engine
def test_a_runner_takes_no_label_to_a_stack_from_before(used: Project) -> None:
    """Phones know that stack by the name that the program made."""
    shared = {"CI": "true"} | used.exports
    like = ("preview", "--stack", "dev-2", "--like", "dev")
    used.good(*like, **shared)
    forget(used.clone / "Pulumi.dev-2.yaml")
    up_without_make(used, "dev-2")
    (used.clone / "Pulumi.dev-2.yaml").unlink()
    used.good(*like, **shared)
    assert label(used, "dev-2") is None
