"""The life of `make try` on a stand-in for the machine: what the real one shows in minutes of
emulation, as far as it can be seen without one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest
import yaml

from here.__main__ import OWN
from here.azure.behind import Behind
from here.cli.obtain import Cli, obtain
from here.kept import installed_name
from here.life.expect import STEPS, Life
from here.project import Project
from here.standing import Standing
from here.told import Told
from lab.host import install
from lab.lab import PUBLIC_ADDRESS
from lab.machines.expectations import ExpectationFailed
from lab.machines.machine import Machine
from lab.progress import Checks, Progress
from tests.here.promised import ENDS, PROMISED
from tests.here.stand_in import OPEN, OnStandIn, StandIn, standing_in
from tests.lab.machines import Pretender

ROOT = Path(__file__).parents[2]
SETTINGS = {**yaml.safe_load(OWN.read_text()), "readyTimeout": 1}


class Resolver(Pretender):
    """A world in which the name leads where the ground was told, and to nothing after it."""

    ground: StandIn

    def succeed(self, command: str, timeout: float = 60, patience: float = 120) -> str:
        name = self.ground.told[-1]["name"]
        return PUBLIC_ADDRESS if name and name in command else ""


class OnPaper(Life):
    """Phones get in if the machine's own files hold what their user was told."""

    ground: StandIn

    def gets_in(self, name: str, values: Told) -> None:
        with self.checks.check(name):
            self._phone(values)
            told = values.credentials
            daemon = self.ground.ikev2_passwords() if values.called else self.ground.passwords()
            if daemon.get(told.user) != told.password:
                raise ExpectationFailed("the daemon has another password")
            if told.psk and self._shared_key() != told.psk:
                raise ExpectationFailed("charon has another key")
            own = f'id = "fqdn:{values.server}"'
            if values.called and own not in self.ground.files()["/etc/swanctl/conf.d/ikev2.conf"]:
                raise ExpectationFailed("the gateway calls itself otherwise")

    def stays_outside(self, name: str, values: Told) -> None:
        with self.checks.check(f"{name}-refused"):
            known = {*self.ground.passwords(), *self.ground.ikev2_passwords()}
            if values.credentials.user in known:
                raise ExpectationFailed("a daemon still has the password")

    def _shared_key(self) -> str:
        file = self.ground.files()["/etc/swanctl/conf.d/l2tp-secret.conf"]
        return file.partition('secret = "')[2].partition('"\n')[0]


@pytest.fixture(scope="module")
def cli() -> Cli:
    return obtain()


@pytest.fixture(scope="module")
def life(cli: Cli, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnPaper]:
    install(["iproute2"])
    out = tmp_path_factory.mktemp("life")
    with standing_in(out / "socket") as ground:
        project = Project(out, "dev")
        project.make(cli, Behind(str(ground.path), PUBLIC_ADDRESS))
        world = Resolver()
        world.ground = ground
        standing = Standing(project, OnStandIn(0, out / OPEN), world, str(ground.path), [])
        progress = Progress(STEPS[False])
        led = OnPaper(standing, progress, Checks(progress))
        led.ground = ground
        led.lead(SETTINGS)
        yield led


@pytest.mark.engine
def test_every_check_passes(life: OnPaper) -> None:
    assert [each for each in life.checks.results if not each["ok"]] == []
    assert life.went_well


@pytest.mark.engine
def test_all_but_the_end_of_the_machines_is_checked(life: OnPaper) -> None:
    names = {check["name"] for check in life.checks.results}
    assert names == PROMISED - ENDS


@pytest.mark.engine
def test_two_machines_were_given_their_data(life: OnPaper) -> None:
    first, second = life.ground.given
    assert first != second
    assert installed_name(first) == installed_name(second), "packages that are kept serve both"


@pytest.mark.engine
def test_no_secret_of_it_is_on_the_disk(life: OnPaper) -> None:
    """Pulumi's are encrypted, and the double keeps none; the pages are for their users."""

    def spelt(path: Path) -> bool:
        text = path.read_bytes()
        return any(secret.encode() in text for secret in life.secrets)

    files = [path for path in life.project.directory.rglob("*") if path.is_file()]
    own = [path for path in files if "profiles" not in path.parts and not path.is_symlink()]
    assert any(path.name == "Pulumi.dev.yaml" for path in own)
    assert [path for path in own if spelt(path)] == []


def test_a_process_or_a_disk_that_is_left_is_found(tmp_path: Path) -> None:
    def left(pids: list[int], scratch: Path) -> list[Any]:
        world = Machine("world", tmp_path, scratch, [])
        standing = Standing(Project(tmp_path, "dev"), OnStandIn(0, tmp_path), world, "", pids)
        led = Life(standing, Progress(), Checks(Progress()))
        led.nobody_left()
        return [check["ok"] for check in led.checks.results]

    gone = tmp_path / "gone"
    assert left([], gone) == [True]
    runs = [sys.executable, "-c", "print(0, flush=True); input()", str(gone)]
    with subprocess.Popen(runs, stdin=PIPE, stdout=PIPE) as process:
        assert process.stdout
        # The kernel knows its command line a moment after Popen has returned.
        process.stdout.readline()
        assert left([], gone) == [False]
        process.kill()
    assert left([os.getpid()], tmp_path / "gone") == [False]
    assert left([], tmp_path) == [False]


def test_its_readme_draws_who_is_where() -> None:
    text = (ROOT / "here/life/README.md").read_text()
    assert re.search(r"^```\n(?:.*\n)+?```$", text, re.MULTILINE)
    assert "What must hold:" in text
