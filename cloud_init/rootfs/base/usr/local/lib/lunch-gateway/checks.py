"""What the checks of `gateway-selftest` share. A check returns what it found, or raises
`Failure`. Those in tunnel.py are what a phone needs to get in and out; those in speed.py
only make it faster, and keep nobody out.

What is expected is read from the same files that configure the machine, wherever there is
one.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SYSCTLS = Path("/etc/sysctl.d/90-lunch-gateway.conf")
FORWARDING = re.compile(r"net\.ipv4\.(ip_forward|conf\..*)")
"""The sysctls without which a phone's packets go nowhere. The others are for speed."""
Function = Callable[[], str]


@dataclass(frozen=True)
class Check:
    """A function, and what hangs on it."""

    function: Function
    required: bool
    """Whether phones have to stay outside while it fails."""


CHECKS: dict[str, Check] = {}


class Failure(Exception):
    """What was found, what was expected, and where to look."""


def required(function: Function) -> Function:
    """Register a check of what a phone needs."""
    CHECKS[function.__name__] = Check(function, True)
    return function


def advisory(function: Function) -> Function:
    """Register a check of what a phone can do without."""
    CHECKS[function.__name__] = Check(function, False)
    return function


def expect(condition: bool, complaint: str) -> None:
    if not condition:
        raise Failure(complaint)


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    output = (done.stderr or done.stdout).strip()
    expect(done.returncode == 0, f"`{' '.join(command)}` failed: {output[-300:]}")
    return done.stdout


def settings(path: Path, comment: str = "#") -> Iterator[str]:
    """The lines of a configuration file that say something."""
    for line in path.read_text().splitlines():
        if line.strip() and not line.lstrip().startswith(comment):
            yield line.strip()


def compare_sysctls(forwarding: bool) -> str:
    """Compare what is in effect with what the file says, for one kind of its lines."""
    wrong, count = [], 0
    for line in settings(SYSCTLS):
        pattern, wanted = (part.strip() for part in line.split("=", 1))
        if bool(FORWARDING.fullmatch(pattern)) != forwarding:
            continue
        paths = list(Path("/proc/sys").glob(pattern.replace(".", "/")))
        if not paths and "*" not in pattern:
            wrong.append(f"{pattern} is not there")
        for path in paths:
            try:
                # The kernel writes several numbers with tabs between them.
                found = " ".join(path.read_text().split())
            except FileNotFoundError:
                continue  # a phone's interface, which has gone meanwhile
            count += 1
            if found != wanted:
                wrong.append(f"{path.relative_to('/proc/sys')} = {found}, expected {wanted}")
    expect(not wrong, "; ".join(wrong))
    expect(count > 0, f"{SYSCTLS} sets nothing")
    return f"{count} as configured"


def loaded(kind: str) -> list[dict[str, Any]]:
    """The chains or rules of our table that are in effect."""
    listing = json.loads(run("nft", "-j", "list", "table", "inet", "gateway"))["nftables"]
    return [entry[kind] for entry in listing if kind in entry]
