"""What a phone is told to do, without the world."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from lab.machines.machine import ExpectationFailed, Ran
from lab.phones.downloads import fetch_page_at_once
from lab.phones.libreswan import LibreswanPhone
from lab.phones.phone import Phone
from tests.lab.machines import Pretender


def numbers(world: Pretender) -> list[tuple[str, int]]:
    """Of the tunnels that were asked for, with the phone's name."""
    found = re.findall(
        r"netns exec (\S+) sh -c 'exec /lab/random-is (\d+) /usr/sbin/xl2tpd",
        "\n".join(world.commands),
    )
    return [(phone, int(number)) for phone, number in found]


def test_each_phone_counts_its_tunnels_from_one() -> None:
    world = Pretender()
    one = Phone(world, "192.0.2.1", "phone")
    two = LibreswanPhone(world, "192.0.2.1", "phone2", protocol="l2tp")
    for phone in (one, two, one):
        phone.start_l2tp()
        phone.hang_up()
    assert numbers(world) == [("phone", 1), ("phone2", 1), ("phone", 2)]


def test_nobody_waits_for_a_goodbye_that_nobody_carries() -> None:
    """pppd's, when xl2tpd below which it runs has ended; systemd.kill(5)."""
    world = Pretender()
    Phone(world, "192.0.2.1", "phone").start_l2tp()
    (started,) = [command for command in world.commands if "/usr/sbin/xl2tpd" in command]
    assert (
        " --unit=phone-l2tp --property=KillMode=mixed ip netns exec phone sh -c 'exec " in started
    )


HOSTS = """#!/bin/sh
test "$1 $2" = "netns exec" && export PHONE=$3 && shift 3 && exec "$@"
"""
PAGES = """#!/bin/sh
case $PHONE in
    *2) echo you are 198.51.100.7 ;;
    *3) echo timed out >&2; exit 28 ;;
    *) echo you are 192.0.2.1 ;;
esac
"""


class Shell(Pretender):
    """Runs its commands here, with hosts and pages that only pretend."""

    def __init__(self, home: Path) -> None:
        super().__init__()
        self.home = home
        for name, program in {"ip": HOSTS, "curl": PAGES}.items():
            (home / name).write_text(program)
            (home / name).chmod(0o755)

    def execute(self, command: str, timeout: float = 60, patience: float = 120) -> Ran:
        here = command.replace("/run/", f"{self.home}/")
        path = f"{self.home}:{os.environ['PATH']}"
        done = subprocess.run(
            ["sh", "-c", f"exec 2>&1; {here}"],
            env={**os.environ, "PATH": path},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        return Ran(command, done.returncode, done.stdout)


def test_pages_at_once_and_whoever_got_none_is_named(tmp_path: Path) -> None:
    world = Shell(tmp_path)
    phones = [Phone(world, "192.0.2.1", f"phone{number}") for number in range(1, 5)]
    with pytest.raises(ExpectationFailed) as failed:
        fetch_page_at_once(phones)
    told = str(failed.value)
    assert "you are 198.51.100.7" in told
    assert "timed out" in told
    assert re.findall(r"/(phone\d)\.page <==", told) == ["phone2", "phone3"]
    fetch_page_at_once([phones[0], phones[3]])
