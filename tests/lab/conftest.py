"""A machine without QEMU: whoever takes both has an agent that answers for it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.machines.machine import Machine
from tests.lab.agents import Agent


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Agent]:
    agent = Agent(tmp_path / "box.agent")
    agent.start()
    yield agent
    agent.server.shutdown(socket.SHUT_RDWR)
    agent.server.close()
    agent.join(5)


@pytest.fixture
def box(agent: Agent, tmp_path: Path) -> Machine:
    return Machine("box", tmp_path, tmp_path, [])
