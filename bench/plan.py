"""What is measured: groups of modes that are compared with each other on one link."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from bench.lines import DAY, SCENARIOS
from bench.ways import MODES
from lab.phones.page import CONNECTIONS, PAGES
from lab.world.links import PATHS, Link


@dataclass(frozen=True, kw_only=True)
class Group:
    """Modes in turn on the same link, again and again."""

    scenario: str
    link: Link
    modes: tuple[str, ...]
    path: str = "far"
    flows: int = 1
    direction: str = "down"
    load: str = "bulk"
    neighbours: int = 0
    times: int = 1
    """The usual repeats, where single ones differ too much for three to decide."""
    hour: str | None = None

    def rounds(self, repeats: int) -> list[tuple[str, ...]]:
        """The modes' order in each repeat: there and back, so that what drifts drifts for all,
        and the phone keeps the client that it ended with."""
        back = tuple(reversed(self.modes))
        number = 1 if self.hour else repeats * self.times
        return [back if repeat % 2 else self.modes for repeat in range(number)]

    def estimate(self, seconds: int, repeats: int) -> float:
        """How long it will take, s: set-up and evaluation take some of it under emulation."""
        rounds = len(self.rounds(repeats))
        dialling = DIALLING * (rounds + 1) * ("split+bbr+ikev2" in self.modes)
        loading = PAGES * PAGE_SECONDS if self.load == "page" else seconds
        return rounds * len(self.modes) * (loading + OVERHEAD) + dialling


OVERHEAD = 9
"""Seconds beside the flow itself: its start, switching the mode, reading counters."""
DIALLING = 12
"""Seconds to IKEv2 or back to L2TP."""
PAGE_SECONDS = 6
"""That a page takes on a line that loses one packet in a hundred."""


def product(
    scenarios: Sequence[str],
    *,
    modes: Sequence[str],
    paths: Sequence[str] = ("far",),
    flows: Sequence[int] = (1,),
    directions: Sequence[str] = ("down",),
    loads: Sequence[str] = ("bulk",),
    links: Sequence[Link] = (),
    times: int = 1,
) -> list[Group]:
    """Every combination; what a browser does has its own number of flows and only a direction
    down."""
    named = [(name, SCENARIOS[name].link, SCENARIOS[name].neighbours) for name in scenarios]
    own = [("own", link, 0) for link in links]
    groups = [
        Group(
            scenario=name,
            link=link,
            neighbours=neighbours,
            modes=tuple(modes),
            path=path,
            flows={"page": CONNECTIONS, "https": 1}.get(load, number),
            direction=direction if load == "bulk" else "down",
            load=load,
            times=times,
        )
        for (name, link, neighbours), path, number, direction, load in itertools.product(
            [*named, *own], paths, flows, directions, loads
        )
    ]
    return list(dict.fromkeys(groups))


def standard() -> list[Group]:
    """Every promise, and what the promises are compared with."""
    vpns = ("forward", "split+bbr")
    others = ("direct", *vpns, "shadowsocks")
    cubic = ("forward+cubic", "split+cubic")
    quic = ("direct", "split+bbr", "split+bbr+quic")
    # The phone's other client of its own; last, because each change between the two is a dialling.
    ikev2 = "split+bbr+ikev2"
    return [
        # First what most is promised about: an interrupted run has that much.
        *product(["lossy-1"], modes=[*others, "wireguard", *cubic, ikev2]),
        *product(["lossy-1"], modes=[*others, ikev2], loads=["page"]),
        *product(["lossy-3"], modes=[*others, ikev2]),
        *product(["severe-10"], modes=[*others, ikev2], times=2),
        *product(["shaped"], modes=("direct", *vpns, ikev2)),
        *product(["clean"], modes=(*vpns, ikev2), paths=list(PATHS)),
        *product(["clean"], modes=vpns, paths=list(PATHS), directions=["up"]),
        *product(["policed-75"], modes=("forward+cubic", "split+bbr")),
        *product(["shared-50", "shared-300"], modes=("split+bbr", "split+cubic")),
        *product(["lossy-0.3", "severe-3"], modes=(*vpns, "shadowsocks")),
        *product(["policed-150"], modes=("forward+cubic", "split+bbr")),
        *product(["lossy-1"], modes=vpns, flows=[6]),
        # What supports the default of quic.
        *product(["clean", "lossy-1"], modes=quic, loads=["https"]),
        *day(),
    ]


def short() -> list[Group]:
    """What a broken split can't pass."""
    return [
        *product(["lossy-1"], modes=("forward", "forward+cubic", "split+bbr", "split+cubic")),
        *product(["lossy-1"], modes=("forward", "split+bbr"), loads=["page"]),
        *product(["clean"], modes=("forward", "split+bbr"), directions=["down", "up"]),
    ]


def full() -> list[Group]:
    """Everything with everything; many hours."""
    return [
        *product(
            list(SCENARIOS),
            modes=list(MODES),
            paths=list(PATHS),
            flows=[1, 6],
            directions=["down", "up"],
            loads=["bulk", "page", "https"],
        ),
        *day(),
    ]


def day() -> list[Group]:
    """The article's figure: down and up over the hours of a working day."""
    return [
        Group(
            scenario="day",
            link=link,
            modes=("direct", "forward", "split+bbr"),
            direction=direction,
            hour=hour,
        )
        for hour, link in DAY.items()
        for direction in ("down", "up")
    ]
