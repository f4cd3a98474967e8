"""Scenarios in several labs at once: a lab alone keeps two processors busy for two thirds, because
its phones wait for its gateway, and its gateway for them. A second one begins where processors are
idle: phones have only so many seconds, and other tests as well."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab import opening, play
from lab.command import TRY_AGAIN
from lab.progress import Checks, Progress, complain, in_colour, span, write_result

LABS = 2
"""So many are played in where the memory is there: machines of the project's size have two
processors."""
MEMORY = 4
"""GiB that a lab takes: 2.5 of its machines, and what QEMU keeps of their translated programs
(measured: 1.8 for a gateway, 2.2 for a world)."""
IDLE = 0.5
"""Of one processor that nobody wants: then another lab begins. A lab beside all other tests leaves
none of two, and alone 0.7."""
SAMPLE = 30
"""Seconds for which that must be so."""
LASTS = {
    "carrier": 310,
    "attacks": 290,
    "restart": 215,
    "ikev2": 200,
    "dial_in": 190,
    "limits": 155,
    "nat64": 120,
    "split": 105,
}
"""Seconds that each takes under emulation, about (28 November 2026): the long ones begin first."""
USUAL = 180
"""Seconds for a scenario that is not known there."""


def labs_for(asked: int | None, chosen: Sequence[str]) -> int:
    """Returns how many labs a run of these scenarios gets: as asked, or as memory allows."""
    return min(asked or min(LABS, max(1, _free_memory() // MEMORY)), len(chosen))


def _free_memory() -> int:
    """Returns how much memory nobody needs, GiB."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    (free,) = (line.split()[1] for line in lines if line.startswith("MemAvailable:"))
    return int(free) // 2**20


@dataclass(frozen=True)
class Ended:
    """A scenario that was played, well or not."""

    name: str
    status: int
    """Its process's exit status."""
    result: dict[str, Any]
    """Empty, if it left none."""


def idle_processors(wait: Callable[[float], object]) -> float:
    """Returns how many processors nobody wanted, on average while it waited."""
    before = _ticks()
    wait(SAMPLE)
    passed = [now - then for now, then in zip(_ticks(), before, strict=True)]
    # proc_stat(5): user, nice, system, idle, iowait and others.
    return (passed[3] + passed[4]) / max(1, sum(passed)) * (os.cpu_count() or 1)


def _ticks() -> list[int]:
    return [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]


def run(options: opening.LabOptions, chosen: Sequence[str], labs: int, progress: Progress) -> int:
    """Play the chosen scenarios, each in a lab and a directory of its own below `options.out`, and
    write one result of them all.

    Returns 0 if all that was expected was seen, 1 if not, 2 if a lab could not go on.
    """
    opening.provisioned(options, progress)
    progress.phases += 1
    order = sorted(set(chosen), key=lambda name: (-LASTS.get(name, USUAL), name))
    lasts = [LASTS.get(name, USUAL) for name in order]
    players = _Players(options, progress, len(order))
    what, usually = f"{len(order)} scenarios in {labs} labs", max(lasts[0], sum(lasts) / labs)
    with progress.phase(what, usually, players.told):
        ended = _played(players, order, labs)
    together = _together([each.result for each in ended if each.result])
    write_result(options.out / "result.json", together)
    status = play.verdict(Checks(progress, together["checks"]), options.out)
    if stopped := [each.name for each in ended if each.status not in (0, 1)]:
        complain(f"could not go on: {', '.join(stopped)}; what they said stands above")
        return 2
    return max(status, *(each.status for each in ended))


def _played(players: _Players, order: Sequence[str], labs: int) -> list[Ended]:
    with ThreadPoolExecutor(labs) as pool:
        ended = [pool.submit(players.play, name) for name in order]
        try:
            return [each.result() for each in ended]
        except BaseException:
            # Ctrl-C, SIGTERM: nobody shall begin, and whoever runs shall tidy up.
            players.end()
            raise


def player(options: opening.LabOptions, name: str) -> list[str]:
    """Returns the command that plays one scenario. What is fresh was made before it."""
    out = options.out.resolve() / name
    told = ["--scenario", name, "--settings", str(options.settings), "--out", str(out)]
    return [sys.executable, "-m", "lab", "run", *told]


@dataclass
class _Players:
    """The processes that play, one a scenario."""

    options: opening.LabOptions
    progress: Progress
    scenarios: int
    through: int = 0
    running: dict[str, subprocess.Popen[str]] = field(default_factory=dict)
    ended: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def told(self) -> str:
        """Returns what is going on."""
        with self.lock:
            now = ", ".join(self.running) or "none"
        return f"{self.through} of {self.scenarios} are through; now: {now}"

    def play(self, name: str) -> Ended:
        """Play one as soon as there is room; once more where QEMU broke its lab, and only there:
        what a gateway does stands as it is."""
        ended = self._once(name)
        if ended.status == TRY_AGAIN and not self.ended.is_set():
            self.progress.note(f"{name}: QEMU broke its lab, as said above; it is played once more")
            ended = self._once(name)
        return ended

    def _once(self, name: str) -> Ended:
        """Play one, and pass on line by line what it says."""
        process = self._begin(name)
        began = time.monotonic()
        if process is None:
            return Ended(name, 2, {})
        assert process.stdout
        with process.stdout as said:
            for line in said:
                print(f"{name:8}  {line}", end="", flush=True)
        status = process.wait()
        with self.lock:
            del self.running[name]
            self.through += status != TRY_AGAIN
        self.progress.note(f"{name}: ended after {span(time.monotonic() - began)}; {self.told()}")
        path = self.options.out / name / "result.json"
        return Ended(name, status, json.loads(path.read_text()) if path.exists() else {})

    def _begin(self, name: str) -> subprocess.Popen[str] | None:
        """Wait until nobody plays, or processors are idle beside whoever does."""
        room = False
        while not self.ended.is_set():
            with self.lock:
                if not self.ended.is_set() and (room or not self.running):
                    self.running[name] = self._start(name)
                    return self.running[name]
            room = idle_processors(self.ended.wait) >= IDLE
        return None

    def _start(self, name: str) -> subprocess.Popen[str]:
        # In a process group of its own: Ctrl-C reaches it once, through us, and not in the middle
        # of its tidying up. Not apart from the terminal altogether: by that Linux tells who shares
        # processors evenly (sched(7), autogroup), and what is niced here would no longer give way.
        return subprocess.Popen(
            player(self.options, name),
            cwd=opening.ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **({"FORCE_COLOR": "1"} if in_colour() else {})},
            process_group=0,
        )

    def end(self) -> None:
        """Have all that run tidy up and end, and none begin."""
        with self.lock:
            self.ended.set()
            for process in self.running.values():
                process.terminate()


def _together(results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Returns one result of several. What two of them say in the same words stands there once."""
    checks: list[dict[str, Any]] = []
    together: dict[str, Any] = {}
    for result in results:
        together |= result
        checks += [check for check in result["checks"] if check not in checks]
    return {**together, "checks": checks}
