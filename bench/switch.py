"""Puts a phone on a way, and its line into the state that a measurement wants. Which way one takes
is decided by the address it asks for and by what the gateway does with it."""

from __future__ import annotations

from dataclasses import dataclass

from bench.plan import Comparison
from bench.ways import WAYS, Way
from lab import manners
from lab.phones.transports import Transports
from lab.world.line import impose, release, reseed


def _act(way: Way) -> tuple[object, ...]:
    """Return what the gateway does differently from one way to another."""
    return way.congestion_control, way.towards_phones, way.split, way.quic


@dataclass
class Switch:
    """Has the phone take a transport, and the gateway behave, as a way says."""

    transports: Transports
    _way: Way | None = None
    _tso_rtt_log: str | None = None

    def prepare(self, comparison: Comparison, seed: int) -> None:
        """Open a comparison's ways on a calm line, because whatever must be installed or dialled
        is no measurement. Then impose its line."""
        world = self.transports.phone.world
        release(world)
        for name in comparison.ways:
            self._changed(self.transports.open(WAYS[name].transport))
        impose(world, comparison.line, comparison.case.gateway_at, seed)

    def turn(self, comparison: Comparison, way: Way, seed: int) -> None:
        """Take one of its ways, with these losses. Dial, where it must, on a calm line: one that
        loses every tenth packet may cost a call."""
        world = self.transports.phone.world
        dialling = self.transports.must_dial(way.transport)
        if dialling:
            release(world)
        self.take(way)
        if dialling:
            impose(world, comparison.line, comparison.case.gateway_at, seed)
        else:
            reseed(world, comparison.line, seed)

    def take(self, way: Way) -> None:
        """Take the way's transport, and have the gateway split or forward with its congestion
        control."""
        self._changed(self.transports.take(way.transport))
        before, self._way = self._way, way
        if before and _act(before) == _act(way):
            return
        gateway = self.transports.gateway
        if self._tso_rtt_log is None:  # as the gateway booted
            self._tso_rtt_log = manners.tso_rtt_log(gateway)
        if way.split:
            controls = way.congestion_control, way.towards_phones
            manners.split(gateway, *controls, way.quic, self._tso_rtt_log)
        else:
            manners.forward(gateway, way.congestion_control, way.quic)

    def _changed(self, gateway: bool) -> None:
        """Have the gateway told anew, if a transport has changed it."""
        if gateway:
            self._way = None
