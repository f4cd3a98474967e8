"""The locks: what `make up` installs is what was tested, to the byte."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
NAMES = ("requirements", "requirements-profiles")
LOCKS = {name: (ROOT / f"{name}.lock").read_text() for name in NAMES}


def pinned(text: str) -> dict[str, str]:
    """Version by name, of a file like pip's."""
    lines = re.findall(r"^([A-Za-z][\w.-]*)==([\w.]+)", text, re.MULTILINE)
    return {canonicalize_name(name): version for name, version in lines}


def needed(name: str) -> Iterator[str]:
    """A package and all that it needs here, as the packages themselves say."""
    yield name
    for text in requires(name) or ():
        requirement = Requirement(text)
        if not requirement.marker or requirement.marker.evaluate({"extra": ""}):
            yield from needed(canonicalize_name(requirement.name))


@pytest.mark.parametrize("name", NAMES)
def test_it_has_the_tested_versions(name: str) -> None:
    tested = pinned((ROOT / "constraints.txt").read_text())
    locked = pinned(LOCKS[name])
    assert locked
    assert {name: tested.get(name) for name in locked} == locked


@pytest.mark.parametrize("name", NAMES)
def test_it_holds_what_the_requirements_bring_along_and_no_more(name: str) -> None:
    wanted = pinned((ROOT / f"{name}.txt").read_text())
    assert wanted
    assert set(pinned(LOCKS[name])) == {each for top in wanted for each in needed(top)}


def test_the_small_one_is_small() -> None:
    """Three packages, and what they bring: it is all that a page for a phone needs."""
    assert set(pinned(LOCKS["requirements-profiles"])) == {
        *pinned((ROOT / "requirements-profiles.txt").read_text()),
        "markupsafe",
    }


def faults(lock: str) -> list[str]:
    """Lines that are neither a package of one version with its hashes nor a remark."""
    joined = re.sub(r" \\\n +", " ", lock)
    package = re.compile(r"[a-z][\w.-]*==[\w.]+( --hash=sha256:[0-9a-f]{64})+")
    return [line for line in joined.splitlines() if not re.fullmatch(r"#.*|", line)
            and not package.fullmatch(line)]  # fmt: skip


@pytest.mark.parametrize("lock", LOCKS.values(), ids=NAMES)
def test_every_package_has_its_hashes_and_no_place_is_named(lock: str) -> None:
    assert faults(lock) == []
    assert "://" not in lock
    assert "index" not in lock


@pytest.mark.parametrize(
    "line", ["pulumi==3.1", "pulumi>=3 --hash=sha256:" + "0" * 64, "--index-url x", "-r other.txt"]
)
def test_a_fault_is_found(line: str) -> None:
    assert faults(LOCKS["requirements"] + line + "\n") == [line]


def test_whoever_holds_rights_installs_by_hash() -> None:
    """The workflows' own commands, and make's, which `make up` comes to."""
    files = [ROOT / "Makefile", *(ROOT / ".github/workflows").glob("*.yml")]
    text = "\n".join(file.read_text() for file in files).replace("\\\n", "")
    commands = re.findall(r"pip(?: |3 )install .*", text)
    bare = [command for command in commands if "--require-hashes" not in command]
    # The tests' own tools, and the guest of a stranger's pull request: neither has a right.
    assert {command.split()[-1] for command in bare} == {"requirements-dev.txt", "pyyaml==6.0.3"}
    assert len(commands) - len(bare) == 3, "the comment's, make up's, and what reads files alone"
