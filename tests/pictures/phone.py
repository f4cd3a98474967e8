"""Take pictures of the users' page, as two phones show it, into docs/pictures.

Chromium draws letters a little differently on each machine. So a picture says in itself of which
page it is, and is taken anew only when the page has changed.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import sys
import tempfile
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from PIL import Image, PngImagePlugin

from pictures import FOLDER
from pictures.svg import SCHEMES
from profiles import page
from profiles.account import Account, accounts
from profiles.bundle import files
from settings.file import read
from tests.profiles.browser import Browser, browser

SETTINGS = """\
serverName: lunch.example.net
psk: made-up-for-this-picture-only
users:
  hanako: made-up-for-hanako-and-for-nobody
"""
"""Nobody's. Pictures are published, so no deployment's values may stand here."""

AGENTS = {
    "iphone": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    "android": "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/140.0.0.0 Mobile Safari/537.36",
}
WIDTH, HEIGHT, DENSITY = 390, 844, 2
"""A phone's screen in CSS pixels, and the pixels of each."""
OWN = "Math.round(document.querySelector('.device[open]').getBoundingClientRect().top + scrollY)"
"""Where the part begins that the page opens by itself, because this phone looks at it."""
INKS = 64
PAGE = "page"
"""The text within a picture that says of which page it is."""


@dataclass(frozen=True)
class View:
    """One picture: of which phone, in light or dark."""

    device: str
    scheme: str

    @property
    def name(self) -> str:
        return f"page-{self.device}.ja.{self.scheme}.png"


VIEWS = [View(*each) for each in product(AGENTS, SCHEMES)]


def account() -> Account:
    """The person whose page it is."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "settings.yaml"
        path.write_text(SETTINGS, encoding="utf-8")
        settings = read(path, example=True)  # its server, too, is nobody's
    assert settings.server_name
    (person,) = accounts(settings, settings.server_name)
    return person


def text() -> str:
    """The page, as `python -m profiles` writes it."""
    person = account()
    return page.render(person, files(person))


def digest(text: str) -> str:
    """What a picture says of its page: it changes with the page and with how it is looked at."""
    look = f"{WIDTH} {HEIGHT} {DENSITY} {INKS} {OWN} {AGENTS}"
    return hashlib.sha256((look + text).encode()).hexdigest()


def is_of(picture: Path, page: str) -> bool:
    """Whether it is there and was taken of this page."""
    if not picture.exists():
        return False
    with Image.open(picture) as image:
        return image.info.get(PAGE) == digest(page)


def take(view: View, page: str, phone: Browser) -> bytes:
    """The picture as PNG."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        path.write_text(page, encoding="utf-8")
        phone.phone(WIDTH, "ja-JP", dark=view.scheme == "dark")
        phone.agent(AGENTS[view.device], "ja-JP")
        phone.open(path)
        top = (phone.evaluate(OWN) - 8) * DENSITY
        whole = Image.open(io.BytesIO(phone.picture())).convert("RGB")
    said = PngImagePlugin.PngInfo()
    said.add_text(PAGE, digest(page))
    seen = whole.crop((0, top, WIDTH * DENSITY, top + HEIGHT * DENSITY)).quantize(INKS)
    written = io.BytesIO()
    seen.save(written, "PNG", optimize=True, pnginfo=said)
    return written.getvalue()


def main(folder: Path = FOLDER) -> int:
    """Take what is not of today's page, and say so; return the exit status."""
    today = text()
    stale = [view for view in VIEWS if not is_of(folder / view.name, today)]
    if stale:
        with browser() as phone:
            for view in stale:
                (folder / view.name).write_bytes(take(view, today, phone))
                print(f"took {view.name}")
    return 0


if __name__ == "__main__":
    argparse.ArgumentParser(prog="python -m tests.pictures.phone", description=__doc__).parse_args()
    sys.exit(main())
