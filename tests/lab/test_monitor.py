"""How QEMU is asked and told, by a monitor that only pretends, over a real socket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.machines import monitor as module
from lab.machines.monitor import Monitor, MonitorRefused, incoming
from tests.lab.agents import Speaker


class Qemu(Speaker):
    """Greets, says what happened meanwhile, and answers as it was told to."""

    greeting = b'{"QMP": {"version": {}, "capabilities": []}}\r\n'

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.answers: dict[str, list[Any]] = {}
        self.told: list[tuple[str, Any]] = []

    def answer(self, line: bytes) -> bytes:
        request = json.loads(line)
        name = request["execute"]
        self.told.append((name, request["arguments"]))
        prepared = self.answers.get(name, [{}])
        answer = prepared.pop(0) if len(prepared) > 1 else prepared[0]
        if isinstance(answer, str):
            return json.dumps({"error": {"class": "GenericError", "desc": answer}}).encode() + b"\n"
        event = b'{"event": "STOP", "timestamp": {}}\n'
        return event + json.dumps({"return": answer}).encode() + b"\n"


@pytest.fixture
def qemu(tmp_path: Path) -> Iterator[Qemu]:
    process = Qemu(tmp_path / "box.monitor")
    process.start()
    yield process
    process.server.close()


@pytest.fixture
def monitor(qemu: Qemu, tmp_path: Path) -> Monitor:
    return Monitor("box", tmp_path / "box.monitor")


def test_an_answer_is_told_from_what_happens_meanwhile(qemu: Qemu, monitor: Monitor) -> None:
    qemu.answers["query-status"] = [{"status": "inmigrate"}, {"status": "paused"}]
    assert monitor.is_loading()
    assert not monitor.is_loading()
    assert qemu.told[:2] == [("qmp_capabilities", {}), ("query-status", {})]


def test_what_is_refused_is_said(qemu: Qemu, monitor: Monitor) -> None:
    qemu.answers["stop"] = ["it can't"]
    with pytest.raises(MonitorRefused, match=r"^box: QEMU: stop: it can't$"):
        monitor.ask("stop")


def test_nobody_answers(tmp_path: Path) -> None:
    with pytest.raises(MonitorRefused, match=r"^box: QEMU: no answer to stop: "):
        Monitor("box", tmp_path / "nobody").ask("stop")


def test_memory_is_written_as_fast_as_can_be(qemu: Qemu, monitor: Monitor, tmp_path: Path) -> None:
    qemu.answers["query-migrate"] = [{"status": each} for each in ("setup", "active", "completed")]
    monitor.write_memory(tmp_path / "its memory")
    told = [(name, asked) for name, asked in qemu.told if name.startswith("migrate")]
    assert told == [
        ("migrate-set-parameters", {"max-bandwidth": module.UNLIMITED}),
        ("migrate", {"uri": f"exec:cat > '{tmp_path}/its memory'"}),
    ]


def test_memory_that_is_not_written_is_said(
    qemu: Qemu, monitor: Monitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = {"status": "failed", "error-desc": "No space left"}
    qemu.answers["query-migrate"] = [failed, {"status": "completed"}]
    with pytest.raises(MonitorRefused, match="its memory was not written: No space left"):
        monitor.write_memory(tmp_path / "memory")
    monkeypatch.setattr(module, "ALL_OF_MEMORY", 0)
    qemu.answers["query-migrate"] = [{"status": "active"}]
    with pytest.raises(MonitorRefused, match="not within 0 s"):
        monitor.write_memory(tmp_path / "memory")


def test_memory_may_lie_anywhere(tmp_path: Path) -> None:
    assert incoming(tmp_path / "a memory") == ["-incoming", f"exec:cat '{tmp_path}/a memory'"]
