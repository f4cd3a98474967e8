"""``python -m profiles``, as its user meets it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import yaml

from profiles import output
from profiles.__main__ import main
from profiles.account import ProfileError, accounts
from profiles.bundle import files
from profiles.page import render
from settings.guest import parse
from tests.cloud_init.conftest import EXAMPLE
from tests.cloud_init.test_render import tree

SECRET = "Xsecret-that-must-not-show"
SETTINGS = {
    "psk": f"{SECRET}-key",
    "users": {"alice": SECRET, "bob@example.org": f"{SECRET} 'quoted'"},
    "serverName": "vpn.home.arpa",
}


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def run(*arguments: str, umask: int = 0o022, **environment: str) -> Done:
    """The command, in this process, since starting another takes longer than its work."""
    out, err = io.StringIO(), io.StringIO()
    before = os.umask(umask)
    try:
        with redirect_stdout(out), redirect_stderr(err), patch.dict(os.environ, environment):
            status = main(arguments)
    finally:
        os.umask(before)
    return Done(status, out.getvalue(), err.getvalue())


@pytest.mark.parametrize("module", ["profiles", "cloud_init", "settings", "lab", "bench", "here"])
def test_a_python_without_its_packages_is_told_in_a_line(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-m", module, "--help"],
        cwd=EXAMPLE.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    (line,) = done.stderr.splitlines()
    assert "into .venv; then .venv/bin/python -m " in line
    assert (done.returncode, done.stdout) == (1, "")


def test_it_is_a_program(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "profiles",
        "--settings",
        str(written(tmp_path)),
    ]
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "out")],
        cwd=EXAMPLE.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "out/alice/alice.html").exists()
    failed = subprocess.run(
        command, cwd=EXAMPLE.parent, capture_output=True, text=True, check=False
    )
    assert failed.returncode == 2
    assert "--out" in failed.stderr


def written(directory: Path, **changes: Any) -> Path:
    path = directory / "settings.yaml"
    path.write_text(yaml.safe_dump({**SETTINGS, **changes}), encoding="utf-8")
    return path


def refusal(directory: Path, *arguments: str) -> str:
    """The one line with which a run failed, having left everything as it was."""
    before = tree(directory)
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert tree(directory) == before
    assert SECRET not in done.stderr
    (line,) = done.stderr.splitlines()
    assert "Traceback" not in line
    return line


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_everybody_gets_everything_and_nobody_else_reads_it(tmp_path: Path, umask: int) -> None:
    out = tmp_path / "new/out"
    title = "昼休み"
    done = run(
        "--settings", str(written(tmp_path)), "--out", str(out), "--title", title, umask=umask
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert SECRET not in done.stdout
    found = tree(out)
    assert found.pop(output.MARKER)[0] == 0o600
    for account in accounts(parse(SETTINGS), "vpn.home.arpa", title):
        made = files(account)
        page = f"{account.user}/{account.user}.html"
        assert page in done.stdout
        assert found.pop(account.user) == (0o700, b"")
        assert found.pop(page) == (0o600, render(account, made).encode())
        for file in made.values():
            assert found.pop(f"{account.user}/{file.name}") == (0o600, file.content)
    assert found == {}
    assert out.stat().st_mode & 0o777 == 0o700


def test_the_same_settings_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        run("--settings", str(written(tmp_path)), "--out", str(tmp_path / name))
    assert tree(tmp_path / "a") == tree(tmp_path / "b")


def test_who_is_gone_is_gone(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run("--settings", str(written(tmp_path)), "--out", str(out))
    assert (out / "bob@example.org").is_dir()
    run("--settings", str(written(tmp_path, users={"alice": SECRET})), "--out", str(out))
    assert {path.name for path in out.iterdir()} == {"alice", output.MARKER}
    assert {path.name for path in tmp_path.iterdir()} == {"out", "settings.yaml"}


def test_the_server_can_be_named(tmp_path: Path) -> None:
    nameless = written(tmp_path, serverName="")
    arguments = ("--settings", str(nameless), "--out", str(tmp_path / "out"))
    assert refusal(tmp_path, *arguments) == (
        f"{nameless}: says no serverName; add it, or give --server NAME"
        " (on Azure LABEL.REGION.cloudapp.azure.com)"
    )
    assert run(*arguments, "--server", "203.0.113.5").returncode == 0
    text = (tmp_path / "out/alice/alice.html").read_text(encoding="utf-8")
    assert "203.0.113.5" in text


def test_a_short_password_is_told_of(tmp_path: Path) -> None:
    short = written(tmp_path, users={"alice": "0123456789 abcdefgh"})
    done = run("--settings", str(short), "--out", str(tmp_path / "out"))
    assert done.returncode == 0
    (line,) = done.stderr.splitlines()
    assert line.startswith("note: alice: no IKEv2 for Linux")
    assert not (tmp_path / "out/alice/alice-ikev2.nmconnection").exists()
    assert (tmp_path / "out/alice/alice-l2tp.nmconnection").exists()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--server", "no name"], "server: 'no name' is no full DNS name"),
        (["--server", ""], "server: "),
        (["--title", "a/b"], "title: 'a/b' is not usable"),
        (["--title", ""], "title: '' is not usable"),
    ],
)
def test_a_mistake_gets_one_line(arguments: list[str], expected: str, tmp_path: Path) -> None:
    fixed = ("--settings", str(written(tmp_path)), "--out", str(tmp_path / "out"))
    assert refusal(tmp_path, *fixed, *arguments).startswith(expected)


def test_settings_that_can_not_be_used(tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    bad = written(tmp_path, users={"a b": SECRET})
    line = refusal(tmp_path, "--settings", str(bad), "--out", out)
    assert line.startswith(f"{bad}: users: the 1st name is")
    line = refusal(tmp_path, "--settings", str(tmp_path / "none"), "--out", out)
    assert line == f"{tmp_path / 'none'}: No such file or directory"
    bad.write_text(f"{SECRET}: [", encoding="utf-8")
    assert "has no ] or }" in refusal(tmp_path, "--settings", str(bad), "--out", out)


def test_who_looks_at_the_example_is_told_how(tmp_path: Path) -> None:
    arguments = ("--settings", str(EXAMPLE), "--out", str(tmp_path / "out"))
    done = run(*arguments)
    assert done.returncode == 2
    hint = f"{EXAMPLE}: only to look at pages, python -m profiles has --example"
    assert done.stderr.splitlines()[-1] == hint
    assert run(*arguments, "--example").returncode == 0


def test_a_directory_of_somebody_else(tmp_path: Path) -> None:
    settings, theirs = written(tmp_path), tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "diary").write_text("dear diary", encoding="utf-8")
    line = refusal(tmp_path, "--settings", str(settings), "--out", str(theirs))
    assert line == f"{theirs}: holds files that this command did not write; name a new one"
    line = refusal(tmp_path, "--settings", str(settings), "--out", str(theirs / "diary"))
    assert line == f"{theirs / 'diary'}: is a file; name a new directory"
    below = str(theirs / "diary" / "sub")
    assert refusal(tmp_path, "--settings", str(settings), "--out", below) == line


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    directory = tmp_path / "repository"
    (directory / "kept").mkdir(parents=True)
    (directory / ".gitignore").write_text("/build/\n*.html\n", encoding="utf-8")
    subprocess.run(["git", "init", "--quiet", str(directory)], check=True)
    return directory


@pytest.mark.parametrize("place", ["profiles", "kept/deep/profiles", "."])
def test_git_must_not_get_it(place: str, repository: Path, tmp_path: Path) -> None:
    settings, out = written(tmp_path), repository / place
    if place == ".":
        (out / output.MARKER).touch()
    line = refusal(tmp_path, "--settings", str(settings), "--out", str(out))
    assert line.startswith(f"{out.resolve()}: lies in a git repository that does not ignore it")


def test_git_must_not_have_it_already(repository: Path, tmp_path: Path) -> None:
    out = repository / "build/profiles"
    out.mkdir(parents=True)
    for name in (output.MARKER, "page.html"):
        (out / name).touch()
    subprocess.run(
        ["git", "-C", str(repository), "add", "--force", str(out / "page.html")], check=True
    )
    line = refusal(tmp_path, "--settings", str(written(tmp_path)), "--out", str(out))
    assert "git" in line


def test_what_git_ignores_is_fine(repository: Path, tmp_path: Path) -> None:
    out = repository / "build/profiles"
    # A hook's view of where the repository is must not matter.
    done = run(
        *("--settings", str(written(tmp_path)), "--out", str(out)), GIT_DIR=str(tmp_path / "other")
    )
    assert done.returncode == 0, done.stderr
    status = subprocess.run(
        ["git", "-C", str(repository), "status", "--porcelain", "--untracked-files=all"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert status == "?? .gitignore\n"


def test_without_git_nobody_can_say(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProfileError, match="git"):
        output.refuse_git(repository / "build")
    output.refuse_git(tmp_path / "elsewhere")


def test_a_failure_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    output.write(out, {"alice": {"x": b"old"}})
    before = tree(tmp_path)
    with pytest.raises(FileExistsError):
        output.write(out, {"alice": {"y": b"new", ".": b""}})
    assert tree(tmp_path) == before
