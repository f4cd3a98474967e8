"""The least time that a page takes, from physics alone: no packet is lost, none waits in a queue,
no sender begins slowly."""

from __future__ import annotations

from collections.abc import Sequence

from lab.phones.page import CONNECTIONS
from lab.world.sites import OBJECT_SIZES
from lab.world.today import LOADED


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
    waves: Sequence[Sequence[tuple[str, int]]] = LOADED,
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
