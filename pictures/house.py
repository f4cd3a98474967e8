"""The house: its rooms one above the other, and who imports whom, read in the code."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from pathlib import Path

from pictures.svg import box, drawing, head, stroke, words

ROOM, HEIGHT, STEP, TOP = 160, 34, 54, 10
"""Pixels: a room's width and height, from one room to the next, and what is left around them."""
NOT_DRAWN = {"tests"}
"""The same rooms once more, and each may look into its own."""
INKS = tuple(
    f"var(--way-{way})"
    for way in ("gateway-l2tp", "forward", "wireguard", "shadowsocks", "direct", "gateway-quic")
)

Imports = Mapping[str, set[str]]
"""Which rooms each room imports from."""


def imports(root: Path) -> dict[str, set[str]]:
    """Return the rooms, Pulumi's program among them, and from which others each imports."""
    folders = {path.parent.name: path.parent for path in root.glob("*/__init__.py")}
    rooms = {name: path for name, path in folders.items() if name not in NOT_DRAWN}
    files = {name: [*path.rglob("*.py")] for name, path in rooms.items()}
    files["__main__.py"] = [root / "__main__.py"]
    return {
        name: {found for path in paths for found in _of_file(path)} & rooms.keys() - {name}
        for name, paths in files.items()
    }


def _of_file(path: Path) -> Iterable[str]:
    """Yield the first part of each module's name that a file imports, at its top or later."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def storeys(known: Imports) -> list[str]:
    """Return the rooms, each above all that it imports from.

    Raises:
        ValueError: some import each other in a circle.
    """
    left, below = dict(known), list[str]()
    while left:
        ready = sorted(name for name, others in left.items() if not others & left.keys())
        if not ready:
            raise ValueError(f"these import each other in a circle: {', '.join(sorted(left))}")
        below.append(_next(ready, known, below))
        del left[below[-1]]
    return below[::-1]


def _next(ready: list[str], known: Imports, below: list[str]) -> str:
    """Return who stands on the highest of the rooms that have their place, so that arrows are
    short."""
    return max(ready, key=lambda name: max(map(below.index, known[name]), default=-1))


def draw(known: Imports) -> str:
    """Return the drawing: an arrow from each room to each from which it imports."""
    order = storeys(known)
    told = "; ".join(
        f"{name} imports {', '.join(sorted(known[name]))}" for name in order if known[name]
    )
    height = 2 * TOP + STEP * (len(order) - 1) + HEIGHT
    longest = max(order.index(to) - order.index(name) for name in order for to in known[name])
    width = TOP + ROOM + 0.75 * _bend(longest) + TOP
    parts = [_room(name, _y(order, name)) for name in order]
    return drawing(round(width), height, f"{told}.", *parts, *_arrows(order, known))


def _y(order: list[str], name: str) -> float:
    return TOP + STEP * order.index(name)


def _room(name: str, y: float) -> str:
    ink = {"font_weight": "bold", "text_anchor": "middle"}
    return box(TOP, y, ROOM, HEIGHT) + words(name, TOP + ROOM / 2, y + HEIGHT / 2 + 5, **ink)


def _arrows(order: list[str], known: Imports) -> Iterable[str]:
    """Yield the arrows, those of one room in one colour; each wider the farther it leads."""
    for number, name in enumerate(order):
        ink = INKS[number % len(INKS)]
        for other in sorted(known[name], key=order.index):
            far = order.index(other) - number
            start, end = _doors(order, known, name, other)
            edge, bend = TOP + ROOM, TOP + ROOM + _bend(far)
            curve = f"M{edge:g} {start:g}C{bend:g} {start:g} {bend:g} {end:g} {edge + 9:g} {end:g}"
            yield stroke(curve, ink)
            yield head(edge + 1, end, ink, -1)


def _bend(far: int) -> float:
    """Return how far to the right a curve is drawn; it gets three quarters of the way."""
    return 22 + 38 * far


def _doors(order: list[str], known: Imports, name: str, other: str) -> tuple[float, float]:
    """Return how far down an arrow leaves its room, and reaches the other: each has its place."""
    out = sorted(known[name], key=order.index, reverse=True)
    into = [each for each in order if other in known[each]][::-1]
    start = (out.index(other) + 1) / (len(out) + 1)
    end = (into.index(name) + 1) / (len(into) + 1)
    return (
        _y(order, name) + HEIGHT * (0.5 + start / 2),
        _y(order, other) + HEIGHT * end / 2,
    )
