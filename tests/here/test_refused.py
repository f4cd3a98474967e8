"""What `make try` and `make up HERE=yes` refuse, before a Pulumi is fetched or an image built."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import here.__main__ as command
from here import computer, door, stay
from lab.host import LabError
from lab.lab import Lab

PASSWORDS = "alice: a-password-4711-of-alice"
GOOD = f"psk: a-key-4711-4711-4711\nusers: {{{PASSWORDS}, bob: a-password-4711-of-bob}}"


@pytest.fixture(autouse=True)
def _nothing_begins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def begins(*_: object, **__: object) -> None:
        pytest.fail("it began")

    for module, name in ((command, "standing"), (stay, "obtain"), (stay, "started")):
        monkeypatch.setattr(module, name, begins)
    monkeypatch.setattr(Lab, "start_world", begins)
    monkeypatch.setattr(stay, "directory", lambda: tmp_path / "here")


def refused(say: Callable[[], str], *arguments: str) -> tuple[int, str]:
    status = command.main(arguments)
    (line,) = say().splitlines()
    return status, line


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    return lambda: capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (None, "No such file or directory"),
        ("psk: [", "line 1, column 7: a [ or { above here has no ] or }"),
        (f"psk: short\nusers: {{{PASSWORDS}}}", "psk: the pre-shared key has 5 characters"),
        (f"psk: a-key-4711-4711-4711\nusers: {{{PASSWORDS}}}", "users: expected two or more"),
        *(
            (f"{GOOD}\n{setting}", f"{key}: the world here has")
            for key, setting in (
                ("vnetSubnet", "vnetSubnet: 10.7.0.0/24"),
                ("dnsServers", "dnsServers: [9.9.9.9]"),
            )
        ),
        (
            f"psk: a-key-4711-4711-4711\nusers: {{{PASSWORDS}, bob: CHANGE ME CHANGE ME}}",
            "users: user bob: the password is a text that was to be replaced",
        ),
    ],
    ids=["missing", "no YAML", "psk", "users", "network", "resolvers", "placeholder"],
)
def test_settings_that_the_program_would_refuse(
    text: str | None, line: str, tmp_path: Path, said: Callable[[], str]
) -> None:
    file = tmp_path / "mine.yaml"
    if text:
        file.write_text(text)
    status, told = refused(said, "try", "--settings", str(file), "--out", str(tmp_path / "out"))
    assert (status, told[: len(f"SETTINGS: {file}: ")]) == (2, f"SETTINGS: {file}: ")
    assert line in told
    assert not (tmp_path / "out").exists()


def no_namespaces(monkeypatch: pytest.MonkeyPatch) -> None:
    words = "unshare: unshare failed: Operation not permitted\n"
    said = subprocess.CompletedProcess([], 1, "", words)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: said)


def test_without_namespaces(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: Callable[[], str]
) -> None:
    no_namespaces(monkeypatch)
    monkeypatch.setattr(command, "_read", lambda _: {})
    status, line = refused(said, "try", "--out", str(tmp_path / "out"))
    assert status == 2
    assert "Operation not permitted; run it as root, or allow user namespaces" in line
    status, line = refused(said, "ops", "up", "--stack", "here")
    assert status == 1
    assert line.startswith("up: no network of its own for the computer that types make up: unshare")
    assert not list(tmp_path.iterdir())


def test_this_system_can(tmp_path: Path) -> None:
    computer.require()


def test_a_port_that_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: Callable[[], str]
) -> None:
    def taken(address: str) -> None:
        raise LabError(f"PHONE: UDP 500 of {address} is taken by another program")

    monkeypatch.setattr(door, "require", taken)
    status, line = refused(said, "ops", "--phone", "192.0.2.7", "up", "--stack", "here")
    assert (status, line) == (1, "up: PHONE: UDP 500 of 192.0.2.7 is taken by another program")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["status", "output", "logs", "preview", "down", "user"])
def test_where_none_stands_nothing_is_fetched(
    name: str, said: Callable[[], str], tmp_path: Path
) -> None:
    line = f"{name}: no stack here yet; make up HERE=yes"
    assert refused(said, "ops", name, "--stack", "here") == (1, line)
    assert not (tmp_path / "here").exists()


def test_one_that_was_there_may_be_asked(tmp_path: Path) -> None:
    file = tmp_path / "here/project/Pulumi.here.yaml"
    file.parent.mkdir(parents=True)
    file.touch()
    with pytest.raises(pytest.fail.Exception, match="it began"):
        command.main(["ops", "status"])


def test_which_command(said: Callable[[], str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["ops"])
    assert "expected one of make's commands, such as status" in said()


def test_where_nothing_can_be_kept(
    said: Callable[[], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(stay, "_refuse", lambda *_: None)
    monkeypatch.setattr(stay, "directory", lambda: tmp_path / "file/here")
    (tmp_path / "file").touch()
    line = f"up: {tmp_path}/file/here can't be made (Not a directory); set XDG_DATA_HOME to a"
    assert refused(said, "ops", "up")[1].startswith(line)
