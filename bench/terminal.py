"""What the terminal shows: a row a way, and a row a change between two runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from bench.figures import FIGURES, Change, Measured, collect
from bench.records import Record

SHOWN = {key: figure for key, figure in FIGURES.items() if figure.short}
_WHERE = f"{'line':18}{'at':5}{'load':6}{'flows':>5} {'dir':5}{'way':18}"
WAYS_HEADER = _WHERE + "".join(f"{figure.short:>9}" for figure in SHOWN.values()) + "  reached"
CHANGES_HEADER = f"{_WHERE}{'figure':18}{'before':>9}{'after':>9}{'ratio':>9}"


def ways(records: Sequence[Record]) -> Iterator[str]:
    """Yield a row per way, under `WAYS_HEADER`."""
    for measured in collect(records).values():
        for each in measured.values():
            cells = (_cell(each.number(key), figure.digits) for key, figure in SHOWN.items())
            reached = (each.number("goodput_mbps") or 0) / (each.number("limit_mbps") or 1)
            yield f"{_where(each)}{''.join(cells)}{_cell(reached)}"


def change(told: Change) -> str:
    """Return a row, under `CHANGES_HEADER`."""
    digits = FIGURES[told.key].digits
    numbers = "".join(_cell(each.number(told.key), digits) for each in told[:2])
    ratio = _cell(told.ratio.value, 3)
    return f"{_where(told.after)}{told.key:18}{numbers}{ratio}  {told.ratio.by}"


def _where(measured: Measured) -> str:
    case = measured.case
    where = f"{case.label:18}{case.gateway_at:5}{case.load:6}{case.flows:>5} {case.direction:5}"
    return where + f"{measured.way:18}"


def _cell(value: float | None, digits: int = 2) -> str:
    return f"{'-' if value is None else f'{value:.{digits}f}':>9}"


say = partial(print, flush=True)
"""Prints at once, for logs without a terminal."""
