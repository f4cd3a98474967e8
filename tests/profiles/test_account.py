"""What an account may be, and what it is called."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.account import Account, ProfileError, accounts
from settings.guest import parse
from tests.cloud_init.strategies import MINIMAL
from tests.profiles.strategies import people, titles


def refusals(server: str = "vpn.example.org", title: str = "VPN", **raw: Any) -> list[str]:
    """The reasons why there are no accounts."""
    with pytest.raises(ProfileError) as caught:
        accounts(parse({**MINIMAL, **raw}), server, title)
    assert not any(
        MINIMAL["users"]["alice"] in line or "\n" in line for line in caught.value.problems
    )
    return list(caught.value.problems)


@pytest.mark.parametrize(
    "server", ["", "gateway", "-x.example", "a b.example", "::1", "昼.example", "1.2.3", "a.b:500"]
)
def test_a_server_that_no_phone_could_dial(server: str) -> None:
    (line,) = refusals(server=server)
    assert line.startswith("server: ")


@pytest.mark.parametrize(
    "title",
    ["", " x", "x ", "x" * 41, "a\nb", "a\tb", "a\0b", "a\u202eb", "a\u200bb", "\ud800", "\ufffe"]
    + [f"a{c}b" for c in '\\/:*?"<>|'],
)
def test_a_title_that_some_device_would_refuse(title: str) -> None:
    (line,) = refusals(title=title)
    assert line.startswith("title: ")
    assert line.isprintable()


@given(titles)
def test_every_other_title_is_fine(title: str) -> None:
    (account,) = accounts(parse(MINIMAL), "vpn.example.org", title)
    assert account.name("ikev2") == f"{title} IKEv2"


def test_all_that_is_wrong_at_once() -> None:
    lines = refusals(server="x", title="")
    assert [line.split(":")[0] for line in lines] == ["server", "title"]


def test_the_server_is_what_the_phone_will_ask_for() -> None:
    (account,) = accounts(parse(MINIMAL), "VPN.Example.org.")
    assert account.server == "vpn.example.org"


def test_the_order_of_protocols_is_ours() -> None:
    (account,) = accounts(parse({**MINIMAL, "protocols": ["l2tp", "ikev2"]}), "vpn.example.org")
    assert account.protocols == ("ikev2", "l2tp")


def test_identifiers_are_for_ever(everybody: list[Account]) -> None:
    """Another value here, and nobody's new profile replaces the old one any more."""
    alice = everybody[0]
    assert alice.identifier("ikev2") == "lunch-gateway.vpn.example.test.alice.ikev2"
    assert alice.uuid("ikev2") == "68EFC9DB-0696-59D6-928E-E7EE6A38F740"


@given(people(), st.text(min_size=8), st.text(min_size=16), st.text(min_size=1))
def test_identifiers_know_no_secret(account: Account, password: str, psk: str, title: str) -> None:
    other = dataclasses.replace(account, password=password, psk=psk, title=title)
    assert other.uuid("ikev2", "vpn") == account.uuid("ikev2", "vpn")
    assert other.identifier("l2tp") == account.identifier("l2tp")


def test_identifiers_tell_everything_apart(everybody: list[Account]) -> None:
    made = [
        account.uuid(*parts)
        for account in (*everybody, dataclasses.replace(everybody[0], server="other.example"))
        for parts in (("ikev2",), ("l2tp",), ("ikev2", "vpn"), ("l2tp", "vpn"), ("ikev2", "nm"))
    ]
    assert len(set(made)) == len(made)


def test_no_secret_is_shown_by_accident(carol: Account) -> None:
    assert carol.password not in repr(carol)
    assert carol.psk not in repr(carol)
