"""The page in a real browser, as wide as a phone."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from profiles import page
from profiles.account import MAX_TITLE, Account
from profiles.bundle import files
from tests.profiles.browser import Browser

OPEN_ALL = "document.querySelectorAll('details').forEach(each => { each.open = true })"
WIDTH = "document.documentElement.scrollWidth"
VISIBLE = "document.getElementById('{}').checkVisibility()"
PASTED = "navigator.clipboard.readText()"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
ANDROID = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36"
)


@pytest.fixture(scope="module")
def written(carol: Account, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _written(carol, tmp_path_factory.mktemp("page"))


def _written(account: Account, directory: Path) -> Path:
    path = directory / "page.html"
    path.write_text(page.render(account, files(account)), encoding="utf-8")
    return path


@pytest.mark.parametrize("width", [320, 360, 400])
@pytest.mark.parametrize("language", ["en-US", "ja-JP"])
def test_nothing_is_wider_than_the_phone(
    width: int, language: str, carol: Account, tmp_path: Path, phone: Browser
) -> None:
    longest = dataclasses.replace(
        carol,
        server=f"{'w' * 63}.{'m' * 50}.cloudapp.azure.com",
        user="W" * 64,
        password="M" * 128,
        psk="W" * 128,
        title="長" * MAX_TITLE,
    )
    phone.phone(width, language)
    phone.open(_written(longest, tmp_path))
    assert phone.evaluate(WIDTH) == width
    phone.evaluate(OPEN_ALL)
    assert phone.evaluate(WIDTH) == width


def test_what_is_wider_is_noticed(written: Path, tmp_path: Path, phone: Browser) -> None:
    wide = written.read_text(encoding="utf-8").replace(
        "<main>", "<main><pre>" + "x " * 200 + "</pre>"
    )
    (tmp_path / "page.html").write_text(
        wide.replace("white-space: pre-wrap;", ""), encoding="utf-8"
    )
    phone.phone(360, "en-US")
    phone.open(tmp_path / "page.html")
    # Without its style sheet, which the policy now refuses, because it was altered.
    assert phone.evaluate(WIDTH) > 360
    assert any(event.get("method") == "Log.entryAdded" for event in phone.events)


def test_it_asks_nobody_and_has_no_complaint(written: Path, phone: Browser) -> None:
    phone.phone(360, "ja-JP")
    phone.open(written)
    phone.evaluate(OPEN_ALL)
    asked = [
        event["params"]["request"]["url"]
        for event in phone.events
        if event.get("method") == "Network.requestWillBeSent"
    ]
    assert asked == [written.as_uri()]
    said = {"Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled"}
    assert [event for event in phone.events if event.get("method") in said] == []


def _languages(phone: Browser) -> list[str]:
    """Which languages there is anything visible of."""
    script = """
        [...document.querySelectorAll("main .en, main .ja")]
            .filter(each => each.checkVisibility()).map(each => each.lang)
    """
    return sorted(set(phone.evaluate(script)))


@pytest.mark.parametrize(("language", "shown"), [("ja-JP", "ja"), ("ja", "ja"), ("de-DE", "en")])
def test_the_language_is_the_phones(
    language: str, shown: str, written: Path, phone: Browser
) -> None:
    phone.phone(360, language)
    phone.open(written)
    assert _languages(phone) == [shown]
    assert phone.evaluate("document.documentElement.lang") == shown
    other = {"en": "ja", "ja": "en"}[shown]
    phone.evaluate(f"document.querySelector('.switch[for={other}]').click()")
    assert _languages(phone) == [other]
    assert phone.evaluate("document.documentElement.lang") == other


def test_it_works_without_its_script(written: Path, phone: Browser) -> None:
    """The preview of the iPhone's Files runs none."""
    phone.phone(360, "ja-JP")
    phone.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        phone.open(written)
        assert _languages(phone) == ["en"]
        phone.evaluate("document.querySelector('.switch[for=ja]').click()")
        assert _languages(phone) == ["ja"]
        # A button that does nothing is worse than none.
        assert not phone.evaluate("document.querySelector('.copy').checkVisibility()")
    finally:
        phone.call("Emulation.setScriptExecutionDisabled", value=False)


def test_secrets_show_when_tapped(written: Path, phone: Browser) -> None:
    phone.phone(360, "en-US")
    phone.open(written)
    for key in ("password", "psk"):
        assert not phone.evaluate(VISIBLE.format(f"text-{key}"))
        phone.evaluate(f"document.querySelector('#value-{key} summary').click()")
        assert phone.evaluate(VISIBLE.format(f"text-{key}"))


def test_a_secret_can_be_copied_without_showing(
    written: Path, carol: Account, phone: Browser
) -> None:
    phone.phone(360, "en-US")
    phone.open(written)
    allowed = ["clipboardReadWrite", "clipboardSanitizedWrite"]
    phone.call("Browser.grantPermissions", permissions=allowed)
    phone.call("Emulation.setFocusEmulationEnabled", enabled=True)
    phone.evaluate("document.querySelector('#android .copy[data-copy=text-password]').click()")
    assert phone.evaluate(PASTED) == carol.password
    assert not phone.evaluate(VISIBLE.format("text-password"))


@pytest.mark.parametrize(("agent", "device"), [(IPHONE, "iphone"), (ANDROID, "android")])
def test_the_phones_own_section_is_open(
    agent: str, device: str, written: Path, phone: Browser
) -> None:
    phone.phone(360, "ja-JP")
    known = phone.evaluate("navigator.userAgent")
    try:
        phone.agent(agent, "ja-JP")
        phone.open(written)
        opened = phone.evaluate("[...document.querySelectorAll('.device[open]')].map(e => e.id)")
        assert opened == [device]
    finally:
        phone.agent(known, "ja-JP")


@pytest.mark.parametrize("dark", [False, True])
def test_another_phone_reads_the_qr_codes_from_the_screen(
    dark: bool, written: Path, carol: Account, phone: Browser
) -> None:
    phone.phone(360, "en-US", dark=dark)
    phone.open(written)
    phone.evaluate("document.querySelectorAll('.secret').forEach(each => { each.open = true })")
    codes = zxingcpp.read_barcodes(Image.open(io.BytesIO(phone.picture())))
    assert {code.text for code in codes} == {
        carol.server,
        carol.user,
        carol.password,
        carol.psk,
    }
    back = phone.evaluate("getComputedStyle(document.body).backgroundColor")
    assert back == ("rgb(15, 19, 24)" if dark else "rgb(244, 245, 247)")
