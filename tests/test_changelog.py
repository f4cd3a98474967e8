"""CHANGELOG.md says for each version whether it replaces the machine, and says it truly."""

from __future__ import annotations

import hashlib
import re
from itertools import pairwise
from typing import NamedTuple

import yaml

from cloud_init.user_data import user_data
from settings.guest import parse
from tests.test_linters import text_of


class Version(NamedTuple):
    """What the changelog says of one."""

    name: str
    replaces: str
    guest: str
    """How the SHA-256 of the example's user-data begins; nothing where it is not said."""


VERSION = re.compile(
    r"^## (\[Unreleased\]|\d{4}-\d\d-\d\d)\n\n"
    r"\*\*Replaces the machine: (yes|no|first version)\.\*\*[^`\n]*(?:`([0-9a-f]{12})`)?",
    re.MULTILINE,
)


def versions(changelog: str) -> list[Version]:
    """Newest first."""
    return [Version(*found) for found in VERSION.findall(changelog)]


def faults(changelog: str, guest: str) -> list[str]:
    """What is not so. ``guest`` is that of the working tree."""
    told = versions(changelog)
    heads = re.findall(r"^## (.+)$", changelog, re.MULTILINE)
    silent = [f"{head} says nothing" for head in heads if head not in {each.name for each in told}]
    # Of what is not released yet only a "no" can be held against something.
    newest = told[0]._replace(guest=guest if told[0].replaces == "no" else "")
    wrong = [
        f"{later.name} says {later.replaces}"
        for later, earlier in pairwise([newest, *told[1:]])
        if later.guest and (later.guest != earlier.guest) != (later.replaces == "yes")
    ]
    unsaid = [f"{each.name} has no guest" for each in told[1:] if not each.guest]
    return silent + wrong + unsaid


def guest_now() -> str:
    settings = parse(yaml.safe_load(text_of("settings.example.yaml")))
    return hashlib.sha256(user_data(settings).encode()).hexdigest()[:12]


def test_the_changelog_is_true() -> None:
    assert faults(text_of("CHANGELOG.md"), guest_now()) == []
    assert versions(text_of("CHANGELOG.md"))[0].name == "[Unreleased]"


SAYS = "## {}\n\n**Replaces the machine: {}.** Guest: `{}`.\n\n"
OLD, NEW = "0" * 12, "1" * 12
FIRST = SAYS.format("2026-11-22", "first version", OLD)


def test_what_is_untrue_is_found() -> None:
    unreleased = "## [Unreleased]\n\n**Replaces the machine: {}.**\n\n"
    assert faults(unreleased.format("no") + FIRST, OLD) == []
    assert faults(unreleased.format("yes") + FIRST, OLD) == []
    assert faults(unreleased.format("no") + FIRST, NEW) == ["[Unreleased] says no"]
    day = unreleased.format("yes") + SAYS + FIRST
    assert faults(day.format("2026-11-23", "no", NEW), OLD) == ["2026-11-23 says no"]
    assert faults(day.format("2026-11-23", "yes", OLD), OLD) == ["2026-11-23 says yes"]
    assert faults(day.format("Soon", "yes", NEW), OLD) == ["Soon says nothing"]
    assert faults(FIRST + "## 2026-11-21\n\nAll is new.\n", OLD) == ["2026-11-21 says nothing"]
