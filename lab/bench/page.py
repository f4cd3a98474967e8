"""A page as a browser loads it, from a site of `lab.bench.load.serve`."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence

from lab import measure
from lab.bench.modes import PORTS
from lab.client import Phone

PAGES = 3
"""So many one after the other are one measurement: a page is some 1,600 packets, and at 1 % of
loss a few of them decide a single one."""
PAGE = {
    "html": [18],
    "css": [30, 18, 12, 8, 5, 3, 1, 1],
    "js": [120, 90, 70, 55, 45, 38, 32, 27, 23, 20, 17, 14, 12, 10, 8, 7, 6, 5, 4, 3, 3, 2, 2, 2],
    "fonts": [45, 35, 28, 23],
    "images": [300, 200, 120, 90, 70, 60, 50, 40, 30, 25, 20, 15, 12, 9, 7, 5, 3, 2],
    "other": [2] * 11,
}
"""KB of each object, in the order of their requests. Number and sum per kind are the median
home page's (HTTP Archive, Web Almanac 2024, "Page Weight"); the spread within is ours."""
OBJECT_SIZES = [1000 * size for sizes in PAGE.values() for size in sizes]
CONNECTIONS = 6
"""As lab/world/load-page has it."""


def soonest(
    rate: float, round_trip: float, handshake: float, sizes: Sequence[int] = OBJECT_SIZES
) -> float:
    """Seconds that the page takes at least, where its connections share the line evenly.

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


def command(host: str, pages: int = PAGES) -> str:
    """So many one after the other, on the phone."""
    once = f"/lab/load-page {host} {PORTS['page']} {len(OBJECT_SIZES)}"
    return f"echo PAGE; {' && '.join([once] * pages)}"


def read(output: str) -> tuple[float, float]:
    """Seconds of the median one, bytes of all."""
    each = [tuple(map(float, line.split())) for line in output.splitlines()]
    return statistics.median(took for took, _ in each), sum(size for _, size in each)


def replays(phone: Phone, host: str) -> list[int]:
    """ESP packets that the phone throws away, by their order, of each page."""
    counts = [measure.outside_the_window(phone)]
    for _ in range(PAGES):
        phone.run(command(host, 1), 120)
        counts.append(measure.outside_the_window(phone))
    return [after - before for before, after in itertools.pairwise(counts)]
