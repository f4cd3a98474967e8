from __future__ import annotations

import pytest

from tests.cloud_init.conftest import guest as guest  # the machine that is probed
from tests.gateway.program_run import SECRETS, Run, run_program


@pytest.fixture(autouse=True)
def own_computer(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests run on GitHub as well, where the program says less."""
    monkeypatch.delenv("CI", raising=False)


@pytest.fixture(scope="session")
def default_run() -> Run:
    """The program with nothing set but the secrets."""
    run = run_program(SECRETS)
    assert run.error is None
    return run
