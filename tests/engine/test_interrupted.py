"""A `pulumi` that is killed, or told to stop, wherever it was: nothing is made twice,
nothing is forgotten, and the command can be repeated until it is done."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from here.azure.control import Fault
from here.azure.kinds import KINDS
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
        [sys.executable, "-m", "ops.recover", stack.name],
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


def going(stack: Stack, kind: str) -> Callable[[], bool]:
    """Azure has begun to delete it."""
    return lambda: any("gone_at" in entry for entry in stack.world.azure.resources(kind))


def nothing(stack: Stack) -> None:
    assert stack.world.azure.resources() == []
    assert stack.world.azure.disks() == []


def test_an_up_killed_at_every_step_in_turn(life: Stack) -> None:
    for step in STEPS:
        life.world.control(Fault(verb="create", kind=step, code="", seconds=SLOW))
        interrupted(life, "up", exists(life, step), signal.SIGKILL)
        assert "in doubt" in recovered(life)
    life.world.control()
    # The last one killed was taken over as it was asked for, so there is nothing left to do.
    done = life.up("--expect-no-changes")
    assert done.code == 0, done.text
    whole(life)


def test_a_killed_replacement(life: Stack) -> None:
    address = life.outputs()["address"]
    life.configure({"mtu": "1300"})
    life.world.control(Fault(verb="delete", kind="VirtualMachine", code="", seconds=SLOW))
    interrupted(life, "up", going(life, "VirtualMachine"), signal.SIGKILL)
    recovered(life)
    life.world.control()
    done = life.up()
    assert done.code == 0, done.text
    whole(life)
    assert life.outputs()["address"] == address


def test_a_killed_down(life: Stack) -> None:
    life.world.control(Fault(verb="delete", kind="ResourceGroup", code="", seconds=SLOW))
    interrupted(life, "destroy", going(life, "ResourceGroup"), signal.SIGKILL)
    recovered(life)
    done = life.destroy()
    assert done.code == 0, done.text
    time.sleep(SLOW)
    nothing(life)


def test_an_up_and_a_down_told_to_stop(life: Stack) -> None:
    """Ctrl-C: the engine ends what it has begun and can go on without any repair."""
    life.world.control(Fault(verb="create", kind="PublicIPAddress", code="", seconds=SLOW))
    stopped = interrupted(life, "up", exists(life, "PublicIPAddress"), signal.SIGINT)
    assert stopped.returncode != 0
    life.world.control()
    assert life.up().code == 0
    whole(life)
    life.world.control(Fault(verb="delete", kind="ResourceGroup", code="", seconds=SLOW))
    interrupted(life, "destroy", going(life, "ResourceGroup"), signal.SIGINT)
    assert life.destroy().code == 0
    nothing(life)


@pytest.mark.parametrize("step", ["ResourceGroup", "VirtualMachine"])
def test_a_killed_up_can_also_be_ended(life: Stack, step: str) -> None:
    """Whoever gives up after a killed `up` leaves nothing behind either."""
    life.world.control(Fault(verb="create", kind=step, code="", seconds=SLOW))
    interrupted(life, "up", exists(life, step), signal.SIGKILL)
    recovered(life)
    life.world.control()
    assert life.destroy().code == 0
    nothing(life)
