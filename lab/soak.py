"""Power cuts while the gateway is set up, at moments of chance: each must end ready by itself."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

from lab import opening, provision
from lab.lab import Lab
from lab.progress import Progress

EARLIEST = 5
"""Seconds after power-on: firmware and boot loader know nothing of a gateway."""


@dataclass(frozen=True)
class SoakOptions(opening.LabOptions):
    """What `python -m lab soak` was told."""

    cuts: int
    """How many first boots are cut off, each once."""
    seed: int
    """Of chance: the same one cuts at the same moments."""
    within: float
    """Seconds after power-on in which the power is cut at the latest."""


def soak(options: SoakOptions, progress: Progress) -> int:
    """Cut the power in one first boot after the other; returns 0 if each ended ready."""
    chance = random.Random(options.seed)  # noqa: S311  chance that can be had again
    moments = [chance.uniform(EARLIEST, options.within) for _ in range(options.cuts)]
    progress.phases = 3 * options.cuts
    progress.note(f"seed {options.seed}: cut after {', '.join(f'{m:.0f}' for m in moments)} s")
    with opening.world_alone(options, progress) as lab:
        for moment in moments:
            _cut_after(moment, lab, progress)
    print(f"{options.cuts} first boots were cut off, and each ended ready")
    return 0


def _cut_after(seconds: float, lab: Lab, progress: Progress) -> None:
    with progress.phase(f"power on, and off after {seconds:.0f} s", seconds):
        provision.power_on(lab)
        time.sleep(seconds)
        lab.gateway.stop()
        progress.note(f"cut at: {lab.gateway.console.last_line()}")
    lab.gateway.start()
    provision.until_ready(progress, lab)
    provision.expect_whole(lab)
    lab.gateway.stop()
