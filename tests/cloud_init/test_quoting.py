"""Names and secrets, quoted so that each daemon reads back what was meant."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

import pytest
from hypothesis import given

from cloud_init import files
from settings.guest import Settings, parse
from settings.server import SERVER_NAME
from tests.cloud_init.pppd_words import MAX_SECRET, lines_of_words
from tests.cloud_init.rendered import content
from tests.cloud_init.strategies import MINIMAL, psks, user_maps


@given(user_maps(), psks)
def test_pppd_reads_back_every_user(users: dict[str, str], psk: str) -> None:
    text = content(parse({"psk": psk, "users": users}), "/etc/ppp/chap-secrets")
    assert lines_of_words(text) == [
        [user, SERVER_NAME, password, "*"] for user, password in users.items()
    ]
    assert all(len(password) <= MAX_SECRET for password in users.values())


@pytest.mark.parametrize(
    ("escape", "mistake"),
    [
        (lambda text: text, "nothing escaped"),
        (lambda text: text.replace('"', '\\"'), "no backslash escaped"),
        (lambda text: text.replace('"', '\\"').replace("\\", "\\\\"), "in the wrong order"),
    ],
)
def test_the_independent_reader_notices_wrong_quoting(
    escape: Callable[[str], str],
    mistake: str,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(files, "_pppd_escape", escape)
    lines = lines_of_words(content(settings, "/etc/ppp/chap-secrets"))
    assert lines != [[user, SERVER_NAME, word, "*"] for user, word in settings.users.items()]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("# only a comment", []),
        ("a b # c\n\n  d\n", [["a", "b"], ["d"]]),
        ("a\\\nb c", [["ab", "c"]]),
        ("a \\\n b", [["a", "b"]]),
        ("'a \"b' \"c 'd\"", [['a "b', "c 'd"]]),
        ('"a # b"c', [["a # bc"]]),
        ("a#b", [["a"]]),
        (r'"\\ \" \n \x41 \101 \s \z"', [['\\ " \n A A   z']]),
        ('"two\nlines" x', [["two\nlines", "x"]]),
    ],
)
def test_the_independent_reader(text: str, lines: list[list[str]]) -> None:
    assert lines_of_words(text) == lines


def swanctl_reads(text: str) -> bytes:
    """A secret as charon takes it: swanctl.conf(5), settings.opt; test_ikev2 asks the real one."""
    quoted = re.fullmatch(r'"([^"\\\n]*)"', text)
    secret = quoted[1] if quoted else text
    if secret[:2].lower() == "0s":
        return base64.b64decode(secret[2:])
    return bytes.fromhex(secret[2:]) if secret[:2].lower() == "0x" else secret.encode()


@given(psks)
def test_swanctl_reads_back_the_pre_shared_key(psk: str) -> None:
    text = content(parse(MINIMAL | {"psk": psk}), "/etc/swanctl/conf.d/l2tp-secret.conf")
    (written,) = re.findall("secret = (.*)$", text, re.M)
    assert swanctl_reads(written) == psk.encode()


@given(user_maps(), psks)
def test_swanctl_reads_back_every_user(users: dict[str, str], psk: str) -> None:
    settings = parse({"psk": psk, "users": users})
    text = content(settings, "/etc/swanctl/conf.d/ikev2-secrets.conf")
    found = re.findall(r"^ike-\d+ {\n((?:id\d = .*\n)+)secret = (.*)\n}$", text, re.M)
    assert [swanctl_reads(written) for _, written in found] == [
        password.encode() for password in users.values()
    ]
    names = [re.findall(r"= (.*)", ids) for ids, _ in found]
    assert [forms[:2] for forms in names] == [[f"fqdn:{user}", f"keyid:{user}"] for user in users]
    assert [f"email:{user}" in forms for forms, user in zip(names, users, strict=True)] == [
        "@" in user for user in users
    ]
