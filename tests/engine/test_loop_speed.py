"""Nobody waits long for a preview. The promise, 1.2 times, is measured by
`python -m tests.engine.loop_speed`; here the bound is generous, and on processor time, so
that a busy machine does not fail it."""

from __future__ import annotations

import statistics

from tests.engine.conftest import MakeWorld
from tests.engine.loop_speed import compare

GENEROUS = 1.5


def test_a_preview_takes_hardly_longer_than_the_smallest_program(make_world: MakeWorld) -> None:
    product, smallest = compare(make_world, runs=3)
    assert len(product.processor) == len(smallest.processor) == 3
    ratio = statistics.median(product.processor) / statistics.median(smallest.processor)
    assert ratio < GENEROUS
