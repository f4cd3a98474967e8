"""What a line suggests would be taken, and names what the mistake was."""

from __future__ import annotations

import re
from typing import Any

import pytest

from settings.guest import SettingsError, parse
from settings.places import FILE, MAKE, STACK
from settings.unknown import problem
from tests.cloud_init.strategies import MINIMAL


def told(**changes: Any) -> str:
    """The only line about the smallest settings with these changes, in a file."""
    with pytest.raises(SettingsError) as caught:
        parse(MINIMAL | changes, FILE)
    (line,) = caught.value.problems
    return line


@pytest.mark.parametrize(
    ("key", "value", "end"),
    [
        ("sshSource", "203.0.113.7/7", "; allowed: /8 to /32"),
        ("sshSource", "192.168.1.5/0", "; allowed: /8 to /32"),
        ("sshSource", "203.0.113.7/24", "; did you mean 203.0.113.0/24?"),
        ("tunnelSubnet", "8.8.8.8/24", "; allowed: /16 to /27, a private one"),
        ("tunnelSubnet", "10.9.0.5/30", "; allowed: /16 to /27, a private one"),
        ("tunnelSubnet", "10.9.0.5/24", "; did you mean 10.9.0.0/24?"),
        ("tunnelSubnet", "10.1.0.7/24", "; allowed: /16 to /27, a private one"),
        ("tunnelSubnet", "10.1.0.7", "; allowed: /16 to /27"),
        ("tunnelSubnet", "10.9.0.7", "; allowed: /16 to /27; did you mean 10.9.0.0/24?"),
        ("tunnelSubnet", "auto", "expected one such as 10.2.2.0/24"),
        ("vnetSubnet", "auto", "expected one such as 10.1.0.0/24"),
        ("vnetSubnet", "10.2.2.9/24", "; allowed: /8 to /29, a private one"),
        ("reachableNetworks", ["8.8.8.8/24"], " 192.168.0.0/16, 100.64.0.0/10"),
        ("reachableNetworks", ["192.168.1.7/24"], "; did you mean 192.168.1.0/24?"),
    ],
)
def test_a_network_is_guessed_only_if_it_would_be_taken(key: str, value: Any, end: str) -> None:
    line = told(**{key: value})
    assert line.endswith(end)
    if found := re.search(r"did you mean ([0-9./]+)\?", line):
        parse(MINIMAL | {key: [found[1]] if isinstance(value, list) else found[1]})


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("username", "users"), ("name", "users"), ("user", "users"), ("password", "users"),
        ("presharedKey", "psk"), ("pre-shared-key", "psk"), ("secret", "psk"),
        ("passphrase", "psk"), ("ikev2", "protocols"), ("L2TP", "protocols"),
        ("host", "serverName"), ("hostname", "serverName"),
        ("subnet", "tunnelSubnet or vnetSubnet"), ("dns", "dnsServers or dnsLabel"),
        ("shutdown_time", "shutdownTime"), ("dnsserver", "dnsServers"),
    ],
)  # fmt: skip
def test_a_key_of_other_programs(key: str, meant: str) -> None:
    assert problem(3, key, FILE).endswith(f": no such setting; did you mean {meant}?")


@pytest.mark.parametrize("key", ["services", "colour", "x" * 100])
def test_nothing_is_guessed_from_nothing(key: str) -> None:
    assert problem(3, key, FILE).endswith("docs/settings.md lists all that are known")


@pytest.mark.parametrize("key", ["\ufeffusers", "us\u200bers", "psk\u00ad"])
def test_what_can_not_be_seen_is_said(key: str) -> None:
    line = problem(3, key, FILE)
    assert line.startswith("the 3rd key: no such setting; a character stands in it that can't be s")
    assert line.isprintable()


@pytest.mark.parametrize("value", ["IKEv2", "L2TP, IKEv2", "ikev2"])
def test_protocols_as_they_are_written_elsewhere(value: str) -> None:
    assert told(protocols=value).endswith(f"; did you mean [{value.lower()}]?")


def test_without_l2tp_the_shared_key_is_still_told_rightly() -> None:
    for place in (FILE, MAKE, STACK):
        with pytest.raises(SettingsError) as caught:
            parse({"users": MINIMAL["users"], "protocols": ["ikev2"]}, place)
        (line,) = caught.value.problems
        assert line.startswith("psk: missing; ")
        assert "every phone" not in line
    with pytest.raises(SettingsError, match="it must be there without L2TP too"):
        parse({"users": MINIMAL["users"], "protocols": ["ikev2"]}, FILE)


@pytest.mark.parametrize(
    ("changes", "start"),
    [
        ({"psk": {"Koinobori": None}}, "psk: the pre-shared key must be text in quotes, since a {"),
        ({"psk": ["Koinobori"]}, "psk: the pre-shared key must be text in quotes, since a [ in fr"),
        ({"psk": "K"}, "psk: the pre-shared key has 1 character; allowed: "),
        ({"psk": {"secure": "v1:Koinobori"}}, "psk: the pre-shared key is encrypted, as in a stac"),
        ({"users": {"secure": "v1:Koinobori"}}, "users: encrypted, as in a stack's file; write th"),
        (
            {"users": {"hana": {"secure": "v1:Koinobori"}}},
            "users: user hana: the password is encrypted, as in a stack's file; write the text ",
        ),
        ({"users": {"hana": {"Koinobori": None}}}, "users: user hana: the password must be text i"),
        ({"users": {"hana": ["Koinobori"]}}, "users: user hana: the password must be text in quot"),
        ({"users": "hana:Koinobori"}, "users: must be a map of user name to password, such as {al"),
    ],
)  # fmt: skip
def test_a_secret_of_another_kind(changes: dict[str, Any], start: str) -> None:
    line = told(**changes)
    assert line.startswith(start)
    assert "Koinobori" not in line


def test_users_in_one_text_lack_a_blank() -> None:
    assert told(users="hana:x").endswith("; behind a colon YAML wants a blank")
    assert told(users="hana").endswith("{alice: …}")


def test_a_setting_with_its_value_in_its_name_is_not_missing_too() -> None:
    with pytest.raises(SettingsError) as caught:
        parse({"psk:Koinobori-Matsuri-2931": None, "users": MINIMAL["users"]}, FILE)
    (line,) = caught.value.problems
    assert line.startswith("the 1st key: no such setting; a colon stands in it; ")
