"""A settings file with a mistake: one line for it, its key first, and what to do in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_init.__main__ import main
from settings.file import load, read
from settings.guest import SettingsError, parse
from settings.machine import MACHINE_KEYS, faults
from settings.places import FILE, MAKE, STACK, Place
from settings.table import table
from tests.cloud_init.strategies import MINIMAL
from tests.settings.test_bad_values import anything

KEY = 'psk: "Zq7!vX2#mK9w-4711"\n'
PEOPLE = 'users: {alice: "Rt5$yU8&zP2-4711"}\n'
BOTH = KEY + PEOPLE
STACKS_FILE = """config:
  azure-native:location: japaneast
  lunch-gateway:psk: {secure: v1:abc:def}
encryptionsalt: v1:xyz
"""

MISTAKES: dict[str, tuple[str, str, list[str]]] = {
    # text of the file, what the line begins with behind its name, what else it holds
    "empty": ("", "empty; ", ["psk and users", "settings.example.yaml"]),
    "only a remark": ("# nothing yet\n\n", "empty; ", ["psk and users"]),
    "list": ("- psk\n- users\n", "not a map of settings", []),
    "utf-16": ("\ud800", "not UTF-8 text; ", ["save it as UTF-8"]),
    "tab": (BOTH + "\tmtu: 1280\n", "line 3: a tab; ", ["YAML wants spaces"]),
    "tab in a map": (KEY + 'users:\n\talice: "x"\n', "line 3: a tab; ", ["spaces"]),
    "tab after spaces": (KEY + 'users:\n  alice: "x"\n  \tbob: y\n', "line 4: a tab; ", []),
    "colon": (PEOPLE + "psk: a: b\n", "line 2, column 7: ", ["a second colon", "in quotes"]),
    "twice": (BOTH + "mtu: 1\nmtu: 2\n", "line 4: 'mtu' stands here a second time", []),
    "a stack's": (STACKS_FILE, "a Pulumi stack's file, ", ["make up", "settings.example.yaml"]),
    "a new stack's": ("config: {}\n", "a Pulumi stack's file, ", []),
    "Pulumi.yaml": ("name: x\nruntime: python\n", "Pulumi's file about this project; ", []),
    "no key": (PEOPLE, "psk: missing; ", ["write psk:", "in quotes"]),
    "empty key": ("psk:\n" + PEOPLE, "psk: missing; ", ["write psk:"]),
    "short key": ('psk: "short"\n' + PEOPLE, "psk: ", ["5 characters", "16 to 128"]),
    "quote": ('psk: "0123456-\'-89abcdef"\n' + PEOPLE, "psk: character 9 of ", ["a quote"]),
    "backslash": ("psk: '0123456789abcde\\'\n" + PEOPLE, "psk: character 16 of ", ["backslash"]),
    "no users": (KEY, "users: missing; ", ["below it, indented", "alice:"]),
    "users as a list": (KEY + "users: [alice]\n", "users: must be a map", []),
    "number": (KEY + "users: {alice: 12345678}\n", "users: user alice: ", ["text in quotes"]),
    "kanji": (
        KEY + 'users: {alice: "昼休みに速くなるように願う合言葉4711"}\n',
        "users: user alice: character 1 of the password is not allowed (not ASCII); ",
        ["16 or more"],
    ),
    "a space at the end": (
        KEY + 'users: {alice: "Rt5$yU8&zP2-471 "}\n',
        "users: user alice: character 16 of the password is not allowed (a space at an end)",
        [],
    ),
    "a tab inside": (
        KEY + 'users: {alice: "Rt5$\\tyU8&zP2-4711"}\n',
        "users: user alice: character 5 of the password is not allowed (a tab, ",
        [],
    ),
    "short password": (KEY + "users: {alice: 12345678a}\n", "users: user alice: ", ["Write a lon"]),
    "part of users": (BOTH + "users.bob: x\n", "users.bob: no such setting; ", ["write users:"]),
    "user": (KEY + "user: {alice: 1234567890123456a}\n", "user: no such", ["did you mean users?"]),
    "PSK": ('PSK: "Zq7!vX2#mK9w-4711"\n' + PEOPLE, "PSK: no such", ["did you mean psk?"]),
    "lower case": (BOTH + "tunnelsubnet: x\n", "tunnelsubnet: ", ["did you mean tunnelSubnet?"]),
    "snake": (BOTH + "server_name: x\n", "server_name: ", ["did you mean serverName?"]),
    "typo of the machine's": (BOTH + "vmsise: x\n", "vmsise: ", ["did you mean vmSize?"]),
    "half": (BOTH + "dns: x\n", "dns: ", ["did you mean dnsServers or dnsLabel?"]),
    "nothing like it": (BOTH + "colour: red\n", "colour: no such setting; ", ["docs/settings.md"]),
    "a stack's key": (
        BOTH + "lunch-gateway:mtu: 1280\n",
        "lunch-gateway:mtu: no such setting; ",
        ["did you mean mtu?"],
    ),
    "region": (BOTH + "azure-native:location: japaneast\n", "azure-native:location: no such", [
        "a settings file has no region", "make up REGION=japaneast",
    ]),
    "location": (BOTH + "location: japaneast\n", "location: no such", ["has no region"]),
    "resolver": (BOTH + "dnsServers: 8.8.8.8\n", "dnsServers: ", ["did you mean [8.8.8.8]?"]),
    "protocol": (BOTH + "protocols: ikev2\n", "protocols: ", ["did you mean [ikev2]?"]),
    "network": (BOTH + "reachableNetworks: 192.168.1.7\n", "reachableNetworks: ", [
        "did you mean [192.168.1.7]?",
    ]),
    "wireguard": (BOTH + "protocols: [wireguard]\n", "protocols: ", ["l2tp, ikev2"]),
    "wireguard alone": (BOTH + "protocols: wireguard\n", "protocols: 'wireguard' is ", ["ikev2"]),
    "host bits": (BOTH + "tunnelSubnet: 10.2.2.1/24\n", "tunnelSubnet: ", ["mean 10.2.2.0/24?"]),
    "bbr": (BOTH + "acceleration: bbr\n", "acceleration: 'bbr' is unknown; ", ["split, off"]),
    "no such size": (BOTH + "vmSize: Standard_B1ls_arm??\n", "vmSize: ", ["is not a VM size"]),
    "no such hour": (BOTH + 'shutdownTime: "25:99"\n', "shutdownTime: ", ["time of day"]),
    "an hour without quotes": (BOTH + "shutdownTime: 13:30\n", "shutdownTime: ", ["in quotes"]),
    "no image": (BOTH + "image: ubuntu\n", "image: 'ubuntu' is not an image; ", ["publisher:"]),
    "tags": (BOTH + "tags: {1: x}\n", "tags: ", ["in quotes"]),
    "a private key": (BOTH + "sshPublicKey: secret-4711\n", "sshPublicKey: the text is not", []),
    "a disk that the size can't have": (
        BOTH + "diskType: Premium_LRS\nvmSize: Standard_F2\n",
        "diskType: Premium_LRS needs a vmSize with an s, ",
        ["another size"],
    ),
    "no space behind a colon": ('psk:"Zq7!vX2#mK9w-4711"\n' + PEOPLE, "line 1: YAML wants a", []),
    "a wide colon": ("psk\uff1aZq7!vX2#mK9w-4711\n" + PEOPLE, "line 1: YAML wants a plain", []),
    "a wide space behind": (BOTH + "mtu:\u30001280\nquic: allow\n", "line 3: YAML wants a", []),
    "a lone line": ("psk\uff1aZq7!vX2#mK9w-4711\n", "line 1: YAML wants a plain ", []),
    "a wide space before": (BOTH + "\u3000mtu: 1280\n", "the 3rd key: no such", ["wide or no-"]),
    "another kind of file": ("psk=Zq7!vX2#mK9w-4711\n", "line 1: YAML wants a plain colon", []),
    "two in one file": (BOTH + "---\nmtu: 1280\n", "line 3: a second map of settings (---); ", []),
    "quote left open": ('psk: "Zq7-4711\n' + PEOPLE, "line 2, ", ["each quote needs its end"]),
    "a long name twice": (BOTH + f"{'a' * 999}: 1\n" * 2, "line 4: a name stands here a ", []),
    "on": (BOTH + "acceleration: on\n", "acceleration: true (YAML's word for yes and on)", ["off"]),
    "no": (BOTH + "quic: no\n", "quic: false (YAML's word for no and off) ", ["reject"]),
    "a word in capitals": (BOTH + "modp1024: Allow\n", "modp1024: ", ["did you mean allow?"]),
    "a protocol in capitals": (BOTH + "protocols: [IKEv2]\n", "protocols: ", ["mean [ikev2]?"]),
    "protocols with a comma": (BOTH + 'protocols: "l2tp, ikev2"\n', "protocols: ", [
        "did you mean [l2tp, ikev2]?",
    ]),
    "resolvers with a space": (BOTH + "dnsServers: 8.8.8.8 1.1.1.1\n", "dnsServers: ", [
        "did you mean [8.8.8.8, 1.1.1.1]?",
    ]),
    "a network without its size": (BOTH + "tunnelSubnet: 10.9.9.0\n", "tunnelSubnet: ", [
        "'10.9.9.0' has no size; ", "did you mean 10.9.9.0/24?",
    ]),
    "a host in its place": (BOTH + "vnetSubnet: 8.8.8.8\n", "vnetSubnet: '8.8", ["no size"]),
    "a URL": (BOTH + "serverName: https://vpn.example.org:500/\n", "serverName: ", [
        "did you mean vpn.example.org?",
    ]),
    "label in capitals": (BOTH + "dnsLabel: Lunch_Gateway\n", "dnsLabel: ", ["n lunch-gateway?"]),
    "half a size": (BOTH + "vmSize: B2ats_v2\n", "vmSize: ", ["did you mean Standard_B2ats_v2?"]),
    "half of an Arm size": (BOTH + "vmSize: B2pts_v2\n", "vmSize: ", ["one such as Standard_B1s"]),
    "a bare hour": (BOTH + "shutdownTime: 9:05\n", "shutdownTime: ", ['mean "09:05"?']),
    "an hour after noon": (BOTH + "shutdownTime: 1:30 p.m.\n", "shutdownTime: ", ['"13:30"?']),
    "noon": (BOTH + "shutdownTime: 12.15PM\n", "shutdownTime: ", ['did you mean "12:15"?']),
    "a file's name": (BOTH + "sshPublicKey: me.pub\n", "sshPublicKey: ", ["name of a file"]),
    "placeholder": (
        KEY + 'users: {alice: "CHANGE ME"}\nprotocols: [l2tp]\n',
        "users: user alice: the password is a text that was to be replaced; ",
        ["choose your own", "secrets.token_urlsafe"],
    ),
    "placeholder for the key": ('psk: "your-secret-key-here"\n' + PEOPLE, "psk: a text that ", []),
    "example's key": (
        "psk: throw-away-example-key-4711\n" + PEOPLE,
        "psk: that of settings.example.yaml, which everybody can read; choose your own",
        [],
    ),
    "example's password": (
        KEY + "users: {me: alice-example-4711}\n",
        "users: user me: the password is that of settings.example.yaml, which everybody can read",
        [],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "start", "words"), MISTAKES.values(), ids=list(MISTAKES))
def test_one_line_says_what_to_do(
    text: str, start: str, words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "lunch.yaml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    assert main(["render", "--settings", str(file), "--out", str(tmp_path / "out")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{file}: {start}")
    assert [word for word in words if word not in line] == []
    assert "pulumi config" not in line, "that is for a stack"
    assert "4711" not in line, "part of each secret here"
    assert line.isprintable()
    assert not (tmp_path / "out").exists()


def test_what_is_right_is_taken(tmp_path: Path) -> None:
    """The mistakes above are made in this file."""
    (tmp_path / "x.yaml").write_text(BOTH + "mtu: 1280\nshutdownTime: '13:30'\ntags: {a: b}\n")
    assert read(tmp_path / "x.yaml").mtu == 1280


def test_all_are_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("psk: change-me-please-now\nvmSize: tiny\nmut: 1\nmtu: 1\n")
    with pytest.raises(SettingsError) as caught:
        read(tmp_path / "x.yaml")
    keys = [problem.split(":")[0] for problem in caught.value.problems]
    assert sorted(keys) == ["mtu", "mut", "psk", "users", "vmSize"]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("location", "japaneast", "pulumi config set azure-native:location"),
        ("users.carol", "x", "a part of users is set with pulumi config set --path"),
        ("dnsServers", "8.8.8.8", "did you mean pulumi config set --path 'dnsServers[0]' 8.8.8.8?"),
        ("dnsServers", "8.8.8.8,1.1.1.1", "and pulumi config set --path 'dnsServers[1]' 1.1.1.1?"),
        ("users", {"alice": "12345678"}, "Set a longer one (pulumi config set --secret --path"),
        ("mut", "1280", "did you mean mtu?"),
    ],
)
def test_a_stack_has_advice_of_its_own(key: str, value: Any, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse(MINIMAL | {key: value})
    (problem,) = caught.value.problems
    assert words in problem


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"psk": None}, "psk: missing; make the pre-shared key that L2TP phones type (make new-k"),
        ({"users": None}, "users: missing; name at least one (make user ADD=alice)"),
        ({"users": {"al": "12345678"}}, "REMOVE=al, then make user ADD=al), or protocols"),
        ({"users.carol": "x"}, "write lunch-gateway:users: and below it, indented, its parts (peo"),
        ({"dnsServers": "8.8.8.8"}, "did you mean [8.8.8.8]?"),
        ({"region": "japaneast"}, "(make up REGION=japaneast, for a new stack)"),
    ],
    ids=str,
)
def test_who_came_by_make_is_told_makes_commands(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse(MINIMAL | changes, MAKE)
    (problem,) = caught.value.problems
    assert words in problem
    assert "pulumi" not in problem


@pytest.mark.parametrize("place", [STACK, MAKE, FILE])
def test_every_place_has_advice_for_every_secret(place: Place) -> None:
    secret = {key for key, setting in table().items() if setting.secret}
    assert secret == place.missing.keys()
    assert place is FILE or secret == place.encrypted.keys()
    advice = [*place.missing.values(), *place.encrypted.values(), place.part, place.item]
    told = " ".join([*advice, place.longer, place.region, place.name])
    assert ("pulumi config" in told) == place.pulumi == (place is STACK)


@pytest.mark.parametrize("key", table())
def test_every_key_is_recognised_when_misspelt(key: str) -> None:
    for typo in {key.upper(), "".join(f"_{c.lower()}" if c.isupper() else c for c in key)} - {key}:
        with pytest.raises(SettingsError) as caught:
            parse(MINIMAL | {typo: "x"})
        assert caught.value.problems == [f"{typo}: no such setting; did you mean {key}?"]


@pytest.mark.parametrize("text", ["psk: 'a\tb'\nmtu: [", "a: 'x\ty': z"])
def test_a_tab_that_is_no_mistake_is_not_blamed(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(text)
    with pytest.raises(SettingsError) as caught:
        load(tmp_path / "x.yaml")
    assert "a tab" not in caught.value.problems[0]


@given(st.dictionaries(st.sampled_from(sorted(MACHINE_KEYS)), anything))
def test_any_value_of_the_machines_keys_is_accepted_or_refused(raw: dict[str, Any]) -> None:
    for fault in faults(raw):
        assert fault.split(":")[0] in raw
        assert fault.isprintable()
