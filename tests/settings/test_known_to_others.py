"""A secret that somebody else knows or guesses, and a server that no phone finds, are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from settings.file import read
from settings.guest import SettingsError, parse
from settings.published import SECRETS, faults
from tests.cloud_init.strategies import MINIMAL
from tests.settings.refused import problems

PSK = "Koinobori-Matsuri-2931"
OTHER = "Tsukiji-Uogashi-7742"


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (
            {"psk": PSK, "users": {"hana": PSK}},
            "user hana: the password is the same as psk, which ",
        ),
        ({"users": {OTHER: OTHER.upper()}}, "the 1st user: the password is the user's own name; "),
        (
            {"users": {"hana": OTHER, "bob": PSK, "ken": OTHER}},
            "user hana: the password is another",
        ),
        ({"users": {"hana": "x" * 16}}, "user hana: the password is one character again "),
        ({"users": {"hana": "ALICE-EXAMPLE-4711"}}, "user hana: the password is that of settings"),
    ],
)
def test_a_password_that_others_know(raw: dict[str, Any], line: str) -> None:
    found = faults(raw)
    assert found[0].startswith(f"users: {line}")
    for part in ("Koinobori", "Tsukiji", "TSUKIJI", "EXAMPLE-"):
        assert part not in "".join(found)


def test_each_user_with_the_same_one_is_told() -> None:
    found = faults({"users": {"hana": OTHER, "bob": PSK, "ken": OTHER}})
    assert [line.split(":")[1] for line in found] == [" user hana", " user ken"]


@pytest.mark.parametrize("secret", sorted(SECRETS))
def test_another_case_does_not_hide_the_examples(secret: str) -> None:
    (line,) = faults({"psk": secret.swapcase()})
    assert line.startswith("psk: that of settings.example.yaml")


@pytest.mark.parametrize(
    "name",
    ["LABEL.REGION.cloudapp.azure.com", "my.REGION.cloudapp.azure.com", "your.server.here",
     "your-label.westus2.cloudapp.azure.com", "vpn.example", "vpn.example.com", "Example.ORG",
     "vpn.example.net", "lunch.test", "vpn.invalid", "vpn.example.org.", "vpn.localhost"],
)  # fmt: skip
def test_a_name_out_of_a_book(name: str) -> None:
    (line,) = faults({"serverName": name})
    assert line.startswith(f"serverName: {name!r} is only an example; ")


@pytest.mark.parametrize(
    "name",
    ["", "lunch-1.westus2.cloudapp.azure.com", "vpn.myexample.com", "test.hana.net", "192.168.1.7",
     "example.hana.jp", "vpn.home.arpa", "latest.example.jp", None, 7],
)  # fmt: skip
def test_other_names_are_taken(name: object) -> None:
    assert faults({"serverName": name}) == []


def test_a_file_is_held_to_it(tmp_path: Path) -> None:
    raw = {"psk": PSK, "users": {"hana": PSK}, "serverName": "vpn.example.com"}
    (tmp_path / "x.yaml").write_text(str(raw))
    with pytest.raises(SettingsError) as caught:
        read(tmp_path / "x.yaml")
    assert caught.value.problems == faults(raw)
    assert read(tmp_path / "x.yaml", example=True).psk == PSK, "the lab's"


@pytest.mark.parametrize(
    ("address", "network"),
    [("0.0.0.7", "0.0.0.0/8"), ("127.0.0.1", "127.0.0.0/8"), ("255.255.255.255", "224.0.0.0/3"),
     ("239.1.2.3", "224.0.0.0/3"), ("169.254.7.7", "169.254.0.0/16")],
)  # fmt: skip
def test_an_address_that_no_phone_dials(address: str, network: str) -> None:
    assert problems(serverName=address) == [
        f"serverName: {address} lies in {network}, where no phone finds the gateway"
    ]


def test_an_address_that_only_the_gateway_knows() -> None:
    (line,) = problems(serverName="10.2.2.1")
    assert line.startswith("serverName: 10.2.2.1 lies in tunnelSubnet 10.")
    assert line.endswith("write its address from outside")


@pytest.mark.parametrize(
    "address", ["192.168.1.7", "10.1.0.4", "10.1.1.4", "100.64.0.1", "203.0.113.5"]
)
def test_an_address_at_home_is_taken(address: str) -> None:
    assert parse(MINIMAL | {"serverName": address}).server_name == address


def test_a_resolver_is_named_once() -> None:
    (line,) = problems(dnsServers=["9.9.9.9", "9.9.9.9"])
    assert line.startswith("dnsServers: '9.9.9.9' stands here twice; ")


def test_a_user_called_like_an_address() -> None:
    users = {"192.0.2.1": "a-long-password-1"}
    (line,) = problems(users=users)
    assert line.startswith("users: user 192.0.2.1 looks like an IP address, and IKEv2 clients ")
    assert parse(MINIMAL | {"users": users, "protocols": ["l2tp"]}).users == users
