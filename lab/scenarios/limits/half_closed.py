"""Connections of which one side has said all that it had to say, and the other takes its time."""

from __future__ import annotations

from lab.phones.phone import Phone
from lab.world.sites import SITE

LATE = 3
"""Seconds. Whoever stands between may not lose patience meanwhile (haproxy.cfg, client-fin and
server-fin)."""
SIZE = 3000
ANSWERS, HEARS = 7001, 7002
HEARD = "/run/heard"
SOCAT = "socat -t 30"
"""Half-closes where its input ends, and listens for 30 s more."""


def bytes_that_arrive(phone: Phone) -> tuple[int, int]:
    """Returns how many of `SIZE` come late and arrive: of the site's answer, after the phone has
    said all, and of what the phone says, after the site has."""
    world = phone.world
    answers = f'SYSTEM:"cat >/dev/null; sleep {LATE}; head -c {SIZE} /dev/zero"'
    for name, port, rest in (
        ("answers", ANSWERS, answers),
        ("hears", HEARS, f"- </dev/null | wc -c >{HEARD}"),
    ):
        world.host("site").start_unit(name, f"{SOCAT} TCP4-LISTEN:{port},reuseaddr {rest}")
        world.wait_for_port("site", port)
    ask = f"printf ask | {SOCAT} - TCP4:{SITE}:{ANSWERS} | wc -c"
    late = f"{{ sleep {LATE}; head -c {SIZE} /dev/zero; }}"
    answer = phone.run(
        f"exec 2>/dev/null; {late} | {SOCAT} - TCP4:{SITE}:{HEARS} >/dev/null & {ask}; wait", 90
    )
    for name in ("answers", "hears"):
        world.wait_for_end_of_unit(name, 60)
    return int(answer), int(world.read(HEARD))
