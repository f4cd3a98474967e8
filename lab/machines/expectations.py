"""What is expected of a machine, how it is waited for, and what it is called when it fails."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from lab.host import LabError

T = TypeVar("T")


class QemuFailed(LabError):
    """QEMU made a mistake, and not what ran in it: whoever tries again will hardly meet it."""


class ExpectationFailed(AssertionError):
    """The machine under test did not do what was expected of it."""


def poll(
    observe: Callable[[], T | None],
    what: str,
    timeout: float,
    between: Callable[[], None] = lambda: None,
) -> T:
    """Wait for something to be observed; never for time to pass.

    Raises:
        ExpectationFailed: it was not observed in `timeout` seconds.
    """
    deadline = time.monotonic() + timeout
    while (observed := observe()) is None:
        # The last look is after the wait, not before its last pause.
        if time.monotonic() > deadline:
            raise ExpectationFailed(f"not within {timeout:.0f} s: {what}")
        between()
        time.sleep(0.5)
    return observed
