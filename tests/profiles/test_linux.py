"""NetworkManager's keyfiles, read by NetworkManager."""

from __future__ import annotations

import base64
import dataclasses

import pytest
from hypothesis import given

from profiles import linux
from profiles.account import Account
from settings.guest import Settings
from tests.profiles import guest_says
from tests.profiles.debian import Reader, Refused
from tests.profiles.strategies import people


def test_what_networkmanager_reads_is_what_the_guest_says(
    everybody: list[Account], settings: Settings, reader: Reader
) -> None:
    for account in everybody:
        read = reader.keyfile(linux.l2tp(account))
        assert read["service"] == "org.freedesktop.NetworkManager.l2tp"
        assert read["data"]["gateway"] == settings.server_name
        password = guest_says.l2tp_passwords(settings)[read["data"]["user"]]
        assert read["secrets"]["password"] == password
        psk = read["secrets"]["ipsec-psk"].removeprefix("0s")
        assert base64.b64decode(psk).decode() == guest_says.l2tp_key(settings)
        assert (read["data"]["machine-auth-type"], read["data"]["ipsec-enabled"]) == ("psk", "yes")


def test_ikev2(carol: Account, settings: Settings, reader: Reader) -> None:
    read = reader.keyfile(linux.ikev2(carol))
    # As identification_create_from_string() takes a text with an @.
    key = guest_says.ikev2_passwords(settings)[f"email:{read['data']['local-identity']}"]
    assert read["secrets"]["password"] == key
    assert read["service"] == "org.freedesktop.NetworkManager.strongswan"
    assert read["data"] == {
        "address": carol.server,
        "remote-identity": carol.server,
        "method": "psk",
        "user": carol.user,
        "local-identity": carol.user,
        "virtual": "yes",
        "password-flags": "0",
    }
    assert read["secrets"] == {"password": carol.password}


@given(account=people())
def test_any_account_arrives_unaltered(account: Account, reader: Reader) -> None:
    for protocol, content in (("l2tp", linux.l2tp(account)), ("ikev2", linux.ikev2(account))):
        read = reader.keyfile(content)
        assert read["said"] == []
        assert (read["type"], read["ipv4"], read["ipv6"]) == ("vpn", "auto", "disabled")
        assert read["id"] == account.name(protocol)
        assert read["data"]["user"] == account.user
        assert read["secrets"]["password"] == account.password
        if protocol == "l2tp":
            # As nm_l2tp_config_write() reads it.
            psk = read["secrets"]["ipsec-psk"]
            assert psk.startswith("0s")
            assert base64.b64decode(psk[2:]).decode() == account.psk


def test_nmcli_takes_them_too(everybody: list[Account], reader: Reader) -> None:
    for account in everybody:
        for made in (linux.l2tp(account), linux.ikev2(account)):
            before, after = (reader.keyfile(text) for text in (made, reader.nmcli(made).encode()))
            assert before == after


def test_the_two_can_stand_side_by_side(carol: Account, reader: Reader) -> None:
    l2tp, ikev2 = (reader.keyfile(made) for made in (linux.l2tp(carol), linux.ikev2(carol)))
    assert l2tp["uuid"] != ikev2["uuid"]
    assert l2tp["id"] != ikev2["id"]


def test_a_short_password_is_no_key_for_strongswan(carol: Account) -> None:
    assert linux.can_ikev2(dataclasses.replace(carol, password="x" * 20))
    assert not linux.can_ikev2(dataclasses.replace(carol, password="x" * 19))


def test_networkmanager_complains(
    carol: Account, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = linux.ikev2(carol)
    with pytest.raises(Refused, match="type"):
        reader.keyfile(good.replace(b"type=vpn\n", b"", 1))
    with pytest.raises(Refused, match=r"(?i)uuid"):
        reader.keyfile(good.replace(b"uuid=", b"uuid=x", 1))
    with pytest.raises(Refused, match="method"):
        reader.nmcli(good.replace(b"method=auto", b"method=otto", 1))
    assert reader.keyfile(good.replace(b"[ipv4]", b"[ipv4]\nroutes=x", 1))["said"] != []
    monkeypatch.setattr(linux, "_escaped", lambda value: value)
    assert reader.keyfile(linux.ikev2(carol))["secrets"]["password"] != carol.password
