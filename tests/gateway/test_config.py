"""Every rule of the stack's configuration, and that each mistake gets its one clear line."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest

from settings.azure_values import Image
from settings.ssh_key import NOBODYS_KEY
from tests.gateway.loading import loaded, problems
from tests.gateway.program_run import PSK, SECRETS


def test_only_the_secrets_are_needed() -> None:
    config, log = loaded(SECRETS)
    assert config.location == "westus2"
    assert config.vm_size == "Standard_B1s"
    assert config.disk_type == "StandardSSD_LRS"
    assert config.image == Image("Debian", "debian-13", "13-gen2", "latest")
    assert config.ssh_public_key == NOBODYS_KEY
    assert config.ready_timeout == 15
    assert config.shutdown_time == ""
    assert config.tags == {"project": "lunch-gateway", "stack": "dev"}
    assert re.fullmatch(r"lunch-gateway-dev-[0-9a-f]{8}", config.dns_label)
    assert log == []


def test_everything_chosen() -> None:
    config, _ = loaded(
        SECRETS
        | {
            "dnsLabel": "my-gateway",
            "vmSize": "Standard_B2ats_v2",
            "diskType": "Premium_LRS",
            "image": "Canonical:ubuntu-24_04-lts:server:latest",
            "mtu": "1400",
            "dnsServers": ["9.9.9.9"],
            "phoneToPhone": "true",
            "reachableNetworks": ["192.168.1.20", "10.1.0.0/24"],
            "quic": "reject",
            "modp1024": "allow",
            "readyTimeout": "0",
            "shutdownTime": "13:30",
            "shutdownTimeZone": "W. Europe Standard Time",
            "tags": {"owner": "alice", "cost-centre": 42, "lunch": True},
            "azure-native:location": "Japan East",
        }
    )
    assert config.server == "my-gateway.japaneast.cloudapp.azure.com"
    assert config.disk_type == "Premium_LRS"
    assert config.settings.mtu == 1400
    assert config.settings.phone_to_phone
    assert [str(each) for each in config.settings.reachable_networks] == [
        *("10.1.0.0/24", "192.168.1.20/32"),
    ]
    assert config.settings.quic == "reject"
    assert config.settings.modp1024 == "allow"
    assert config.ready_timeout == 0
    assert (config.shutdown_time, config.time_zone) == ("13:30", "W. Europe Standard Time")
    assert config.tags["cost-centre"] == "42"
    assert config.tags["lunch"] == "true"


@pytest.mark.parametrize(
    "key",
    [
        "dnsLabel",
        "sshPublicKey",
        "vmSize",
        "diskType",
        "image",
        "sshSource",
        "serverName",
        "shutdownTime",
        "readyTimeout",
    ],
)
def test_empty_text_is_as_if_not_set(key: str) -> None:
    assert loaded(SECRETS | {key: ""})[0] == loaded(SECRETS)[0]


BAD: dict[str, tuple[Any, str]] = {
    "psk": ("short", "has 5 characters; allowed: 16 to 128"),
    "users": ({}, "nobody could dial in"),
    "dnsLabel": ("Lunch!", "'Lunch!' is not usable; allowed: 3 to 63 lower-case"),
    "vmSize": ("B1s", "'B1s' is not a VM size; expected one such as Standard_B1s"),
    "diskType": ("HDD", "'HDD' is not usable; allowed: StandardSSD_LRS, Premium_LRS, Standard_LRS"),
    "image": ("debian-13", "'debian-13' is not an image; expected publisher:offer:sku:version"),
    "tunnelSubnet": ("10.2.2.0/30", "10.2.2.0/30 is the wrong size; allowed: /16 to /27"),
    "dnsServers": (["8.8.8"], "'8.8.8' is not an IPv4 address"),
    "mtu": ("9000", "'9000' is not usable; expected whole bytes from 576 to 1410"),
    "vnetSubnet": ("10.2.2.0/25", "10.2.2.0/24 overlaps vnetSubnet 10.2.2.0/25"),
    "reachableNetworks": (["8.8.8.8"], "8.8.8.8/32 lies in none of 10.0.0.0/8, 172.16.0.0/12"),
    "acceleration": ("on", "'on' is unknown; allowed: split, off"),
    "quic": ("drop", "'drop' is unknown; allowed: allow, reject"),
    "modp1024": ("yes", "'yes' is unknown; allowed: allow, reject"),
    "protocols": ([], "[] is not a list of one or more of l2tp, ikev2, each once"),
    "serverName": (
        "gateway",
        "'gateway' is no full DNS name (vpn.example.org) and no IPv4 address",
    ),
    "phoneToPhone": ("maybe", "'maybe' is neither true nor false"),
    "sshSource": ("0.0.0.0/0", "0.0.0.0/0 is the whole internet"),
    "sshPublicKey": ("ssh-dss AAAA", "not one line of an OpenSSH public key"),
    "readyTimeout": ("soon", "'soon' is not usable; expected whole minutes from 0"),
    "shutdownTime": ("1pm", "'1pm' is not a time of day"),
    "shutdownTimeZone": ("Asia/Tokyo", "'Asia/Tokyo' is not one of Windows' names"),
    "tags": ("owner", "'owner' is not a map of tag name to value"),
    "azure-native:location": ("west!", "'west!' is not a region"),
    "mut": ("1280", "no such setting; did you mean mtu?"),
}
NAMED = {"vnetSubnet": "tunnelSubnet"}
"""Where two settings are at odds, the line names the other one."""


@pytest.mark.parametrize("key", BAD)
def test_each_mistake_gets_one_line(key: str) -> None:
    value, expected = BAD[key]
    (line,) = problems(SECRETS | {key: value})
    full = NAMED.get(key, key)
    assert line.startswith(f"{full if ':' in full else f'lunch-gateway:{full}'}: ")
    assert expected in line


def test_the_guest_knows_its_name_before_anything_is_created() -> None:
    config, _ = loaded(SECRETS | {"dnsLabel": "my-gateway"})
    assert config.settings.server_name == "my-gateway.westus2.cloudapp.azure.com" == config.server
    own, _ = loaded(SECRETS | {"serverName": "vpn.home.arpa"})
    assert own.settings.server_name == "vpn.home.arpa" == own.server


def test_all_mistakes_at_once() -> None:
    lines = problems({key: value for key, (value, _) in BAD.items() if key not in NAMED})
    # Values that are wrong only together are not looked at before each is right.
    alone = set(BAD) - set(NAMED)
    assert {line.split(": ")[0].removeprefix("lunch-gateway:") for line in lines} == alone
    assert len(lines) == len(alone)


def test_missing_secrets_say_how_to_set_them() -> None:
    psk, users = problems({})
    assert psk.startswith("lunch-gateway:psk: missing; ")
    assert "pulumi config set --secret psk" in psk
    assert users.startswith("lunch-gateway:users: missing; ")
    assert "pulumi config set --secret --path users.alice" in users


def test_who_came_by_make_is_told_makes_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUNCH_GATEWAY_CALLER", "make")
    psk, users = problems({})
    assert psk == (
        "lunch-gateway:psk: missing; make the pre-shared key that L2TP phones type (make new-key)"
    )
    assert users == "lunch-gateway:users: missing; name at least one (make user ADD=alice)"
    bad = {"tags": {"a": {"b": "c"}}, "users": {"al": {"ice": "x"}}, "protocols": "ikev2"}
    there = {"diskType": "Premium_LRS", "vmSize": "Standard_F2", "shutdownTime": "13:30"}
    lines = problems({**SECRETS, **bad, **there, "azure-native:location": "Poland Central"})
    keys = [line.split(": ")[0].partition(":")[2] for line in lines]
    assert sorted(keys) == ["diskType", "protocols", "shutdownTime", "tags", "users"]
    assert not [line for line in lines if "pulumi" in line]


def test_who_came_by_make_is_warned_with_makes_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUNCH_GATEWAY_CALLER", "make")
    monkeypatch.setattr("pulumi.get_organization", lambda: "organization")
    _, log = loaded(SECRETS, plain=True)
    assert [line for line in log if "write lunch-gateway:dnsLabel: NAME into" in line]
    assert [line for line in log if ":psk:" in line and "make new-key" in line]
    assert [line for line in log if ":users:" in line and "make user REMOVE=NAME" in line]
    assert not [line for line in log if "pulumi" in line]


@pytest.mark.parametrize("broken", ['{"alice": "hunter2-hunter2"', "alice=hunter2-hunter2"])
def test_users_that_are_no_map_are_not_quoted(broken: str) -> None:
    (line,) = problems({**SECRETS, "users": broken})
    assert line.startswith("lunch-gateway:users: must be a map")
    assert "hunter2" not in line


def test_a_forgotten_path_option_is_explained() -> None:
    (line,) = problems({**SECRETS, "users.carol": "carol-password"})
    assert line.startswith("lunch-gateway:users.carol: no such setting; a part of users is set")
    assert "--path" in line
    assert "carol-password" not in line


def test_every_bad_tag_gets_its_line() -> None:
    lines = problems({**SECRETS, "tags": {"a<b": "x", "good": "y", "c": None, "azure-d": "\0"}})
    assert [line.split(": ")[0] for line in lines] == ["lunch-gateway:tags"] * 4
    assert all(line.isprintable() for line in lines)


def test_half_a_character_is_refused_before_the_first_resource() -> None:
    """JSON can hold it, and the engine's protocol can't."""
    (line,) = problems({**SECRETS, "tags": '{"a": "\\ud800"}'})
    assert "the value of tag 'a' is not usable" in line


def test_a_region_without_auto_shutdown_is_told_before_anything_is_made() -> None:
    there = {**SECRETS, "azure-native:location": "Poland Central"}
    (line,) = problems({**there, "shutdownTime": "13:30"})
    assert line.startswith("lunch-gateway:shutdownTime: Azure has no auto-shutdown in polandcen")
    assert loaded(there)[0].location == "polandcentral"


def test_a_premium_disk_needs_a_size_that_takes_it() -> None:
    premium = {**SECRETS, "diskType": "Premium_LRS"}
    assert loaded(premium | {"vmSize": "Standard_DS2_v2"})[0].disk_type == "Premium_LRS"
    (line,) = problems(premium | {"vmSize": "Standard_F2"})
    assert line.startswith("lunch-gateway:diskType: Premium_LRS needs a vmSize with an s")


def test_secrets_of_the_example_open_no_gateway() -> None:
    psk, users = problems(
        {"psk": "throw-away-example-key-4711", "users": {"alice": "CHANGE ME, OR NOT"}}
    )
    assert psk.startswith("lunch-gateway:psk: that of settings.example.yaml, which everybody can")
    assert users.startswith("lunch-gateway:users: user alice: the password is a text that was to")


def test_what_others_know_opens_no_gateway() -> None:
    """One rule with a settings file's, in tests/settings/test_known_to_others.py."""
    users, server = problems({"psk": PSK, "users": {"alice": PSK}, "serverName": "vpn.example.com"})
    assert users.startswith("lunch-gateway:users: user alice: the password is the same as psk")
    assert server.startswith("lunch-gateway:serverName: 'vpn.example.com' is only an example")


@pytest.mark.parametrize("key", ["psk", "users"])
def test_a_secret_in_plain_text_is_warned_about(key: str) -> None:
    _, log = loaded(SECRETS, plain=True)
    (line,) = [line for line in log if f":{key}:" in line]
    assert line.startswith(f"WARNING: lunch-gateway:{key}: stands in the stack's file in plain")
    assert "pulumi config set --secret" in line


@pytest.mark.parametrize("organization", ["organization", "", None])
def test_a_name_that_is_everybodys_is_warned_about(
    organization: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So are local and blob backends: no organisation tells one owner of a stack from another."""
    monkeypatch.setattr("pulumi.get_organization", lambda: organization)
    config, (line,) = loaded(SECRETS)
    assert config.dns_label == "lunch-gateway-dev-3d0ff097"  # known from before, and kept
    assert line.startswith("WARNING: lunch-gateway:dnsLabel: not set, so that everybody's stack")
    assert config.dns_label not in line  # a workflow's log is everybody's
    assert "pulumi config set dnsLabel NAME" in line
    assert loaded(SECRETS | {"dnsLabel": "lunch-of-alice"})[1] == []


def test_ssh_without_a_key_is_warned_about() -> None:
    open_to = SECRETS | {"sshSource": "203.0.113.7/32"}
    _, log = loaded(open_to)
    assert [line for line in log if "az vm user update" in line] == log != []
    own = "ssh-ed25519 " + base64.b64encode(
        b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + bytes(range(32))
    ).decode()  # fmt: skip
    assert loaded(open_to | {"sshPublicKey": own})[1] == []


def test_values_set_with_path_may_be_json_numbers() -> None:
    raw = json.dumps({"alice": 12345678})
    (line,) = problems({**SECRETS, "users": raw})
    assert "user alice: the password must be text" in line
    assert "12345678" not in line
