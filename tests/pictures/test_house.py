"""The house is drawn as its code is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pictures import ROOT, house
from tests.test_linters import ROOMS

TOY = {"roof": {"wall", "floor"}, "wall": {"floor"}, "floor": set[str]()}


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    for room in (*TOY, "tests"):
        (tmp_path / room).mkdir()
        (tmp_path / room / "__init__.py").write_text("")
    (tmp_path / "__main__.py").write_text("import roof.top, os\n")
    (tmp_path / "roof/top.py").write_text("from wall import a\nfrom roof import b\nimport json\n")
    (tmp_path / "roof/deep").mkdir()
    (tmp_path / "roof/deep/c.py").write_text("def f() -> None:\n    import floor\n")
    (tmp_path / "wall/a.py").write_text("from floor.b import c\nfrom . import d\nimport tests\n")
    return tmp_path


def test_an_import_is_found_wherever_it_stands(toy: Path) -> None:
    assert house.imports(toy) == {**TOY, "__main__.py": {"roof"}}


def test_every_room_is_there_and_imports_what_it_may() -> None:
    known = house.imports(ROOT)
    program = known.pop("__main__.py")
    assert program
    assert known.keys() == ROOMS.keys()
    assert {name for name, others in known.items() if not others <= ROOMS[name]} == set()


def test_no_arrow_leads_up() -> None:
    for known in (TOY, house.imports(ROOT)):
        order = house.storeys(known)
        assert sorted(order) == sorted(known)
        assert all(
            order.index(name) < order.index(other) for name in known for other in known[name]
        )


def test_contributing_tells_what_is_drawn() -> None:
    told = " ".join((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split())
    known = house.imports(ROOT)
    ground = {name for name, others in known.items() if not others}
    below = {name: on(known, name) for name in known}
    both = {name for name, others in below.items() if others >= ground}
    for names, sentence in (
        (ground, r"(.+?) import from no other room\."),
        (both, r"Only (.+?) stands on both of them\."),
        (known["__main__.py"], r"`__main__\.py`, Pulumi's program, is no room: it joins (.+?)\."),
    ):
        found = re.search(rf"(?:^|\. ){sentence}", told)
        assert found, sentence
        assert set(re.findall(r"`(\w+)`", found[1].rpartition(". ")[2])) == names


def on(known: house.Imports, name: str) -> set[str]:
    """All rooms below one."""
    return known[name].union(*(on(known, other) for other in known[name]))


def test_a_circle_is_refused() -> None:
    with pytest.raises(ValueError, match="circle: roof, wall"):
        house.storeys({"roof": {"wall"}, "wall": {"roof"}, "floor": set()})


def test_each_import_has_its_arrow() -> None:
    drawn = house.draw(TOY)
    assert re.findall(r">(\w+)</text>", drawn) == ["roof", "wall", "floor"]
    starts = [
        tuple(map(float, found))
        for found in re.findall(r'd="M[\d.]+ ([\d.]+)C[\d. ]+ ([\d.]+)"', drawn)
    ]
    rooms = {name: house.TOP + house.STEP * number for number, name in enumerate(TOY)}

    def room(y: float) -> str:
        return next(name for name, top in rooms.items() if top <= y <= top + house.HEIGHT)

    pairs = {(name, other) for name in TOY for other in TOY[name]}
    assert len(starts) == len(pairs)
    assert {(room(start), room(end)) for start, end in starts} == pairs
    assert "<title>roof imports floor, wall; wall imports floor.</title>" in drawn
