"""Profiles of a deployed stack: what Pulumi says, and what it refuses to say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from profiles import stack
from profiles.account import ProfileError
from tests.cloud_init.test_render import tree
from tests.profiles.test_command import SECRET, SETTINGS, refusal, run, written

OUTPUTS = {
    "server": SETTINGS["serverName"],
    "psk": SETTINGS["psk"],
    "passwords": SETTINGS["users"],
    "protocols": ["l2tp", "ikev2"],
    "modp1024": "reject",
    "address": "203.0.113.5",
}


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Pulumi that writes down how it was called and says what its file ``stdout`` holds."""
    directory = tmp_path / "bin"
    directory.mkdir()
    program = directory / "pulumi"
    program.write_text(
        '#!/bin/sh\ntest -f Pulumi.yaml || exit 9\ncd "$(dirname "$0")"\necho "$@" >arguments\n'
        'cat stderr >&2 2>/dev/null\ncat stdout\nexit "$(cat status)"\n',
        encoding="utf-8",
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{directory}:/usr/bin:/bin")
    say(directory, OUTPUTS)
    return directory


def say(directory: Path, outputs: Any, stderr: str = "", status: int = 0) -> None:
    text = outputs if isinstance(outputs, str) else json.dumps(outputs)
    (directory / "stdout").write_text(text, encoding="utf-8")
    (directory / "stderr").write_text(stderr, encoding="utf-8")
    (directory / "status").write_text(str(status), encoding="utf-8")


def test_a_stack_gives_what_its_settings_give(
    pulumi: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("--stack", "dev", "--out", str(tmp_path / "a"))
    assert (done.returncode, done.stderr) == (0, "")
    run("--settings", str(written(tmp_path)), "--out", str(tmp_path / "b"))
    assert tree(tmp_path / "a") == tree(tmp_path / "b")
    arguments = (pulumi / "arguments").read_text(encoding="utf-8")
    assert arguments.strip() == "stack output --show-secrets --stack dev --json --non-interactive"


def test_an_older_gateway_speaks_l2tp_only(pulumi: Path) -> None:
    younger = ("protocols", "modp1024")
    say(pulumi, {name: value for name, value in OUTPUTS.items() if name not in younger})
    older = stack.settings("dev")
    assert (older.protocols, older.modp1024) == (("l2tp",), "reject")


def test_a_stack_that_takes_old_phones_says_so(pulumi: Path) -> None:
    say(pulumi, {**OUTPUTS, "modp1024": "allow"})
    assert stack.settings("dev").modp1024 == "allow"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (({},), "stack dev: has no output server, psk, passwords yet; deploy it first: make up"),
        (({**OUTPUTS, "psk": "short"},), "stack dev: psk: the pre-shared key has 5 characters"),
        ((f"{SECRET} is no JSON",), "pulumi stack: what it prints is no JSON"),
        (("[]",), "pulumi stack: its outputs of stack dev are no JSON map"),
        (
            ("", "warning: old\nerror: no stack named 'dev' found\n\nadvice\n", 255),
            "pulumi stack: no stack named 'dev' found",
        ),
        (("", "something else\n", 1), "pulumi stack: something else"),
        (("", "", 1), "pulumi stack: failed without a word"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_a_failure_gets_one_line(
    said: tuple[Any, ...], expected: str, pulumi: Path, tmp_path: Path
) -> None:
    say(pulumi, *said)
    run("--stack", "dev", "--out", str(tmp_path / "out"))  # writes its arguments down
    line = refusal(tmp_path, "--stack", "dev", "--out", str(tmp_path / "out"))
    assert line.startswith(expected)


def test_without_pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    line = refusal(tmp_path, "--stack", "dev", "--out", str(tmp_path / "out"))
    assert line.startswith("Pulumi's command is missing; install it")


def test_a_backend_that_hangs(pulumi: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (pulumi / "pulumi").write_text("#!/bin/sh\nexec sleep 60\n", encoding="utf-8")
    monkeypatch.setattr(stack, "TIMEOUT", 0.2)
    with pytest.raises(ProfileError, match="no answer about stack dev for"):
        stack.settings("dev")


def test_a_name_that_is_none(pulumi: Path, tmp_path: Path) -> None:
    line = refusal(tmp_path, "--stack", "a b", "--out", str(tmp_path / "out"))
    assert line.startswith("STACK: 'a b' is not a stack's name")
    assert not (pulumi / "arguments").exists()


def test_a_stack_names_itself(pulumi: Path, tmp_path: Path) -> None:
    arguments = ("--stack", "dev", "--server", "x.example", "--out", str(tmp_path / "out"))
    assert refusal(tmp_path, *arguments).startswith("--server: goes with --settings")
    assert not (pulumi / "arguments").exists()
