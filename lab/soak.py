"""Power cuts while the gateway is set up, at moments of chance: each must end ready by itself."""

from __future__ import annotations

import random
import re
import time
from dataclasses import dataclass

from lab import opening, provision
from lab.images.gateway import gateway_image
from lab.lab import Lab
from lab.machines.machine import ExpectationFailed
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
    lab.gateway.console.log.unlink(missing_ok=True)
    lab.insert_disk(gateway_image().disk)
    with progress.phase(f"power on, and off after {seconds:.0f} s", seconds):
        lab.gateway.start()
        time.sleep(seconds)
        lab.gateway.stop()
        progress.note(f"cut at: {lab.gateway.console.last_line()}")
    lab.gateway.start()
    provision.until_ready(progress, lab)
    _expect_whole(lab)
    lab.gateway.stop()


def _expect_whole(lab: Lab) -> None:
    """The self-test says nothing, and no package is half there.

    Raises:
        ExpectationFailed: otherwise.
    """
    if not provision.selftest_passed(lab):
        said = re.findall(r"(?:FAIL|WARN)  .*", lab.gateway.console.text())
        raise ExpectationFailed(f"the self-test says: {'; '.join(said[-5:])}")
    if half := lab.gateway.succeed("dpkg --audit").strip():
        raise ExpectationFailed(f"dpkg --audit says: {half[:300]}")
