"""A first boot is drawn from a record of the lab's, and what is none is refused."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

import pictures
from lab.provision import MARKS
from pictures import __main__ as command
from pictures import boot

PHASES = {"kernel": 60.0, "packages": 90.4, "second boot": 30.0}
TOLD = {"first_boot": PHASES, "ready_seconds": 200.4, "world_boot_seconds": 17.0}


def record(path: Path, **other: object) -> Path:
    path.write_text(json.dumps({**TOLD, **other}))
    return path


def bars(drawn: str) -> list[tuple[float, float]]:
    """Where each begins, and how wide it is."""
    found = re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', drawn)
    return [(float(x), float(width)) for x, width in found]


def test_each_phase_begins_where_the_one_before_ends(tmp_path: Path) -> None:
    """What the kernels' clocks have not seen comes last, and with it the whole is there."""
    drawn = boot.draw(record(tmp_path / "x-first-boot.json"))
    found = bars(drawn)
    assert len(found) == len(PHASES) + 1
    for (x, width), (following, _) in pairwise(found):
        assert following == pytest.approx(x + width, abs=0.01)
    widths = [width / found[0][1] * PHASES["kernel"] for _, width in found]
    assert widths == pytest.approx([60.0, 90.4, 30.0, 20.0], abs=0.1)
    texts = list(ElementTree.fromstring(drawn).itertext())  # noqa: S314 - ours
    assert {"60 s", "90 s", "30 s", "20 s", boot.BETWEEN, "3 min"} <= set(texts)
    assert any("200 s from power-on until IKE answers" in text for text in texts)
    assert "4 min" not in texts


def test_what_is_committed_has_the_phases_that_the_lab_tells() -> None:
    kept = boot.newest(pictures.RESULTS)
    assert kept
    assert list(json.loads(kept.read_text(encoding="utf-8"))["first_boot"]) == list(MARKS)
    assert "boot.light.svg" in pictures.files()


def test_the_last_record_is_drawn(tmp_path: Path) -> None:
    assert boot.newest(tmp_path) is None
    assert "boot" not in pictures.drawings(tmp_path)
    record(tmp_path / "2026-11-20-first-boot.json")
    last = record(tmp_path / "2026-11-21-first-boot.json")
    assert boot.newest(tmp_path) == last


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{}", json.dumps({**TOLD, "first_boot": {}})),
        json.dumps({**TOLD, "first_boot": {"kernel": "long"}}),
        json.dumps({**TOLD, "ready_seconds": 100}),  # less than its phases
    ],
)
def test_what_is_no_record_is_told_in_one_line(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x-first-boot.json"
    path.write_text(text)
    assert command.main(tmp_path / "drawn", tmp_path) == 2
    said = f"{path} is no record of a first boot: the lab's was expected\n"
    assert capsys.readouterr().err == said
