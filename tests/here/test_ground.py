"""What stands behind Azure, as a process without machines: how long it stands."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any, cast

import pytest

from here import ground
from here.azure.behind import ask
from here.machines import Machines
from lab.machines.expectations import poll


class Console(ground.Ground):
    def console(self, message: ground.Message) -> dict[str, Any]:
        return {"text": "it boots"}


@pytest.fixture
def stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> threading.Thread:
    monkeypatch.setattr(ground, "LOOK", 0.05)
    nobody = Console(cast(Machines, None))
    told = {"pid": os.getpid()}
    thread = threading.Thread(target=ground.serve, args=(nobody, tmp_path, told), daemon=True)
    thread.start()
    poll(lambda: (tmp_path / ground.STANDS).exists() or None, "it stands", 10)
    return thread


def test_it_answers_as_long_as_it_stands(stands: threading.Thread, tmp_path: Path) -> None:
    assert ask(str(tmp_path / ground.SOCKET), {"verb": "console"}) == {"text": "it boots"}
    stands.join(0.2)
    assert stands.is_alive()
    (tmp_path / ground.STANDS).unlink()
    stands.join(10)
    assert not stands.is_alive()


def test_it_ends_when_another_stands_in_its_place(stands: threading.Thread, tmp_path: Path) -> None:
    """Of a command that was killed, while its repetition begins in the same directory."""
    (tmp_path / ground.STANDS).write_text(json.dumps({"pid": 1}))
    stands.join(10)
    assert not stands.is_alive()
