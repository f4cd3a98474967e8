"""What a phone is told to do, without the world."""

from __future__ import annotations

import re

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
