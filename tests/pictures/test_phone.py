"""The pictures of the users' page are of today's page. They are compared by what they say of
themselves and by their size: letters differ from machine to machine.
"""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest
from PIL import Image

from pictures import FOLDER
from tests.pictures import phone
from tests.pictures.phone import VIEWS, View
from tests.profiles.browser import browser
from tests.test_docs import pages

BRIGHT = {"light": range(200, 256), "dark": range(60)}


def looks(image: Image.Image) -> tuple[tuple[int, int], bool]:
    """Its size, and whether it has letters: then it has many shades."""
    return image.size, len(image.convert("L").getcolors() or []) > 20


def test_there_are_these_and_no_others() -> None:
    assert pages("docs/pictures/*.png") == sorted(f"docs/pictures/{view.name}" for view in VIEWS)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_each_is_of_todays_page(view: View) -> None:
    assert phone.is_of(FOLDER / view.name, phone.text()), "make pictures"


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_each_is_as_large_as_a_phone_and_light_or_dark(view: View) -> None:
    with Image.open(FOLDER / view.name) as image:
        size = phone.WIDTH * phone.DENSITY, phone.HEIGHT * phone.DENSITY
        assert looks(image) == (size, True)
        grey = image.convert("L").histogram()
    assert grey.index(max(grey)) in BRIGHT[view.scheme]


def test_one_that_is_taken_now_has_the_size_of_the_one_that_is_kept() -> None:
    with browser() as tab:
        taken = phone.take(VIEWS[0], phone.text(), tab)
    with Image.open(io.BytesIO(taken)) as now, Image.open(FOLDER / VIEWS[0].name) as kept:
        assert now.info == kept.info
        assert looks(now) == looks(kept)


def test_a_changed_page_makes_its_picture_old(tmp_path: Path) -> None:
    today = phone.text()
    assert not phone.is_of(FOLDER / VIEWS[0].name, today + " ")
    assert not phone.is_of(tmp_path / VIEWS[0].name, today)


def test_what_is_of_today_is_not_taken_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """So who has changed no page needs no browser."""
    for view in VIEWS:
        shutil.copy(FOLDER / view.name, tmp_path)
    monkeypatch.delattr(phone, "browser")
    assert phone.main(tmp_path) == 0
    assert capsys.readouterr().out == ""
    (tmp_path / VIEWS[0].name).unlink()
    with pytest.raises(NameError, match="browser"):
        phone.main(tmp_path)
