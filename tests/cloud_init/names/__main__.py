"""What becomes of a phone's questions while an upstream fails by itself, run on the guest by
``python3 -m tests.cloud_init.names CHECK``. Prints what went wrong, and nothing if nothing did;
with ``table`` every cell of the table and how long its slowest answer took."""

from __future__ import annotations

import itertools
import re
import shlex
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from tests.cloud_init.names.upstream import (
    ADDRESSES,
    BEHAVIOURS,
    NS,
    PHONES_ASK,
    SITE,
    SLOW,
    TCP,
    UDP,
    Upstream,
    ask,
    fresh,
)

LISTENERS = {"unbound": ("127.0.0.1", 5335), "gateway-resolver": (PHONES_ASK, 53)}
"""Units, and where they listen."""
ASKED = 4
"""Names a cell of the table."""
OUTAGE = 14
"""Seconds without any upstream; with its own settings unbound then asks none for a while."""


@contextmanager
def daemons() -> Iterator[None]:
    """The guest's, as their units start them, fresh: they remember nothing."""
    started = [subprocess.Popen(_start(unit), stderr=subprocess.DEVNULL) for unit in LISTENERS]
    try:
        for address in LISTENERS.values():
            _wait_for(partial(_listens, address))
        yield
    finally:
        for daemon in started:
            daemon.terminate()
            daemon.wait()
        # A child of dnsmasq's may still hold the address.
        for address in LISTENERS.values():
            _wait_for(partial(_is_free, address))


def _start(unit: str) -> list[str]:
    text = Path(f"/etc/systemd/system/{unit}.service").read_text()
    (command,) = re.findall(r"^ExecStart=(.*)$", text, re.M)
    return shlex.split(command)


def _listens(to: tuple[str, int]) -> bool:
    with suppress(OSError), socket.create_connection(to, 1):
        return True
    return False


def _is_free(address: tuple[str, int]) -> bool:
    return not _listens(address)


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "a daemon does not start, or does not end"
        time.sleep(0.02)


Cell = tuple[str, dict[str, float]]
"""How it was asked, while which upstream failed; and what came, with the seconds of the last."""


def cells(behaviour: str, upstreams: list[Upstream]) -> Iterator[Cell]:
    """Ask while one upstream fails: from the start, or after it was seen to be good."""
    for by, state, bad in itertools.product((UDP, TCP), ("cold", "warm"), (0, 1)):
        behave(upstreams, "good")
        if state == "cold":
            upstreams[bad].behave(behaviour)
        with daemons():
            if state == "warm":
                good = {ask(fresh(), by) for _ in range(8)}
                assert good == {SITE}, f"with both good: {good}"
                upstreams[bad].behave(behaviour)
            yield f"{behaviour:8} {by} {state} {ADDRESSES[bad]}", timed(by)


def timed(by: str) -> dict[str, float]:
    """What comes of some questions, and how many seconds the slowest of each kind took."""
    found: dict[str, float] = {}
    for _ in range(ASKED):
        began = time.monotonic()
        answer = ask(fresh(), by)
        found[answer] = max(found.get(answer, 0), time.monotonic() - began)
        if answer == "TimeoutError":
            # The rest would only take as long.
            break
    return found


def behave(upstreams: list[Upstream], behaviour: str) -> None:
    for upstream in upstreams:
        upstream.behave(behaviour)


def fails(behaviour: str, upstreams: list[Upstream]) -> Iterator[str]:
    """No name is lost while one of two fails, whichever, however it is asked, cold or warm."""
    for where, found in cells(behaviour, upstreams):
        if set(found) != {SITE}:
            yield f"{where}: {found}"
            return


def table(behaviour: str, upstreams: list[Upstream]) -> Iterator[str]:
    """Every cell, for docs/results."""
    for where, found in cells(behaviour, upstreams):
        yield where + "".join(f" {answer} {took:.2f} s" for answer, took in found.items())


def outage(upstreams: list[Upstream]) -> Iterator[str]:
    """Names are there again at once when the upstreams are."""
    with daemons():
        behave(upstreams, "silent")
        end = time.monotonic() + OUTAGE
        while time.monotonic() < end:
            threading.Thread(target=ask, args=(fresh(), UDP), daemon=True).start()
            time.sleep(0.1)
        behave(upstreams, "good")
        if set(found := timed(UDP)) != {SITE}:
            yield f"after {OUTAGE} s without upstreams: {found}"


def slow(upstreams: list[Upstream]) -> Iterator[str]:
    """A name for which upstreams need seconds themselves is waited for, though they are near; until
    they are asked again, it may last as long once more."""
    behave(upstreams, "near")
    with daemons():
        # Until unbound has learnt how near.
        assert {ask(fresh(), UDP) for _ in range(20)} == {SITE}
        behave(upstreams, "slow")
        if (found := ask(fresh(), UDP, patience=2 * SLOW)) != SITE:
            yield f"a name that takes {SLOW} s: {found}"


def asked_anew(upstreams: list[Upstream]) -> Iterator[str]:
    """Upstreams are asked each time for what the self-test asks for, and for all names but ours."""
    names = (("", NS), ("", NS), ("pc.home.arpa", NS), ("pc.site.test", NS))
    with daemons():
        for number, (name, kind) in enumerate(names, 1):
            answer = ask(name, UDP, kind)
            if (asked := sum(upstream.asked for upstream in upstreams)) != number:
                yield f"{name or 'the root'}: {answer} after {asked} questions, expected {number}"


CHECKS: dict[str, Callable[[list[Upstream]], Iterator[str]]] = {
    **{behaviour: partial(fails, behaviour) for behaviour in BEHAVIOURS},
    **{f"table-{behaviour}": partial(table, behaviour) for behaviour in BEHAVIOURS},
    **{check.__name__: check for check in (outage, slow, asked_anew)},
}

if __name__ == "__main__":
    for address in (*ADDRESSES, PHONES_ASK):
        subprocess.run(["ip", "address", "add", f"{address}/32", "dev", "lo"], check=True)
    for line in CHECKS[sys.argv[1]]([Upstream(address) for address in ADDRESSES]):
        print(line, flush=True)
