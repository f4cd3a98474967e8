"""What a machine whose kernel dies is told of, and whose fault it was."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lab import play
from lab.machines.agent import AgentSilent, CommandLost
from lab.machines.expectations import ExpectationFailed, QemuFailed
from lab.machines.machine import Machine
from lab.progress import Checks, Progress
from tests.lab.agents import Agent
from tests.lab.players import laid_out


def test_kernel_that_died_is_named(agent: Agent, box: Machine) -> None:
    agent.forgets = True
    box.console.log.write_text(
        "[   72.0] Oops: int3: 0000 [#1] PREEMPT SMP NOPTI\r\n"
        "[   72.0] RIP: 0010:netif_rx_internal+0x1c/0x110\r\n"
        "[   72.0] RIP: 0033:0x7fb4204ff72e\r\n"
        "[   72.0] Kernel panic - not syncing: Fatal exception in interrupt\r\n"
        "Debian GNU/Linux 13 world ttyS0\r\n"
    )
    says = r"^QEMU broke box: .*int3.*netif_rx_internal.* panic - not syncing.*; try again$"
    with pytest.raises(QemuFailed, match=says):
        box.succeed("sleep 1")


def test_what_started_anew_after_qemu_broke_it_is_not_believed(agent: Agent, box: Machine) -> None:
    agent.status = 1
    box.console.log.write_text("[    1.5] Oops: general protection fault: 0000 [#1]\r\n")
    with pytest.raises(ExpectationFailed):
        box.succeed("ping -c 1 site")
    box.console.log.write_text("[   30.6] Oops: int3: 0000 [#1] PREEMPT SMP NOPTI\r\n")
    with pytest.raises(QemuFailed, match="QEMU broke box"):
        box.succeed("ping -c 1 site")


def test_kernel_that_died_of_something_else_is_named(agent: Agent, box: Machine) -> None:
    agent.forgets = True
    box.console.log.write_text("[   72.0] Kernel panic - not syncing: Attempted to kill init!\r\n")
    with pytest.raises(CommandLost, match=r"box started anew .*to kill init.*: sleep 1$"):
        box.succeed("sleep 1")


def test_agent_that_forgets_without_a_panic(agent: Agent, box: Machine) -> None:
    agent.forgets = True
    with pytest.raises(CommandLost, match="says nothing of a panic"):
        box.succeed("sleep 1")


def test_silence_of_a_kernel_that_died_is_named(tmp_path: Path) -> None:
    box = Machine("box", tmp_path, tmp_path, [])
    box.console.log.write_text("[ 3784.4] Oops: double fault: 0000 [#1] PREEMPT SMP NOPTI\r\n")
    with pytest.raises(AgentSilent, match=r"^box: no answer to guest-exec: .*; .*double fault"):
        box.execute("true", patience=0.1)


@pytest.mark.parametrize("ok", [True, False])
def test_what_was_red_before_qemu_broke_it_stays_red(
    ok: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab, _ = laid_out(tmp_path)

    @contextmanager
    def opened(*_: Any) -> Any:
        yield lab, SimpleNamespace()

    def examine(_lab: Any, _gateway: Any, _chosen: Any, _users: Any, checks: Checks) -> Any:
        checks.add("gets-in", ok, "")
        raise QemuFailed("QEMU broke world")

    monkeypatch.setattr("lab.opening.opened", opened)
    monkeypatch.setattr("lab.opening.credentials", lambda _: [])
    monkeypatch.setattr(play, "_examine", examine)
    options: Any = SimpleNamespace(settings=Path())
    if ok:
        with pytest.raises(QemuFailed):
            play.run(options, ["split"], Progress())
    else:
        assert play.run(options, ["split"], Progress()) == 1
        assert '"gets-in"' in (lab.directory / "result.json").read_text()
