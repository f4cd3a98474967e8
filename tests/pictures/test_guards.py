"""The picture of the guards follows the workflow, and refuses what it can't draw."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pictures import ROOT, guards

WORKFLOW = ROOT / ".github/workflows/lunch.yml"


def workflow(path: Path, *crons: str) -> Path:
    lines = "\n".join(f'    - cron: "{cron}"' for cron in crons)
    path.write_text(f"on:\n  schedule:\n{lines}\n")
    return path


def known(path: Path) -> list[tuple[str, str, str]]:
    return [(each.action, each.days, guards.clock(each.hour)) for each in guards.starts(path)]


def test_hours_are_those_that_the_workflow_says_beside_its_cron_lines() -> None:
    """Its comments are for people, and are checked here against what is drawn."""
    found = known(WORKFLOW)
    assert [action for action, _, _ in found] == ["up", "down", *["guard"] * 3]
    text = WORKFLOW.read_text(encoding="utf-8")
    commented = re.findall(r"\d\d:\d\d", "".join(re.findall(r"- cron: .*# (.*)", text)))
    assert [hour for _, _, hour in found] == commented
    drawn = guards.draw(ROOT)
    assert all(f">{hour}<" in drawn for _, _, hour in found)


def test_the_drawing_moves_with_the_workflow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guards, "SCHEDULE", {"0 0 * * 1-5": "up", "30 23 * * *": "guard"})
    path = workflow(tmp_path / "lunch.yml", "0 0 * * 1-5", "30 23 * * *")
    expected = [("up", "Monday to Friday", "09:00"), ("guard", "every day", "08:30")]
    assert known(path) == expected


@pytest.mark.parametrize("cron", ["17 2 * * 2", "18 2 * * 1-5", "17 2 1 * 1-5"])
def test_a_line_that_starts_nothing_is_refused(cron: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected one of 17 2"):
        guards.starts(workflow(tmp_path / "lunch.yml", cron))


def test_another_day_in_japan_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "SCHEDULE", {"0 15 * * 1-5": "down"})
    with pytest.raises(ValueError, match="another day in Japan"):
        guards.starts(workflow(tmp_path / "lunch.yml", "0 15 * * 1-5"))


def test_the_stop_is_the_example_of_the_setting(tmp_path: Path) -> None:
    text = 'config: {shutdownTime: {description: such as "01:45"}}'
    (tmp_path / "Pulumi.yaml").write_text(text)
    assert guards.clock(guards.stop(tmp_path / "Pulumi.yaml")) == "01:45"
    (tmp_path / "Pulumi.yaml").write_text(text.replace("such as", "not"))
    with pytest.raises(ValueError, match="no example"):
        guards.stop(tmp_path / "Pulumi.yaml")
    assert guards.stop(ROOT / "Pulumi.yaml") == 13.5
