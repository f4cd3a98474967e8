"""What of a gateway's life still runs on this computer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path


def runs(pid: int) -> bool:
    """Returns whether there is a process of this number."""
    return Path(f"/proc/{pid}").exists()


def running(places: Iterable[str]) -> Iterator[int]:
    """Yields the processes with one of these places on their command line or in their
    environment."""
    for process in Path("/proc").glob("[0-9]*"):
        # Many end while they are looked at.
        with suppress(OSError):
            told = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            if any(place.encode() in told for place in places):
                yield int(process.name)
