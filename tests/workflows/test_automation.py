"""What docs/automation.md says of Azure and GitHub, where no run of ours would notice a mistake."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ops.ci.guests import CHOICES

PAGE = (Path(__file__).parents[2] / "docs/automation.md").read_text(encoding="utf-8")


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
