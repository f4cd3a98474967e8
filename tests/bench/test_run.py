"""What the line is like while a mode is made ready, and while it is measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import plan
from bench.run import Benchmark
from bench.ways import MODES, Mode, Ways
from lab.lab import Lab
from lab.phones.phone import Credentials, Phone
from tests.lab.machines import Pretender


class Dialling(Ways):
    """Leaves a mark in the world's commands where a call would be placed."""

    needed = True

    def must_dial(self, mode: Mode) -> bool:
        return self.needed

    def take(self, mode: Mode) -> None:
        self.lab.world.execute("dials" if self.needed else "goes on")


@pytest.mark.parametrize("needed", [True, False])
def test_a_call_is_placed_on_a_calm_line(needed: bool) -> None:
    world = Pretender()
    lab = Lab(directory=Path(), scratch=Path(), world=world, gateway=Pretender())
    ways = Dialling(lab, Phone(world, "192.0.2.1"), Credentials("alice", "password", "key"))
    ways.needed = needed
    (group,) = plan.product(["severe-10"], modes=["split+bbr+ikev2"], paths=["far"])
    benchmark = Benchmark(lab=lab, ways=ways, mtu=1280, seconds=1, repeats=1, seed=1, say=print)
    benchmark._take(group, MODES["split+bbr+ikev2"], 7)
    if needed:
        calm, dials, line = world.commands
        assert "qdisc delete" in calm
        assert "loss" not in calm
        assert dials == "dials"
    else:
        goes_on, line = world.commands
        assert goes_on == "goes on"
    assert "% seed 7" in line


def test_it_dials_only_what_is_not_up() -> None:
    world = Pretender()
    lab = Lab(directory=Path(), scratch=Path(), world=world, gateway=Pretender())
    ways = Ways(lab, Phone(world, "192.0.2.1"), Credentials("alice", "password", "key"))
    assert ways.must_dial(MODES["split+bbr"])
    assert ways.must_dial(MODES["split+bbr+ikev2"])
    assert not ways.must_dial(MODES["direct"])
    ways._opened.add("l2tp")
    assert not ways.must_dial(MODES["split+bbr"])
    assert ways.must_dial(MODES["split+bbr+ikev2"])
