"""The page in a real browser, for who is in a hurry: one's own device first, room for a finger."""

from __future__ import annotations

from pathlib import Path

import pytest

from profiles import page
from profiles.account import Account
from profiles.bundle import files
from tests.profiles.browser import Browser
from tests.profiles.test_page_on_a_phone import ANDROID, IPHONE, OPEN_ALL

WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/140.0.0.0 Safari/537.36"
)
SCREENS = [(IPHONE, "iphone", 390, 844), (ANDROID, "android", 390, 844)]
DESKTOP = (WINDOWS, "windows", 1280, 900)
FINGER = 44
"""CSS pixels, either way (Apple's Human Interface Guidelines; WCAG 2.5.5)."""
ORDER = "[...document.querySelectorAll('main > .device')].map(each => each.id)"
FIRST_STEP = "document.querySelector('.device[open] :is(li, dl > div)').getBoundingClientRect()"
SMALL = f"""
    [...document.querySelectorAll('button, a, summary, label')]
        .filter(each => each.checkVisibility())
        .map(each => [each.textContent.trim(), each.getBoundingClientRect()])
        .filter(([, box]) => box.width < {FINGER} || box.height < {FINGER})
        .map(([text, box]) => `${{text}}: ${{box.width}} x ${{box.height}}`)
"""
OPEN_CODES = "[...document.querySelectorAll('#values .secret[open]')].map(e => e.closest('div').id)"


@pytest.fixture(scope="module")
def written(carol: Account, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(page.render(carol, files(carol)), encoding="utf-8")
    return path


@pytest.mark.parametrize(("agent", "device", "width", "height"), [*SCREENS, DESKTOP])
@pytest.mark.parametrize("language", ["en-US", "ja-JP"])
def test_ones_own_device_comes_first_and_its_first_step_is_on_the_first_screen(
    agent: str, device: str, width: int, height: int, language: str, written: Path, phone: Browser
) -> None:
    known = phone.evaluate("navigator.userAgent")
    phone.phone(width, language)
    try:
        phone.agent(agent, language)
        phone.open(written)
        order = phone.evaluate(ORDER)
        assert order[0] == device
        assert len(order) == len(set(order)) == 7
        assert phone.evaluate(f"{FIRST_STEP}.bottom") < height
        assert phone.evaluate(OPEN_CODES) == (
            ["value-server", "value-user"] if device == "windows" else []
        )
    finally:
        phone.agent(known, language)


def test_an_unknown_device_is_asked_which_it_is(written: Path, phone: Browser) -> None:
    phone.phone(390, "en-US")
    known = phone.evaluate("navigator.userAgent")
    asks = "document.getElementById('choose').innerText"
    try:
        phone.agent("Something", "en-US")
        phone.open(written)
        assert phone.evaluate(asks) == "Choose your device:"
        assert phone.evaluate(ORDER)[0] == "iphone"
        phone.agent(ANDROID, "en-US")
        phone.open(written)
        assert phone.evaluate(asks) == "Another device:"
    finally:
        phone.agent(known, "en-US")


@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("language", ["en-US", "ja-JP"])
def test_a_finger_finds_everything(
    width: int, language: str, written: Path, phone: Browser
) -> None:
    phone.phone(width, language)
    phone.open(written)
    phone.evaluate(OPEN_ALL)
    assert phone.evaluate("document.querySelectorAll('button, a, summary, label').length") > 60
    assert phone.evaluate(SMALL) == []


def test_what_is_too_small_for_a_finger_is_found(written: Path, phone: Browser) -> None:
    phone.phone(390, "en-US")
    phone.open(written)
    phone.evaluate("document.querySelector('.get.first').closest('details').open = true")
    phone.evaluate("document.querySelector('.get.first').style.setProperty('min-height', '0')")
    phone.evaluate("document.querySelector('.get.first').style.setProperty('padding', '0')")
    assert len(phone.evaluate(SMALL)) == 1
