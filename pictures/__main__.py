"""Draw the documents' pictures anew, into docs/pictures."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench.records import Mistake
from pictures import FOLDER, RESULTS, files


def main(folder: Path = FOLDER, results: Path = RESULTS) -> int:
    """Write what changed, remove what is drawn no more, and say so; return the exit status."""
    try:
        drawn = files(results)
    except (Mistake, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    folder.mkdir(parents=True, exist_ok=True)
    for old in sorted(folder.glob("*.svg")):
        if old.name not in drawn:
            old.unlink()
            print(f"removed {old.name}")
    for name, text in drawn.items():
        place = folder / name
        if not place.exists() or place.read_text(encoding="utf-8") != text:
            place.write_text(text, encoding="utf-8")
            print(f"drew {name}")
    return 0


if __name__ == "__main__":
    argparse.ArgumentParser(prog="python -m pictures", description=__doc__).parse_args()
    sys.exit(main())
