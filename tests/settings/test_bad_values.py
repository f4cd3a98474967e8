"""Each bad value is one clear line, that never quotes a secret."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settings.guest import (
    GUEST_KEYS,
    SettingsError,
    parse,
)
from tests.cloud_init.strategies import MINIMAL
from tests.settings.refused import problems

ALLOWED_SECRET = "printable ASCII"

BAD: list[tuple[str, Any, list[str]]] = [
    # key, value, what the one line has to hold besides the key
    ("psk", "short-key", ["9 characters", "16 to 128", ALLOWED_SECRET]),
    ("psk", "", ["0 characters", "16 to 128"]),
    ("psk", "x" * 129, ["129 characters", "16 to 128"]),
    ("psk", 'sixteen-and-a-"-quote', ["not allowed", "without \" ' \\"]),
    ("psk", "sixteen-and-a-'-quote", ["not allowed"]),
    ("psk", "sixteen-and-a-\\-backslash", ["not allowed"]),
    ("psk", "sixteen-und-ein-ü-umlaut", ["not allowed", ALLOWED_SECRET]),
    ("psk", "sixteen-and-a-\n-newline", ["not allowed"]),
    ("psk", " leading-space-in-here", ["not allowed", "no space at either end"]),
    ("psk", 1234567890123456, ["text in quotes"]),
    ("psk", ["a-list-of-one-good-key"], ["text in quotes"]),
    ("psk", None, ["missing", "pulumi config set --secret"]),
    ("users", {}, ["at least one"]),
    ("users", None, ["missing", "at least one"]),
    ("users", "everybody", ["map of user name to password"]),
    ("users", ["alice"], ["map of user name to password"]),
    (
        "users",
        {"alice": "short"},
        ["user alice", "5 characters", "8 to 128", "16 or more with ikev2"],
    ),
    ("users", {"alice": "only-fifteen-ch"}, ["user alice", "15 characters", "16 or more"]),
    ("users", {"alice": "12345678"}, ["8 characters", "since it alone is the key", "[l2tp]"]),
    ("users", {"alice": "12345678"}, ["pulumi config set --secret --path users.alice …"]),
    ("users", {"al.ice": "12345678"}, ["""--path 'users["al.ice"]' …"""]),
    ("users", {"alice": "x" * 129}, ["user alice", "129 characters"]),
    ("users", {"alice": "umlaut-ü-inside"}, ["user alice", "not allowed"]),
    ("users", {"alice": "tab-\t-inside"}, ["user alice", "not allowed"]),
    ("users", {"alice": "trailing-space "}, ["user alice", "either end"]),
    ("users", {"alice": "@/etc/passwd"}, ["user alice", "file name to pppd"]),
    ("users", {"alice": 12345678}, ["user alice", "text in quotes"]),
    ("users", {"alice": None}, ["user alice", "text in quotes"]),
    ("users", {"": "good-password"}, ["the 1st name", "0 characters", "1 to 64"]),
    (
        "users",
        {"a b": "good-password"},
        ["character 2 is a blank", "letters, digits"],
    ),
    ("users", {"*": "good-password"}, ["character 1 is not usable ('*')"]),
    ("users", {"-x": "good-password"}, ["character 1", "'-'", "first"]),
    ("users", {'a"b': "good-password"}, ["a letter or digit first"]),
    ("users", {"a\nb": "good-password"}, ["character 2 is not printable"]),
    ("users", {"jürgen": "good-password"}, ["character 2 is not usable ('ü')"]),
    ("users", {"x" * 65: "good-password"}, ["65 characters", "1 to 64"]),
    ("users", {1: "good-password"}, ["the 1st name", "a number"]),
    ("tunnelSubnet", "10.2.2.1/24", ["'10.2.2.1/24'", "did you mean 10.2.2.0/24"]),
    ("tunnelSubnet", "10.2.2.0", ["no size", "10.2.2.0/24", "/16 to /27"]),
    ("tunnelSubnet", "10.2.2.0/28", ["10.2.2.0/28", "/16 to /27"]),
    ("tunnelSubnet", "10.0.0.0/15", ["10.0.0.0/15", "/16 to /27"]),
    ("tunnelSubnet", "8.8.8.0/24", ["8.8.8.0/24", "192.168.0.0/16"]),
    ("tunnelSubnet", "fd00::/64", ["'fd00::/64'", "IPv4"]),
    ("tunnelSubnet", "lunch", ["'lunch'", "10.2.2.0/24"]),
    ("tunnelSubnet", "", ["''", "10.2.2.0/24"]),
    ("tunnelSubnet", 10, ["10", "10.2.2.0/24"]),
    ("tunnelSubnet", True, ["true (YAML's word for yes and on)", "10.2.2.0/24"]),
    ("tunnelSubnet", "10.1.0.0/24", ["overlaps vnetSubnet 10.1.0.0/24"]),
    ("tunnelSubnet", "10.1.0.0/16", ["10.1.0.0/16", "overlaps vnetSubnet 10.1.0.0/24"]),
    ("vnetSubnet", "10.1.0.0/30", ["10.1.0.0/30", "/8 to /29"]),
    ("vnetSubnet", "20.0.0.0/24", ["20.0.0.0/24", "private"]),
    ("vnetSubnet", "10.1.0.4/24", ["did you mean 10.1.0.0/24"]),
    ("reachableNetworks", "192.168.1.0/24", ["'192.168.1.0/24'", "list", "--path"]),
    ("reachableNetworks", "", ["''", "list of at most 16"]),
    ("reachableNetworks", ["192.168.1.7/32"] * 17, ["at most 16"]),
    ("reachableNetworks", ["192.168.1.7/24"], ["did you mean 192.168.1.0/24"]),
    ("reachableNetworks", ["nas.local"], ["'nas.local'", "192.168.1.0/24"]),
    ("reachableNetworks", ["fd00::/64"], ["'fd00::/64'", "IPv4"]),
    ("reachableNetworks", [192], ["192 is not an IPv4 network"]),
    ("reachableNetworks", ["203.0.113.0/24"], ["203.0.113.0/24", "none of 10.0.0.0/8"]),
    ("reachableNetworks", ["169.254.169.254"], ["none of", "nothing else can be opened"]),
    ("reachableNetworks", ["0.0.0.0/0"], ["none of", "100.64.0.0/10"]),
    ("reachableNetworks", ["192.0.0.0/8"], ["none of", "192.168.0.0/16"]),
    ("reachableNetworks", ["100.64.0.0/10"], ["100.100.100.200", "smaller"]),
    ("reachableNetworks", ["100.100.100.200"], ["100.100.100.200/32", "Alibaba"]),
    ("reachableNetworks", ["10.2.2.9"], ["10.2.2.9/32 overlaps tunnelSubnet", "phoneToPhone"]),
    ("reachableNetworks", ["10.0.0.0/8"], ["10.0.0.0/8 overlaps tunnelSubnet 10.2.2.0/24"]),
    ("dnsServers", "8.8.8.8", ["'8.8.8.8'", "list of one or two"]),
    ("dnsServers", [], ["[]", "one or two"]),
    ("dnsServers", ["8.8.8.8", "1.1.1.1", "9.9.9.9"], ["one or two"]),
    ("dnsServers", ["dns.google"], ["'dns.google'", "IPv4 address"]),
    ("dnsServers", ["2001:4860:4860::8888"], ["IPv4 address"]),
    ("dnsServers", ["168.63.129.16"], ["168.63.129.16", "can't reach"]),
    ("dnsServers", ["169.254.169.254"], ["169.254.0.0/16", "can't reach"]),
    ("dnsServers", ["127.0.0.53"], ["127.0.0.0/8", "can't reach"]),
    ("dnsServers", ["255.255.255.255"], ["can't reach"]),
    ("dnsServers", ["10.2.2.1"], ["10.2.2.1", "tunnelSubnet 10.2.2.0/24"]),
    ("dnsServers", ["10.1.0.1"], ["10.1.0.1", "vnetSubnet 10.1.0.0/24"]),
    ("mtu", 575, ["575", "576 to 1410"]),
    ("mtu", 1411, ["1411", "576 to 1410"]),
    ("mtu", -1, ["-1", "576 to 1410"]),
    ("mtu", True, ["true", "576 to 1410"]),
    ("mtu", 1280.5, ["1280.5", "576 to 1410"]),
    ("mtu", "1280 bytes", ["'1280 bytes'", "576 to 1410"]),
    ("mtu", "１２８０", ["576 to 1410"]),
    ("mtu", "9" * 5000, ["576 to 1410"]),
    ("mtu", [1280], ["[1280]", "576 to 1410"]),
    ("sshSource", "0.0.0.0/0", ["0.0.0.0/0", "whole internet"]),
    ("sshSource", "128.0.0.0/1", ["128.0.0.0/1", "/8 to /32"]),
    ("sshSource", "0.0.0.9", ["0.0.0.9/32", "0.0.0.0/8", "nobody can come"]),
    ("sshSource", "127.0.0.1", ["127.0.0.0/8", "nobody can come"]),
    ("sshSource", "224.0.0.0/8", ["224.0.0.0/3", "nobody can come"]),
    ("sshSource", "203.0.113.7/24", ["did you mean 203.0.113.0/24"]),
    ("sshSource", "home", ["'home'", "203.0.113.7/32"]),
    ("phoneToPhone", "maybe", ["'maybe'", "neither true nor false"]),
    ("acceleration", "on", ["'on'", "allowed: split, off"]),
    ("quic", "drop", ["'drop'", "allowed: allow, reject"]),
    ("quic", "", ["''", "allowed: allow, reject"]),
    ("quic", False, ["false (YAML's word for no and off)", "allowed: allow, reject"]),
    ("modp1024", True, ["true", "allowed: allow, reject"]),
    ("protocols", [], ["[]", "one or more of l2tp, ikev2"]),
    ("protocols", "ikev2", ["'ikev2'", "list"]),
    ("protocols", ["l2tp", "l2tp"], ["each once"]),
    ("protocols", ["wireguard"], ["'wireguard'", "l2tp, ikev2"]),
    ("protocols", [["l2tp"]], ["list of one or more"]),
    ("serverName", "gateway", ["'gateway'", "no full DNS name", "vpn.example.org"]),
    ("serverName", "vpn.example.org:500", ["full DNS name"]),
    ("serverName", 'a".example.org', ["full DNS name"]),
    ("serverName", "300.1.1.1", ["'300.1.1.1'", "IPv4 address"]),
    ("serverName", "2001:db8::1", ["IPv4 address"]),
    ("serverName", f"{'a' * 64}.example.org", ["full DNS name"]),
    ("serverName", "example.123", ["full DNS name"]),
    ("serverName", 5, ["5", "full DNS name"]),
    ("phoneToPhone", 1, ["1", "neither true nor false"]),
    ("users.carol", "carol-password", ["no such setting", "--path"]),
    ("tunelSubnet", "10.2.2.0/24", ["no such setting", "tunnelSubnet"]),
]


@pytest.mark.parametrize(
    ("key", "value", "words"), BAD, ids=[f"{key}-{str(value)[:24]}" for key, value, _ in BAD]
)
def test_bad_value_is_one_clear_line(key: str, value: Any, words: list[str]) -> None:
    (problem,) = problems(**{key: value})
    assert problem.isprintable()
    assert problem.startswith(f"{key}: ")
    assert [word for word in words if word not in problem] == []
    if key in {"psk", "users"}:
        for secret in [value, *(value.values() if isinstance(value, dict) else [])]:
            assert not isinstance(secret, str) or len(secret) < 2 or secret not in problem


def test_a_number_too_long_for_python_to_write() -> None:
    """YAML reads 0xfff… of any length."""
    huge = 16**5000
    for key in sorted(GUEST_KEYS):
        for value in (huge, [huge]):
            for problem in problems(**{key: value}):
                assert len(problem) < 400
    with pytest.raises(SettingsError, match="a key: no such setting"):
        parse({**MINIMAL, huge: 1})  # type: ignore[dict-item]


def bomb(levels: int = 9) -> list[Any]:
    """What YAML's anchors make of a few lines: 9 to the power of ``levels`` texts."""
    inner: list[Any] = ["lol"] * 9
    for _ in range(levels - 1):
        inner = [inner] * 9
    return inner


@pytest.mark.parametrize("key", sorted(GUEST_KEYS))
@pytest.mark.parametrize(
    "value",
    [bomb(), "x" * 100_000, {"x" * 100_000: bomb()}],
    ids=lambda value: type(value).__name__,
)
def test_a_huge_value_is_quoted_in_short(key: str, value: Any) -> None:
    for problem in problems(**{key: value}):
        assert problem.isprintable()
        assert len(problem) < 400


@pytest.mark.parametrize("key", ["a\nb", "\x1b[31m", "x" * 9999, 5, None, True, ("x", "y")])
def test_unknown_key_of_any_kind_is_one_line(key: Any) -> None:
    with pytest.raises(SettingsError) as caught:
        parse(MINIMAL | {key: 1})
    (problem,) = caught.value.problems
    assert problem.isprintable()
    assert len(problem) < 400
    assert "no such setting" in problem


def test_every_problem_is_told_at_once() -> None:
    found = problems(
        psk="short",
        users={"alice": "short", "b b": "good-password", "carol": "good-password"},
        mtu=1,
        dnsServers=["127.0.0.1", "x"],
        colour="red",
    )
    assert sorted(problem.split(":")[0] for problem in found) == [
        *("colour", "dnsServers", "dnsServers", "mtu", "psk", "users", "users"),
    ]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(GUEST_KEYS)) | st.text(), anything))
def test_anything_is_either_accepted_or_refused_line_by_line(raw: dict[str, Any]) -> None:
    try:
        parse(raw)
        found = ["accepted"]
    except SettingsError as error:
        found = error.problems
    assert found
    assert all(problem.isprintable() for problem in found)


@given(st.text(min_size=2))
def test_no_message_quotes_a_secret(secret: str) -> None:
    # Behind a mark, so that a short secret can't stand in a message by chance.
    secret = "§" + secret
    for changes in ({"psk": secret}, {"users": {"alice": secret}}):
        for problem in problems(**changes):
            assert "§" not in problem


def test_every_message_about_a_network_suggests_one_that_is_accepted() -> None:
    (problem,) = problems(tunnelSubnet="10.7.7.7/20")
    found = re.search(r"did you mean ([0-9./]+)\?", problem)
    assert found
    parse(MINIMAL | {"tunnelSubnet": found[1]})
