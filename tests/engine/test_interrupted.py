"""A `pulumi` that is killed, or told to stop, wherever it was: nothing is made twice,
nothing is forgotten, and the command can be repeated until it is done."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from tests.engine.azure.control import Fault
from tests.engine.azure.kinds import KINDS
from tests.engine.world import Stack

STEPS = [kind.short for kind in KINDS.values() if kind.short != "GlobalSchedule"]

SLOW = 2.0
"""Seconds that Azure takes for what is interrupted."""


def interrupted(
    stack: Stack, command: str, begun: Callable[[], bool], how: signal.Signals
) -> subprocess.Popen[str]:
    """Start a command and end it as soon as Azure has begun what it asked for."""
    process = stack.world.start(*stack.arguments(command, "--yes", "--skip-preview"))
    limit = time.monotonic() + 120
    while not begun():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < limit, f"{command} never came so far"
        time.sleep(0.02)
    process.send_signal(how)
    process.communicate(timeout=120)
    return process


def recovered(stack: Stack) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "gateway.recover", stack.name],
        cwd=stack.world.project,
        env=stack.world.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def whole(stack: Stack) -> None:
    kinds = sorted(entry["token"].rpartition(":")[2] for entry in stack.world.azure.resources())
    assert kinds == sorted(STEPS)
    assert len(stack.world.azure.disks()) == 1


def exists(stack: Stack, kind: str) -> Callable[[], bool]:
    return lambda: bool(stack.world.azure.resources(kind))


def going(stack: Stack) -> Callable[[], bool]:
    """Azure has begun to delete the group."""
    return lambda: any("gone_at" in entry for entry in stack.world.azure.resources())


def test_an_up_killed_at_every_step_in_turn(stack: Stack) -> None:
    for step in STEPS:
        stack.world.control(Fault(verb="create", kind=step, code="", seconds=SLOW))
        interrupted(stack, "up", exists(stack, step), signal.SIGKILL)
        assert "in doubt" in recovered(stack)
    stack.world.control()
    done = stack.up()
    assert done.code == 0, done.text
    whole(stack)
    assert stack.up("--expect-no-changes").code == 0


def test_a_killed_replacement(stack: Stack) -> None:
    assert stack.up().code == 0
    address = stack.outputs()["address"]
    stack.configure({"mtu": "1300"})
    stack.world.control(Fault(verb="delete", kind="VirtualMachine", code="", seconds=SLOW))
    leaving = lambda: any("gone_at" in e for e in stack.world.azure.resources("VirtualMachine"))  # noqa: E731
    interrupted(stack, "up", leaving, signal.SIGKILL)
    recovered(stack)
    stack.world.control()
    done = stack.up()
    assert done.code == 0, done.text
    whole(stack)
    assert stack.outputs()["address"] == address


def test_an_up_and_a_down_told_to_stop(stack: Stack) -> None:
    """Ctrl-C: the engine ends what it has begun and can go on without any repair."""
    stack.world.control(Fault(verb="create", kind="PublicIPAddress", code="", seconds=SLOW))
    stopped = interrupted(stack, "up", exists(stack, "PublicIPAddress"), signal.SIGINT)
    assert stopped.returncode != 0
    stack.world.control()
    assert stack.up().code == 0
    whole(stack)
    stack.world.control(Fault(verb="delete", kind="ResourceGroup", code="", seconds=SLOW))
    interrupted(stack, "destroy", going(stack), signal.SIGINT)
    assert stack.destroy().code == 0
    assert stack.world.azure.resources() == []


def test_a_killed_down(stack: Stack) -> None:
    assert stack.up().code == 0
    stack.world.control(Fault(verb="delete", kind="ResourceGroup", code="", seconds=SLOW))
    interrupted(stack, "destroy", going(stack), signal.SIGKILL)
    recovered(stack)
    done = stack.destroy()
    assert done.code == 0, done.text
    time.sleep(SLOW)
    assert stack.world.azure.resources() == []
    assert stack.world.azure.disks() == []


@pytest.mark.parametrize("step", ["ResourceGroup", "VirtualMachine"])
def test_a_killed_up_can_also_be_ended(stack: Stack, step: str) -> None:
    """Whoever gives up after a killed `up` leaves nothing behind either."""
    stack.world.control(Fault(verb="create", kind=step, code="", seconds=SLOW))
    interrupted(stack, "up", exists(stack, step), signal.SIGKILL)
    recovered(stack)
    assert stack.destroy().code == 0
    assert stack.world.azure.resources() == []
    assert stack.world.azure.disks() == []
