"""The documents' pictures, drawn from the code, the workflow and committed records.

Nothing is drawn from memory: what a picture says stands somewhere else too, and is read there.
"""

from __future__ import annotations

from pathlib import Path

from pictures import guards, path
from pictures.svg import SCHEMES, coloured

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs/pictures"


def drawings() -> dict[str, str]:
    """Return each drawing by its name, its colours still to be chosen."""
    return {
        "path": path.draw(path.ENGLISH),
        "path.ja": path.draw(path.JAPANESE),
        "guards": guards.draw(ROOT),
    }


def files() -> dict[str, str]:
    """Return what stands in the folder of pictures: the name of each file, and its text."""
    return {
        f"{name}.{scheme}.svg": coloured(drawn, scheme)
        for name, drawn in drawings().items()
        for scheme in SCHEMES
    }
