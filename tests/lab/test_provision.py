"""When a first boot is over, and what must not happen in it, on machines that only pretend."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab import provision as module
from lab.lab import Lab
from lab.machines.machine import ExpectationFailed, Ran
from tests.lab.machines import Pretender

STARTS = "[    0.000000] Linux version 6.12.1-cloud-amd64 (x)\n"
STARTS_AGAIN = "[    0.000000] Linux version 7.3.4-amd64 (x)\n"


class Asking(Pretender):
    """A world whose question lasts; the gateway's console says something meanwhile."""

    def __init__(self, console: Path, says: str, answered: bool) -> None:
        super().__init__()
        self.log, self.says, self.status = console, says, 0 if answered else 1

    def execute(self, command: str, timeout: float = 60, patience: float = 120) -> Ran:
        with self.log.open("a") as log:
            log.write(self.says)
        return Ran(command, self.status, "")


def ended(tmp_path: Path, meanwhile: str, answered: bool) -> bool | None:
    gateway = Pretender()
    gateway.directory = tmp_path
    gateway.console.log.write_text(STARTS)
    world = Asking(gateway.console.log, meanwhile, answered)
    return module._first_boot_ended(Lab(tmp_path, tmp_path, world, gateway))


def test_a_first_boot_goes_on_until_the_next_kernel_starts(tmp_path: Path) -> None:
    assert ended(tmp_path, "Setting up ppp\n", answered=False) is None
    assert ended(tmp_path, STARTS_AGAIN, answered=False) is True


def test_ike_must_not_answer_in_it(tmp_path: Path) -> None:
    with pytest.raises(ExpectationFailed, match="during the first boot"):
        ended(tmp_path, "", answered=True)


def test_the_second_boot_may_answer_while_it_is_asked(tmp_path: Path) -> None:
    """Where a machine boots within half a minute."""
    assert ended(tmp_path, STARTS_AGAIN, answered=True) is True


def test_what_failed_is_said(tmp_path: Path) -> None:
    gateway = Pretender()
    gateway.directory = tmp_path
    gateway.console.log.write_text(f"{STARTS}gateway-prepare: FAILED: no ppp\n")
    lab = Lab(tmp_path, tmp_path, Pretender(), gateway)
    with pytest.raises(ExpectationFailed, match=r"^gateway-prepare: FAILED: no ppp$"):
        module._first_boot_ended(lab)
