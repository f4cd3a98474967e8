"""The verbs, against an agent that plays QEMU's over a real socket."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from lab.host import LabError
from lab.machines import agent as agent_module
from lab.machines import machine as machine_module
from lab.machines.agent import AgentSilent, put
from lab.machines.expectations import ExpectationFailed
from lab.machines.machine import ENDS_AT_RESTART, Machine
from tests.lab.agents import Agent


def test_succeed_returns_the_output(agent: Agent, box: Machine) -> None:
    agent.output = "grüße\n"
    assert box.succeed("hello") == "grüße\n"
    assert agent.commands[-1].endswith("hello")


def test_succeed_fails_with_command_and_output(agent: Agent, box: Machine) -> None:
    agent.status, agent.output = 3, "no such thing"
    with pytest.raises(ExpectationFailed, match=r"(?s)status 3.*do it.*no such thing"):
        box.succeed("do it")


def test_a_failure_has_the_whole_of_a_self_test(agent: Agent, box: Machine) -> None:
    """The fit gateway's has 1,900 characters, and each of its lines may be the one that fails."""
    lines = [
        "FAIL  nat: no rule",
        *["WARN  disk: 91% of / is used, 1 GB is free" for _ in range(80)],
    ]
    agent.status, agent.output = 1, "\n".join(lines)
    with pytest.raises(ExpectationFailed, match="FAIL  nat: no rule"):
        box.succeed("gateway-selftest --gate")
    agent.status = 0
    with pytest.raises(ExpectationFailed, match="FAIL  nat: no rule"):
        box.fail("gateway-selftest")


def test_fail_is_the_opposite(agent: Agent, box: Machine) -> None:
    with pytest.raises(ExpectationFailed, match="must fail"):
        box.fail("true")
    agent.status = 1
    box.fail("false")


def test_command_that_does_not_end(agent: Agent, box: Machine) -> None:
    agent.polls = 1000
    with pytest.raises(ExpectationFailed, match="still running after 0 s"):
        box.succeed("sleep inf", timeout=0.2)


def test_a_command_s_end_is_heard(
    agent: Agent, box: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody would ask after it for a minute."""
    monkeypatch.setattr(agent_module, "UNHEARD", 60.0)
    agent.quiet, agent.polls, agent.output = True, 1, "ok"
    threading.Timer(0.2, agent.say_end).start()
    assert box.succeed("sleep 0.2", timeout=10) == "ok"


def test_a_command_whose_end_is_not_heard_ends_too(agent: Agent, box: Machine) -> None:
    agent.quiet, agent.polls, agent.output = True, 1, "ok"
    assert box.succeed("true") == "ok"


@pytest.mark.parametrize(
    ("command", "status"),
    [("true", 0), ("false", 1), ("echo x; exit 3", 3), ("set -e; false; echo y", 1)],
)
def test_a_command_says_its_end_and_keeps_its_status(
    command: str, status: int, agent: Agent, box: Machine
) -> None:
    """In a shell like the guests', whose port is a terminal here; and where there is none."""
    box.execute(command)
    ours, port = os.openpty()
    os.set_blocking(ours, False)
    said = {}
    for name, path in {"port": os.ttyname(port), "none": "/nowhere/port"}.items():
        script = agent.commands[-1].replace("/dev/virtio-ports/lab.ends", path)
        done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (status, "")
        said[name] = done.stdout
    assert said["port"] == said["none"] == ("x\n" if "x" in command else "")
    assert os.read(ours, 10) == b"\r\n"
    os.close(ours)
    os.close(port)


def test_silence_is_told_with_where_the_console_ends_and_the_room_on_the_disk(
    tmp_path: Path,
) -> None:
    box = Machine("box", tmp_path, tmp_path, [])
    box.console.log.write_text(
        "[ 9.1] reboot: machine restart\r\nBdsDxe: starting Boot0002\r\n\r\n"
    )
    says = r"ends with 'BdsDxe: starting Boot0002'; the host's disk has \d+\.\d GB free$"
    with pytest.raises(AgentSilent, match=says):
        box.execute("true", patience=0.1)


@pytest.mark.parametrize(
    ("console", "line"),
    [
        ("", ""),
        ("[    9.1] cloud-init[439]: Setting up gcc-bpf\r\n", "Setting up gcc-bpf"),
        ("\x1b[2J\x1b[01;01H\x1b[=3hGNU GRUB\r\n\x1b[m  \r\n", "GNU GRUB"),
        ("[\x1b[0;32m  OK  \x1b[0m] Reached target", "[  OK  ] Reached target"),
    ],
    ids=["nothing", "of-a-program", "of-the-boot-loader", "of-systemd"],
)
def test_last_line_is_whoever_s_on_the_console(tmp_path: Path, console: str, line: str) -> None:
    box = Machine("box", tmp_path, tmp_path, [])
    box.console.log.write_text(console)
    assert box.console.last_line() == line


def test_refused_request_is_a_broken_harness(box: Machine, agent: Agent, tmp_path: Path) -> None:
    with pytest.raises(LabError, match="guest-file-open"):
        box.fetch("/etc/passwd", tmp_path / "copy")


def test_nobody_answers(tmp_path: Path) -> None:
    assert not Machine("nobody", tmp_path, tmp_path, []).answers()


def test_ended_qemu_is_reported_with_its_last_words(tmp_path: Path) -> None:
    box = Machine("box", tmp_path, tmp_path, [])
    (tmp_path / "box.qemu.log").write_text("no such disk")
    with pytest.raises(LabError, match="no such disk"):
        box.check_alive()


def test_a_lost_sync_is_tried_again(
    agent: Agent, box: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent_module, "SYNC_PATIENCE", 0.1)
    agent.lost_syncs, agent.output = 1, "ok"
    assert box.succeed("true") == "ok"


def test_a_machine_that_stood_still_is_waited_for(tmp_path: Path) -> None:
    """Its queue of connections is full of the attempts that were given up meanwhile."""
    agent = Agent(tmp_path / "box.agent")
    agent.output = "ok"
    agent.server.listen(0)
    with socket.socket(socket.AF_UNIX) as given_up, socket.socket(socket.AF_UNIX) as one_more:
        given_up.connect(str(tmp_path / "box.agent"))
        one_more.setblocking(False)
        with pytest.raises(BlockingIOError):
            one_more.connect(str(tmp_path / "box.agent"))
    threading.Timer(0.3, agent.start).start()
    assert Machine("box", tmp_path, tmp_path, []).succeed("true") == "ok"
    agent.server.shutdown(socket.SHUT_RDWR)
    agent.server.close()


def test_a_machine_that_stands_still_is_given_up(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as given_up:
        server.bind(str(tmp_path / "box.agent"))
        server.listen(0)
        given_up.connect(str(tmp_path / "box.agent"))
        with pytest.raises(AgentSilent, match=r"^box: no answer to guest-exec: .*unavailable"):
            Machine("box", tmp_path, tmp_path, []).execute("true", patience=0.1)


def test_a_silent_agent_is_an_error_of_the_harness_in_one_line(agent: Agent, box: Machine) -> None:
    agent.silent_to = "guest-exec"
    with pytest.raises(AgentSilent, match="box: no answer to guest-exec: timed out"):
        box.execute("true", patience=0.2)
    assert issubclass(AgentSilent, LabError)


def test_reboot_survives_an_agent_that_ends_in_mid_answer(
    agent: Agent, box: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes the command, and goes down before it answers; then the new boot's answers."""
    monkeypatch.setattr(machine_module, "PARTING", 0.3)
    monkeypatch.setattr(box, "check_alive", lambda: agent.__setattr__("silent_to", ""))
    boots = iter(["old", "old", "new"])
    monkeypatch.setattr(box, "answers", lambda: True)
    original = agent.reply

    def reply(request: dict[str, Any]) -> bytes:
        if request["execute"] == "guest-exec":
            agent.output, agent.polls = next(boots), 0
        return original(request)

    monkeypatch.setattr(agent, "reply", reply)
    box.reboot(timeout=30)
    assert next(boots, None) is None


@pytest.mark.parametrize(
    ("ends", "arguments", "goes_on"),
    [("true", ENDS_AT_RESTART, True), ("true", (), False), ("false", ENDS_AT_RESTART, False)],
)
def test_a_machine_that_restarts_is_powered_on_again(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ends: str,
    arguments: tuple[str, ...],
    goes_on: bool,
) -> None:
    """And one that ended by itself, or in a crash of QEMU's, is not."""
    machine = Machine("box", tmp_path, tmp_path, arguments)
    (tmp_path / "box.qemu.log").write_text("its last words")
    machine._process = subprocess.Popen([ends])
    machine._process.wait()
    started: list[bool] = []
    monkeypatch.setattr(machine, "start", lambda: started.append(True))
    if goes_on:
        machine.follow_reboot()
    else:
        with pytest.raises(LabError, match="QEMU of box has ended: its last words"):
            machine.follow_reboot()
    assert bool(started) == goes_on


def test_files_land_as_they_are(tmp_path: Path) -> None:
    """With their modes whatever the umask, and over what is there."""
    texts = {"a/b c": 'it\'s $HOME "ü" 木\n', "a/d": "", "e": "x" * 60_000}
    (tmp_path / "e").write_text("old")
    files = {str(tmp_path / name): text for name, text in texts.items()}
    subprocess.run(["sh", "-c", f"umask 077; {put(files, 0o640)}"], check=True)
    assert {name: (tmp_path / name).read_text() for name in texts} == texts
    assert {(tmp_path / name).stat().st_mode & 0o7777 for name in texts} == {0o640}


def test_a_machine_that_does_not_end_when_asked_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine_module, "LAST_BREATH", 0.1)
    box = Machine("box", tmp_path, tmp_path, [])
    deaf = ["sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 1; done"]
    with subprocess.Popen(deaf, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        box._process = process
        try:
            box.stop()
            assert not box.is_running()
        finally:
            process.kill()
