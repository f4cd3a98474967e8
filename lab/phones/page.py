"""A page as a browser loads it, from a site of `lab.world.sites.serve`."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from lab.phones.downloads import outside_the_window
from lab.phones.phone import Phone
from lab.world import today
from lab.world.sites import OBJECT_SIZES, PORTS

PAGES = 3
"""So many one after the other are one measurement: a page is some 1,600 packets, and at 1 % of
loss a few of them decide a single one."""
CONNECTIONS = 6
"""So many are open at once: lab/phones/commands/load-page has the same."""


def command(host: str, pages: int = PAGES) -> str:
    """Returns the phone's command that loads so many pages one after the other."""
    once = f"/lab/load-page {host} {PORTS['page']} {len(OBJECT_SIZES)}"
    return f"echo PAGE; {' && '.join([once] * pages)}"


def command_of_today(transport: str, resolver: str, pages: int) -> str:
    """Returns the same for pages of today. What gets no answer is asked again after a second, as
    by Chromium (its kDnsDefaultFallbackPeriod), and not after glibc's own five."""
    ask = f"echo nameserver {resolver} > /etc/resolv.conf; RES_OPTIONS='timeout:1 attempts:5'"
    return f"echo PAGE; {ask} /lab/load-today {transport}.{today.ZONE} {pages}"


def read(output: str) -> tuple[list[float], float]:
    """Returns the seconds of each page, and the bytes of all."""
    each = [tuple(map(float, line.split())) for line in output.splitlines()]
    return [took for took, _ in each], sum(size for _, size in each)


def soonest(
    rate: float, round_trip: float, handshake: float, sizes: Sequence[int] = OBJECT_SIZES
) -> float:
    """Returns the page's least time, s, where its connections share the line evenly.

    No packet is lost, none waits in a queue, no sender begins slowly: what remains is that each
    object is asked for when the one before it on its connection is there, and that all bytes
    pass the line. A gateway that knew all sizes and sent the smallest first could be sooner by
    a tenth on our lines; TCP does not know them.

    Args:
        rate: of the payload, Mbit/s.
        round_trip: from asking for an object to its first byte, s.
        handshake: until a new connection can ask, s.
        sizes: of the objects, bytes; the page itself is the first.
    """
    first, *waiting = sizes
    now = handshake + round_trip + first * 8e-6 / rate
    # Bytes that are missing of what arrives, and when what was asked for begins to.
    arriving: list[float] = []
    openings = [0.0, *[handshake] * (CONNECTIONS - 1)]
    begin = [now + opening + round_trip for opening in openings]
    asked, waiting = list(zip(begin, waiting, strict=False)), waiting[CONNECTIONS:]
    while arriving or asked:
        share = rate / 8e-6 / max(1, len(arriving))
        done = now + min(arriving) / share if arriving else float("inf")
        then = min([done, *(when for when, _ in asked)])
        arriving = [missing - (then - now) * share for missing in arriving]
        # Less than a byte is what rounding left of none.
        left = [missing for missing in arriving if missing > 1]
        for _ in range(min(len(arriving) - len(left), len(waiting))):
            asked.append((then + round_trip, waiting.pop(0)))
        arriving = left + [size for when, size in asked if when <= then]
        asked = [each for each in asked if each[0] > then]
        now = then
    return now


def soonest_today(
    rate: float,
    round_trip: float,
    handshake: float,
    waves: Sequence[Sequence[tuple[str, int]]] = today.LOADED,
) -> float:
    """Returns the least time of a page of today, s: no packet is lost, none waits in a queue, no
    sender begins slowly. What remains: a new origin's name is asked for, its connection and then
    TLS 1.3 each take a round, all bytes pass the line, and a wave begins when the one before is
    there. Within a wave nothing waits for anything else, so that their order does not matter.

    Args:
        rate: of the payload, Mbit/s.
        round_trip: to the site, and to a name that no resolver has heard of, s.
        handshake: until TLS can begin, s.
        waves: each object's origin and KB.
    """
    now, known = 0.0, set[str]()
    for wave in waves:
        opening = round_trip + handshake + round_trip
        begins = [now + round_trip + (origin not in known) * opening for origin, _ in wave]
        for begin, (_, size) in sorted(zip(begins, wave, strict=True)):
            now = max(now, begin) + size * 8e-3 / rate
        known |= {origin for origin, _ in wave}
    return now


def replays(phone: Phone, host: str) -> list[int]:
    """Load pages; returns how many ESP packets of each the phone threw away, by their order."""
    counts = [outside_the_window(phone)]
    for _ in range(PAGES):
        phone.run(command(host, 1), 120)
        counts.append(outside_the_window(phone))
    return [after - before for before, after in itertools.pairwise(counts)]
