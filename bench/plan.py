"""What is measured: comparisons of ways on one line."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, replace

from bench.lines import DAY, LINES
from bench.records import BOTH, LOADS, Case
from bench.ways import DIRECT, IKEV2, OURS, WAYS
from lab.phones.page import CONNECTIONS, PAGES
from lab.world import today
from lab.world.line import GATEWAY_AT, Line


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Ways measured in turn on the same line, again and again."""

    case: Case
    line: Line
    ways: tuple[str, ...]
    neighbours: int = 0
    times: int = 1
    """The usual repeats, where single ones differ too much for three to decide."""
    pages: int = 7
    """One after the other in a measurement, so that three repeats have more than twenty."""

    def rounds(self, repeats: int) -> list[tuple[str, ...]]:
        """Return the ways' order in each repeat: there and back, so that what drifts drifts for
        all, and the phone keeps the client that it ended with."""
        back = tuple(reversed(self.ways))
        number = 1 if self.case.hour else repeats * self.times
        return [back if repeat % 2 else self.ways for repeat in range(number)]

    def estimate(self, seconds: int, repeats: int) -> float:
        """Return how long it will take, s, under emulation."""
        rounds = len(self.rounds(repeats))
        dialling = DIALLING * (rounds + 1) * (IKEV2 in self.ways)
        least, more = PAGE_SECONDS.get(self.case.load, (0, 0))
        loading = self.pages * (least + more * self.line.loss) or seconds
        return rounds * len(self.ways) * (loading + OVERHEAD) + dialling


OVERHEAD = 9
"""Seconds beside the flow itself: its start, switching the way, reading counters."""
DIALLING = 12
"""Seconds to IKEv2 or back to L2TP."""
PAGE_SECONDS = {"page": (3, 1.3), "today": (4, 4)}
"""That one takes on a line that loses nothing, and more for each packet in a hundred."""
FLOWS = {"page": CONNECTIONS, "today": len(today.ORIGINS), "https": 1}
"""What a browser opens by itself."""


USUAL = (DIRECT, "forward", OURS)
"""The ways that are compared where nobody says which."""
BAD = ("lossy-1", "lossy-3", "lunch-1230", "severe-10")
"""The lines on which pages are promised."""


def asked_on(line: Line, load: str) -> Line:
    """Return the line as a load meets it: what a page of today asks for may be lost as what it
    gets is, but at most one packet in a hundred, because lines lose less upwards."""
    lost = max(line.uplink_loss, min(line.loss, 1))
    return replace(line, uplink_loss=lost) if load == "today" else line


def by_browser(case: Case) -> Case:
    """Return the case as a browser has it, whose flows are its own, and all of them down."""
    flows = FLOWS.get(case.load)
    return case._replace(flows=flows, direction="down") if flows else case


def product(
    lines: Iterable[str],
    *,
    ways: Iterable[str],
    gateway_at: Iterable[str] = ("far",),
    flows: Iterable[int] = (1,),
    directions: Iterable[str] = ("down",),
    loads: Iterable[str] = ("bulk",),
    own_lines: Iterable[Line] = (),
    **more: int,
) -> list[Comparison]:
    """Return every combination, each once; see `by_browser`."""
    known: dict[str, Line] = {name: LINES[name] for name in lines}
    known |= {str(line): line for line in own_lines}
    asked = itertools.product(known, gateway_at, flows, directions, loads)
    return [
        Comparison(
            case=case,
            line=asked_on(known[case.line], case.load),
            neighbours=LINES[case.line].neighbours if case.line in LINES else 0,
            ways=tuple(ways),
            **more,
        )
        for case in dict.fromkeys(by_browser(Case(*each)) for each in asked)
    ]


def standard() -> list[Comparison]:
    """Return every promise, and what the promises are compared with."""
    vpns = ("forward", OURS)
    others = (DIRECT, *vpns, "shadowsocks")
    cubic = ("forward-cubic", "gateway-cubic")
    return [
        # IKEv2 comes last of the ways, because each change between L2TP and it is a dialling.
        # First what most is promised about: an interrupted run has that much.
        *product(["lossy-1"], ways=[*others, "wireguard", *cubic, IKEV2]),
        *product(["lossy-1"], ways=[*others, IKEV2], loads=["page"]),
        *product(BAD[1:], ways=[DIRECT, *vpns, IKEV2], loads=["page"]),
        *product(BAD, ways=[DIRECT, *vpns, IKEV2], loads=["today"]),
        *product(BAD, ways=[DIRECT, OURS, IKEV2], gateway_at=["near"], loads=["page", "today"]),
        *product(["lossy-3"], ways=[*others, IKEV2]),
        *product(["severe-10"], ways=[*others, IKEV2], times=2),
        *product(["shaped"], ways=(DIRECT, *vpns, IKEV2)),
        *product(["clean"], ways=(*vpns, IKEV2), gateway_at=GATEWAY_AT),
        *product(["clean"], ways=vpns, gateway_at=GATEWAY_AT, directions=["up"]),
        *product(["policed-75"], ways=("forward-cubic", OURS)),
        *product(["shared-50", "shared-300"], ways=(OURS, "gateway-cubic")),
        *product(["lossy-0.3", "severe-3"], ways=(*vpns, "shadowsocks")),
        *product(["policed-150"], ways=("forward-cubic", OURS)),
        *product(["lossy-1"], ways=vpns, flows=[6]),
        *product(["bursty-1", "bursty-3"], ways=[*vpns, IKEV2]),
        *product(["overtaking", "jittery", "uphill", "varying"], ways=[DIRECT, *vpns, IKEV2]),
        *product(["uphill"], ways=[DIRECT, *vpns, IKEV2], directions=["up"]),
        *product(["policed-shared"], ways=(OURS, "gateway-cubic")),
        # What supports the default of quic.
        *product(["clean", "lossy-1"], ways=(DIRECT, OURS, "gateway-quic"), loads=["https"]),
        *day(),
    ]


def short() -> list[Comparison]:
    """Return what a broken split can't pass."""
    return [
        *product(["lossy-1"], ways=("forward", "forward-cubic", OURS, "gateway-cubic")),
        *product(["lossy-1"], ways=("forward", OURS), loads=["page"], pages=PAGES),
        *product(["clean"], ways=("forward", OURS), directions=BOTH),
    ]


def full() -> list[Comparison]:
    """Return everything with everything; many hours."""
    return [
        *product(
            LINES, ways=WAYS, gateway_at=GATEWAY_AT, flows=(1, 6), directions=BOTH, loads=LOADS
        ),
        *day(),
    ]


def day(directions: Iterable[str] = BOTH) -> list[Comparison]:
    """Return the article's figure: down and up over the hours of a working day."""
    return [
        Comparison(case=Case("day", direction=direction, hour=hour), line=line, ways=USUAL)
        for hour, line in DAY.items()
        for direction in directions
    ]
