"""When a first boot is over, and what must not happen in it, on machines that only pretend."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from lab import kept, yardstick
from lab import provision as module
from lab.images.debian import BootFiles
from lab.lab import Lab
from lab.machines.expectations import ExpectationFailed
from lab.machines.machine import Ran
from lab.progress import Progress
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
    gateway.console.log.write_text(f"{STARTS}gateway-setup: FAILED: no ppp\n")
    lab = Lab(tmp_path, tmp_path, Pretender(), gateway)
    with pytest.raises(ExpectationFailed, match=r"^gateway-setup: FAILED: no ppp$"):
        module._first_boot_ended(lab)


@pytest.mark.parametrize(("times", "given_up"), [(3, False), (4, True)])
def test_a_self_test_that_goes_on_failing_is_said(
    tmp_path: Path, times: int, given_up: bool
) -> None:
    """As systemd colours it on the console. The first one may come before a slow daemon."""
    gateway = Pretender()
    gateway.directory = tmp_path
    line = "[   41.1] gateway-ready[9]: \x1b[0;1;39mFAIL  names: no answer\x1b[0m\r\n"
    gateway.console.log.write_text(line * times + "[ 99] gateway-ready[9]: FAIL  pppd: x\n")
    lab = Lab(tmp_path, tmp_path, Pretender(), gateway)
    if not given_up:
        assert module._answers_ike(lab) is True
    else:
        with pytest.raises(ExpectationFailed, match=r"4 times: FAIL  names$"):
            module._answers_ike(lab)


def test_it_is_kept_as_it_runs_for_whoever_opens_the_lab_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it is shut down, and under the name that its record gives it later."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(module, "gateway_image", lambda: BootFiles(tmp_path / "gateway.qcow2"))
    monkeypatch.setattr("lab.images.disk.overlay", lambda _base, to: to.write_text("a disk"))
    told: list[object] = []
    outcome = module.Provisioned("", ["6.12", "7.3"], 601.2, 15.1, True, {}, 0.0, {})
    monkeypatch.setattr(module, "_follow", lambda *all: replace(outcome, disk=str(all[2])))
    monkeypatch.setattr(module, "firmware", lambda: b"firmware")
    monkeypatch.setattr(kept, "state_of", lambda *all: all[1:])
    monkeypatch.setattr(kept, "keep", lambda *all: told.append(all[2]))
    took = {"python": {"gateway": 5.0, "host": 0.3}}

    def measure(_gateway: object) -> dict[str, dict[str, float]]:
        told.append("measured")
        return took

    monkeypatch.setattr(yardstick, "measure", measure)
    gateway = Pretender()
    monkeypatch.setattr(gateway, "shut_down", lambda: told.append("off"))
    (user_data := tmp_path / "user-data").write_text("#cloud-config\n")
    lab = Lab(tmp_path, tmp_path / "run", Pretender(), gateway)
    lab.scratch.mkdir()
    module.provision(Progress(), lab, user_data)
    found = module.earlier(user_data)
    assert found
    assert told == ["measured", module.state_of(lab, found), "off"]
    assert found.yardstick == took


def test_on_an_image_made_anew_it_is_set_up_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    image = tmp_path / "gateway.qcow2"
    monkeypatch.setattr(module, "gateway_image", lambda: BootFiles(image, identity="first"))
    (user_data := tmp_path / "user-data").write_text("#cloud-config\n")
    made = module.disk_of(user_data.read_bytes())
    made.touch()
    outcome = module.Provisioned(str(made), ["6.12", "7.3"], 601.2, 15.1, True, {}, 0.0, {})
    made.with_suffix(".json").write_text(json.dumps(asdict(outcome)))
    assert module.earlier(user_data) == outcome
    monkeypatch.setattr(module, "gateway_image", lambda: BootFiles(image, identity="second"))
    assert module.earlier(user_data) is None


def test_the_phases_of_a_first_boot_are_told_by_its_kernels_clocks() -> None:
    """In the order in which they come, whatever a restart does to the clock."""
    console = (
        "[   80.5] gateway-setup[7]: gateway-setup: begins\r\n"
        "[   90.5] gateway-setup[7]: gateway-setup: the mirror answers; packages now\r\n"
        "[  290.0] gateway-setup[7]: gateway-setup: ok, rebooting into x\r\n"
    )
    told = {"kernel and cloud-init": 80.5, "package lists": 10.0, "packages and kernel": 199.5}
    assert module.phases(console) == told
    console += "[   41.2] gateway-ready[9]: gateway-ready: phones can dial in\r\n"
    assert module.phases(console) == {**told, "second boot": 41.2}
    assert module.phases("") == {}
