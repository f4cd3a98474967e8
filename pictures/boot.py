"""The phases of a first boot, from a record of the lab's that is committed.

The record is what `python -m lab provision` leaves as `result.json`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from pictures.svg import box, drawing, stroke, words

LEFT, RIGHT, TOP, ROW, WIDTH = 216, 64, 34, 32, 768
"""Pixels: where the first second lies, what is left at the right, the rows, and the whole."""
BETWEEN = "firmware and boot loader, twice"
"""What no kernel's clock has seen: all that is left of the whole."""
OURS, THEIRS = "var(--way-gateway-l2tp)", "var(--way-direct)"
MINUTE = 60


@dataclass(frozen=True)
class Phase:
    """What is done, and how many seconds it takes."""

    name: str
    seconds: float


def newest(results: Path) -> Path | None:
    """Return the last record of a first boot; None if none is committed."""
    return max(results.glob("*-first-boot.json"), default=None)


def draw(path: Path) -> str:
    """Return the drawing of a record.

    Raises:
        ValueError: it is none.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        known = [Phase(name, float(seconds)) for name, seconds in told["first_boot"].items()]
        whole, world = float(told["ready_seconds"]), float(told["world_boot_seconds"])
        rest = whole - sum(phase.seconds for phase in known)
        if not known or rest < 0:
            raise ValueError(rest)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ValueError(f"{path} is no record of a first boot: the lab's was expected") from None
    return plan([*known, Phase(BETWEEN, rest)], world)


def plan(phases: list[Phase], world: float) -> str:
    """Return the drawing: a row for each phase, below the minutes from power-on.

    Args:
        phases: in order; the last one stands for what lies between the others.
        world: what the other machine's boot took on the same host, in seconds.
    """
    starts = [0.0, *accumulate(phase.seconds for phase in phases)]
    scale = (WIDTH - LEFT - RIGHT) / starts[-1]
    height = TOP + ROW * len(phases) + 28
    rows = (
        part
        for number, phase in enumerate(phases)
        for part in _row(number, phase, LEFT + scale * starts[number], scale)
    )
    note = f"QEMU on a computer on which the lab's other machine boots in {world:.0f} s"
    below = words(note, LEFT, height - 6, font_size=12, fill="var(--muted)")
    return drawing(
        WIDTH, height, _told(phases, starts[-1]), *_minutes(starts[-1], scale, height), *rows, below
    )


def _told(phases: list[Phase], whole: float) -> str:
    """Return in words what the drawing shows."""
    each = ", ".join(f"{phase.name} {phase.seconds:.0f} s" for phase in phases)
    return f"A first boot in the lab, {whole:.0f} s from power-on until IKE answers: {each}."


def _minutes(whole: float, scale: float, height: float) -> list[str]:
    """Return a line for each minute, and one for the end."""
    parts = []
    for second in range(0, int(whole) + 1, MINUTE):
        x = LEFT + scale * second
        parts.append(stroke(f"M{x:g} {TOP - 8}V{height - 24:g}", "var(--rule)", 1))
        said = f"{second // MINUTE} min" if second else "power on"
        look = {"font_size": 12, "fill": "var(--muted)", "text_anchor": "middle"}
        parts.append(words(said, x, 16, **look))
    return parts


def _row(number: int, phase: Phase, x: float, scale: float) -> list[str]:
    """Return a phase's name, its bar and its seconds."""
    y, width = TOP + ROW * number, scale * phase.seconds
    ink = THEIRS if phase.name == BETWEEN else OURS
    return [
        words(phase.name, LEFT - 10, y + 15, text_anchor="end"),
        box(x, y, width, ROW - 10, rx=2, fill=ink, stroke="none"),
        words(f"{phase.seconds:.0f} s", x + width + 6, y + 15, font_weight="bold"),
    ]
