"""A page as a browser loads it, from a site of `lab.world.sites.serve`."""

from __future__ import annotations

import itertools

from lab.phones import beside
from lab.phones.beside import Carried, Load
from lab.phones.downloads import outside_the_window
from lab.phones.phone import Phone
from lab.phones.reach import Reach
from lab.world import today
from lab.world.sites import OBJECT_SIZES, PORTS

PAGES = 3
"""So many one after the other are one measurement: a page is some 1,600 packets, and at 1 % of
loss a few of them decide a single one."""
CONNECTIONS = 6
"""So many are open at once: lab/phones/commands/load-page has the same."""


def load(reach: Reach, pages: int) -> Carried:
    """Load so many pages one after the other, and return what it came to.

    Raises:
        ExpectationFailed: one did not come.
    """
    return _carried(reach, command(reach.site.host, pages))


def load_today(reach: Reach, transport: str, pages: int) -> Carried:
    """Do the same with pages of today."""
    return _carried(reach, command_of_today(transport, reach.site.resolver, pages))


def _carried(reach: Reach, command: str) -> Carried:
    seen = beside.carry(reach, Load("PAGE", command, 900))
    times, size = read(seen.said)
    return Carried(size, seen, times=times)


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


def replays(phone: Phone, host: str) -> list[int]:
    """Load pages; returns how many ESP packets of each the phone threw away, by their order."""
    counts = [outside_the_window(phone)]
    for _ in range(PAGES):
        phone.run(command(host, 1), 120)
        counts.append(outside_the_window(phone))
    return [after - before for before, after in itertools.pairwise(counts)]
