"""The watch that a gateway keeps on itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lab.lab import Lab


@contextmanager
def no_watch(lab: Lab) -> Iterator[None]:
    """Keep the watch away, which mends within five minutes what should not need it."""
    lab.gateway.succeed("systemctl stop gateway-watch.timer gateway-watch", 120)
    try:
        yield
    finally:
        lab.gateway.succeed("systemctl start gateway-watch.timer")
