"""``make diff``: what a clone changes inside the guest, by each side's own code."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ops.ci.guests import CHOICES
from ops.diff import RENDERER
from tests.ops.conftest import ROOT


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    clone = tmp_path_factory.mktemp("committed") / "clone"
    clone.mkdir()
    for name in RENDERER:
        if name.endswith("/"):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, clone / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, clone)
    git(clone, "init", "--quiet", "--initial-branch", "main")
    git(clone, "add", ".")
    who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    git(clone, *who, "commit", "--quiet", "--message", "all")
    return clone


@pytest.fixture
def clone(committed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(committed, tmp_path / "clone", symlinks=True))


def git(clone: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=clone, check=True, capture_output=True)


def diff(clone: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ops", "diff", *arguments],
        cwd=clone,
        capture_output=True,
        text=True,
        check=False,
    )


def said(clone: Path, *arguments: str) -> list[str]:
    done = diff(clone, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_no_difference_is_said_of_what_was_looked_at(clone: Path) -> None:
    assert said(clone) == [
        f"The same guest, to the byte, with: {', '.join(CHOICES)}",
        "Other settings were not looked at.",
    ]


def test_a_file_that_only_one_choice_brings(clone: Path) -> None:
    (file,) = [
        path for path in (clone / "cloud_init").rglob("modp1024.conf*") if "swanctl" in str(path)
    ]
    file.write_text(file.read_text() + "\nx = y\n")
    lines = said(clone)
    assert "+x = y" in lines
    assert lines[-4] == "The guest differs from main's with: modp1024: allow"
    assert lines[-3] == "There an update replaces the machine: some minutes without VPN."
    assert "defaults" in lines[-2]


def test_code_that_changes_the_guest(clone: Path) -> None:
    """Which a pull request's comment does not run, and this does: on each side its own."""
    code = clone / "cloud_init/user_data.py"
    text = code.read_text()
    code.write_text(text.replace('"ssh_pwauth": False', '"ssh_pwauth": None'))
    assert code.read_text() != text
    lines = said(clone)
    assert "-ssh_pwauth: false" in lines
    assert "+ssh_pwauth: null" in lines
    assert f"The guest differs from main's with: {', '.join(CHOICES)}" in lines


def test_against_another_commit(clone: Path) -> None:
    file = clone / "settings.example.yaml"
    file.write_text(file.read_text().replace("mtu: 1280", "mtu: 1300"))
    git(clone, "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-qam", "b")
    assert not any("differs" in line for line in said(clone, "--base", "HEAD"))
    assert any(
        line == "The guest differs from HEAD~1's with: settings.example.yaml"
        for line in said(clone, "--base", "HEAD~1")
    )


def test_no_secret_is_shown(clone: Path) -> None:
    file = clone / "settings.example.yaml"
    secret = "another-secret-4711"
    file.write_text(
        file.read_text()
        .replace("throw-away-example-key-4711", secret)
        .replace("serverName: vpn.example.test", "serverName: other.example.test")
    )
    lines = said(clone)
    assert any("other.example.test" in line for line in lines)
    assert secret not in "\n".join(lines)


def test_a_guest_that_can_not_be_made(clone: Path) -> None:
    file = clone / "settings.example.yaml"
    file.write_text(file.read_text().replace("mtu: 1280", "mtu: 7"))
    done = diff(clone)
    assert done.returncode == 1
    assert "not rendered, so nothing is known: this clone with settings.example.yaml: mtu" in (
        done.stdout
    )
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("base", ["nowhere", "--all", "", "HEAD:ops"])
def test_a_base_that_is_no_commit(base: str, clone: Path) -> None:
    done = diff(clone, f"--base={base}")
    assert done.returncode == 1
    assert done.stderr.startswith(f"diff: BASE: {base!r} is no commit of this clone")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("lost", "line"),
    [
        ("ops/ci/guests.py", "diff: BASE: main is older than make diff; name a later commit"),
        ("ops/cli.py", "diff: BASE: main can't render its guests ("),
    ],
)
def test_a_base_that_has_no_renderer(clone: Path, lost: str, line: str) -> None:
    git(clone, "rm", "-q", "--cached", lost)
    git(clone, "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-qm", "b")
    done = diff(clone)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(line)
    assert done.stderr.count("\n") == 1
