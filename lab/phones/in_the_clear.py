"""L2TP without IPsec: a call that must get no answer, seen on its way to the gateway."""

from __future__ import annotations

from lab.machines.expectations import ExpectationFailed
from lab.phones.phone import Phone
from lab.world.topology import INTERNET, PRIVATE_ADDRESS

SEEN = "/tmp/in-the-clear"


def no_answer_in_the_clear(phone: Phone) -> None:
    """Have a phone that is configured call without IPsec, and hang up again.

    Raises:
        ExpectationFailed: fewer than three of its requests arrived before the gateway in 30 s,
            or the gateway answered.
    """
    world = phone.world
    world.succeed(f"rm -f {SEEN}")
    tcpdump = f"exec timeout 120 tcpdump -l -n -i vnet udp port 1701 >{SEEN} 2>&1"
    world.host("azure").start_unit("in-the-clear", tcpdump)
    world.wait_until_succeeds(f"grep -q 'listening on' {SEEN}", 20)
    try:
        phone.start_l2tp()
        arrived = f"test $(grep -c '> {PRIVATE_ADDRESS}.1701' {SEEN}) -ge 3"
        world.wait_until_succeeds(arrived, 30)
    finally:
        phone.hang_up()
        world.stop_unit("in-the-clear")
    # What goes to 240.0.0.0/16 is for phones that have gone, and nobody there.
    if f"{PRIVATE_ADDRESS}.1701 > {INTERNET}." in (told := world.read(SEEN)):
        raise ExpectationFailed(f"the gateway answered in the clear:\n{told}")
