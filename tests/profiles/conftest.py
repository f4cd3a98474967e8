from __future__ import annotations

from collections.abc import Iterator

import pytest

from profiles.account import Account, accounts
from settings.file import load
from settings.guest import Settings, parse
from tests.cloud_init.conftest import EXAMPLE
from tests.profiles import debian
from tests.profiles.browser import Browser, browser

TITLE = "昼休み 'VPN' & Bürö's „Zwölf“"


@pytest.fixture(scope="session")
def settings() -> Settings:
    """The example's, with a third user whose password is long enough for every client, and
    open to old phones."""
    raw = load(EXAMPLE)
    users = {**raw["users"], "carol@example.org": "X-\\s0x-" * 4}
    return parse({**raw, "users": users, "modp1024": "allow"})


@pytest.fixture(scope="session")
def everybody(settings: Settings) -> list[Account]:
    assert settings.server_name
    return accounts(settings, settings.server_name, TITLE)


@pytest.fixture(scope="session")
def carol(everybody: list[Account]) -> Account:
    """Whose address is an e-mail address, and who can use everything."""
    return everybody[2]


@pytest.fixture(scope="session")
def reader() -> Iterator[debian.Reader]:
    """Debian's programs that read profiles."""
    with debian.reader() as programs:
        yield programs


@pytest.fixture(scope="session")
def phone() -> Iterator[Browser]:
    """A browser, to be made a phone of this or that kind."""
    with browser() as tab:
        yield tab
