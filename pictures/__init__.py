"""The documents' pictures, drawn from the code, the workflow and committed records.

Nothing is drawn from memory: what a picture says stands somewhere else too, and is read there.
"""

from __future__ import annotations

from pathlib import Path

from pictures import boot, day, guards, house, lines, neighbours, pages, path, up
from pictures.svg import SCHEMES, coloured

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs/pictures"
RESULTS = ROOT / "docs/results"


def drawings(results: Path = RESULTS) -> dict[str, str]:
    """Return each drawing by its name, its colours still to be chosen.

    Raises:
        Mistake, ValueError: records are there, and can't be drawn.
    """
    kept = {
        "boot": boot,
        "day": day,
        "lines": lines,
        "neighbours": neighbours,
        "pages": pages,
        "up": up,
    }
    found = {name: (each.newest(results), each.draw) for name, each in kept.items()}
    return {
        "path": path.draw(path.ENGLISH),
        "path.ja": path.draw(path.JAPANESE),
        "guards": guards.draw(ROOT),
        "house": house.draw(house.imports(ROOT)),
        **_in_japanese(results),
        **{name: draw(records) for name, (records, draw) in found.items() if records},
    }


def _in_japanese(results: Path) -> dict[str, str]:
    found = {}
    if measured := day.newest(results):
        found["day.ja"] = day.draw(measured, day.JAPANESE)
    if recorded := up.newest(results):
        found["up.ja"] = up.draw(recorded, up.JAPANESE)
    return found


def files(results: Path = RESULTS) -> dict[str, str]:
    """Return what stands in the folder of pictures: the name of each file, and its text."""
    return {
        f"{name}.{scheme}.svg": coloured(drawn, scheme)
        for name, drawn in drawings(results).items()
        for scheme in SCHEMES
    }
