"""Puts a phone on a way, and its line into the state that a measurement wants. Which way one takes
is decided by the address it asks for and by what the gateway does with it."""

from __future__ import annotations

from dataclasses import dataclass

from bench.plan import Comparison
from bench.ways import WAYS, Way
from lab.manners import Manners
from lab.phones.reach import Reach
from lab.phones.transports import Transports
from lab.world.line import impose, release, reseed


@dataclass
class Switch:
    """Has the phone take a transport, and the gateway behave, as a way says."""

    transports: Transports
    manners: Manners

    def prepare(self, comparison: Comparison, seed: int) -> None:
        """Open a comparison's ways on a calm line, because whatever must be installed or dialled
        is no measurement. Then impose its line."""
        world = self.transports.phone.world
        release(world)
        for name in comparison.ways:
            if self.transports.open(WAYS[name].transport):
                self.manners.forget()
        impose(world, comparison.line, comparison.case.gateway_at, seed)

    def turn(self, comparison: Comparison, way: Way, seed: int) -> Reach:
        """Take one of its ways, with these losses, and return what is reached by it."""
        reach = self.take(way, comparison.case.direction)
        begin = impose if reach.calm else reseed
        begin(reach.phone.world, comparison.line, comparison.case.gateway_at, seed)
        return reach

    def take(self, way: Way, direction: str) -> Reach:
        """Take the way's transport, and have the gateway split or forward with its congestion
        control."""
        reach = self.transports.take(way.transport, direction, way.split)
        if reach.changed:
            self.manners.forget()
        self.manners.take(way.congestion_control, way.towards_phones, way.split, way.quic)
        return reach
