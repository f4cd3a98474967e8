"""Users: names that no daemon confuses, and passwords that are long enough."""

from __future__ import annotations

import pytest

from settings.guest import (
    parse,
)
from tests.cloud_init.strategies import MINIMAL
from tests.settings.refused import problems


def test_nobody_has_the_gateways_own_name() -> None:
    changes = {"users": {"VPN.example.org": "x" * 16}, "serverName": "vpn.example.org"}
    (problem,) = problems(**changes)
    assert problem.startswith("users: user VPN.example.org has the gateway's own name")
    parse(MINIMAL | changes | {"protocols": ["l2tp"]})


@pytest.mark.parametrize("protocols", [["l2tp"], ["ikev2"], ["l2tp", "ikev2"]], ids=str)
@pytest.mark.parametrize("user", ["lunch-gateway", "Lunch-GATEWAY"])
def test_nobody_is_called_like_the_gateway(user: str, protocols: list[str]) -> None:
    """It calls itself so to pppd, and to IKEv2 clients where it has no other name."""
    users = {user: "x" * 16, "lunch-gateway-2": "x" * 16}
    assert problems(users=users, protocols=protocols) == [
        f"users: user {user} is called like the gateway itself; choose another name"
    ]


@pytest.mark.parametrize("protocols", [["l2tp"], ["ikev2"]], ids=str)
def test_names_differ_by_more_than_their_case(protocols: list[str]) -> None:
    users = dict.fromkeys(("Alice", "bob", "alice", "ALICE", "B0B", "b0b", "carol"), "x" * 16)
    assert problems(users=users, protocols=protocols) == [
        "users: Alice and alice and ALICE differ in case only; to IKE they are one."
        " Rename all but one",
        "users: B0B and b0b differ in case only; to IKE they are one. Rename all but one",
    ]


def test_a_short_password_is_refused_where_it_is_a_key() -> None:
    users = {"alice": "short-1!", "bob": "x" * 16, "carol": "short-2!!"}
    for protocols in (None, ["ikev2"], ["l2tp", "ikev2"]):
        found = problems(users=users, protocols=protocols)
        assert [line.split(";")[0] for line in found] == [
            "users: user alice: the password has 8 characters",
            "users: user carol: the password has 9 characters",
        ]
        assert not any(word in line for line in found for word in users.values())
    assert parse(MINIMAL | {"users": users, "protocols": ["l2tp"]}).users == users
