"""A page as a browser loads it, from a site of `lab.world.sites.serve`."""

from __future__ import annotations

import itertools
import statistics

from lab.phones.downloads import outside_the_window
from lab.phones.phone import Phone
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


def read(output: str) -> tuple[float, float]:
    """Returns the seconds of the median page, and the bytes of all."""
    each = [tuple(map(float, line.split())) for line in output.splitlines()]
    return statistics.median(took for took, _ in each), sum(size for _, size in each)


def replays(phone: Phone, host: str) -> list[int]:
    """Load pages; returns how many ESP packets of each the phone threw away, by their order."""
    counts = [outside_the_window(phone)]
    for _ in range(PAGES):
        phone.run(command(host, 1), 120)
        counts.append(outside_the_window(phone))
    return [after - before for before, after in itertools.pairwise(counts)]
