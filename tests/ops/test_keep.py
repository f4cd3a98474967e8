"""``make backup`` and ``make forget``: what this computer keeps of a stack."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.ops.conftest import Project

pytestmark = pytest.mark.engine


def kept(file: Path) -> dict[str, bytes]:
    with tarfile.open(file) as tar:
        assert all(entry.isfile() and entry.mode == 0o600 for entry in tar)
        contents = ((entry.name, tar.extractfile(entry)) for entry in tar)
        return {name: content.read() for name, content in contents if content}


def test_all_that_a_stack_needs(used: Project) -> None:
    before = os.umask(0)
    try:
        said = used.good("backup")
    finally:
        os.umask(before)
    (file,) = (used.root / "home").glob("lunch-gateway-dev-20*.tar")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    found = kept(file)
    state = used.state / ".pulumi/stacks/lunch-gateway/dev.json"
    where = found.pop("where-it-goes.txt").decode()
    assert found == {
        "settings": used.settings.read_bytes(),
        "passphrase": used.passphrase.read_bytes(),
        "state": state.read_bytes(),
    }
    for path in (used.settings, used.passphrase, state):
        assert str(path) in where
        assert str(path) in said
    assert "Whoever has that file has every secret of the stack" in said


def test_what_was_kept_can_be_put_back(used: Project) -> None:
    """As the note in it says, after everything was lost."""
    secrets = used.secrets()
    file = used.root / "copy.tar"
    used.good("backup", "--to", str(file))
    for lost in (used.settings, used.passphrase):
        lost.unlink()
    shutil.rmtree(used.state)
    found = kept(file)
    for line in found["where-it-goes.txt"].decode().splitlines():
        name, _, path = line.partition(": ")
        if name in found:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_bytes(found[name])
    assert used.secrets() == secrets
    assert "stack dev: stands" in used.good("status")


def test_a_passphrase_that_is_typed_is_not_in_it(project: Project) -> None:
    own = {"PULUMI_CONFIG_PASSPHRASE": "own words"}
    project.good("preview", **own)
    file = project.root / "copy.tar"
    project.good("backup", "--to", str(file), **own)
    found = kept(file)
    assert set(found) == {"settings", "state", "where-it-goes.txt"}
    assert b"you typed it" in found["where-it-goes.txt"]
    assert b"own words" not in file.read_bytes()


def test_a_copy_that_can_not_be_written_leaves_nothing(used: Project) -> None:
    # The second is a file, in which no name can be made or removed.
    for there in (used.root / "nowhere", used.passphrase):
        line = used.refused("backup", "--to", str(there / "copy.tar"))
        assert f"TO: there is no directory {there}; name a file in one that is there" in line
    line = used.refused("backup", "--to", str(used.root / "home"))
    assert "is there already; name another file" in line
    used.settings.unlink()
    assert "is gone, and the stack's secrets with it" in used.refused("backup")
    assert list(used.root.rglob("*.tar*")) == []


@pytest.mark.parametrize("to", ["copy.tar", "build/../copy.tar", "{clone}/copy.tar"])
def test_git_must_not_get_it(used: Project, to: str) -> None:
    line = used.refused("backup", "--to", to.format(clone=used.clone))
    assert "lies in the clone, where git might take it" in line
    assert list(used.root.rglob("*.tar*")) == []


def test_no_copy_on_a_ci_machine(used: Project) -> None:
    line = used.refused("backup", CI="true", **used.exports)
    assert "holds every secret in the clear; not on a CI machine" in line


# Forget.


def forget(project: Project, answer: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ops", "forget"],
        cwd=project.clone,
        env=project.environment,
        input=answer,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_stack_that_stands_is_not_forgotten(used: Project) -> None:
    line = used.refused("forget")
    assert "stands, and would go on costing money unseen; first make down STACK=dev" in line
    assert used.settings.exists()


@pytest.mark.parametrize("answer", ["", "\n", "yes\n", "de\n", "DEV\n"])
def test_without_its_name_nothing_is_forgotten(made: Project, answer: str) -> None:
    before = made.secrets()
    done = forget(made, answer)
    assert done.returncode == 1
    assert done.stderr == "forget: that is not dev; nothing was removed\n"
    assert made.secrets() == before


def test_forgotten(used: Project) -> None:
    used.good("up", ENGINE="yes")
    assert (used.clone / "build/profiles/dev").exists()
    used.good("down", ENGINE="yes")
    done = forget(used, "dev\n")
    assert done.returncode == 0, done.stderr
    assert "Type the stack's name to go on: " in done.stdout
    assert "make backup STACK=dev" in done.stdout
    assert "stack dev is forgotten" in done.stdout
    assert f"what is left of the project besides this clone: {used.passphrase}" in done.stdout
    assert not used.settings.exists()
    assert not (used.clone / "build/profiles/dev").exists()
    assert list(used.state.rglob("dev.json")) == []
    assert "there is no stack dev" in used.refused("forget")


def test_another_stack_stays(made: Project) -> None:
    made.good("preview", "--stack", "tokyo", "--region", "japaneast")
    done = forget(made, "dev\n")
    assert done.returncode == 0, done.stderr
    assert "what is left of the project" not in done.stdout
    assert made.secrets("tokyo")
