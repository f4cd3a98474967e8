"""A secret that stands where a name was expected is not shown: a blank is missing, a line is not
indented, or the two are swapped."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from settings.file import read
from settings.guest import SettingsError
from settings.places import FILE, MAKE
from settings.unknown import problem
from settings.values import ordinal
from tests.settings.refused import problems

KEY = 'psk: "Zq7!vX2#mK9w-4711"\n'
PEOPLE = 'users: {alice: "Rt5$yU8&zP2-4711"}\n'
PASSWORD = "Tsukiji-Uogashi-7742"
SHARED = "Koinobori-Matsuri-2931"

SWALLOWED: dict[str, tuple[str, str]] = {
    # text of the file, how the only line of that key begins
    "no blank": (
        KEY + f"users: {{hana:{PASSWORD}}}\n",
        "users: the 1st name is not usable: character 5 is a colon; YAML wants a blank behind it;",
    ),
    "an equals sign": (
        KEY + f"users:\n  bob: Kg8-rT4-vN2-wX6-q\n  hana={PASSWORD}:\n",
        "users: the 2nd name is not usable: character 5 is an equals sign; YAML wants a colon",
    ),
    "no colon": (
        KEY + f'users: {{"hana {PASSWORD}": }}\n',
        "users: the 1st name is not usable: character 5 is a blank; YAML wants a colon in front",
    ),
    "a wide colon": (
        KEY + f"users:\n  hana\uff1a{PASSWORD}:\n",
        "users: the 1st name is not usable: character 5 is a wide colon; YAML wants a plain one",
    ),
    "swapped": (
        KEY + "users: {Tsukiji!Uogashi-7742: hana}\n",
        "users: the 1st name is not usable: character 8 is not usable ('!'); allowed: ",
    ),
    "swapped, and it could be a name": (
        KEY + f"users: {{{PASSWORD}: hana}}\n",
        "users: the 1st user: the password has 4 characters; ",
    ),
    "swapped with a longer name": (
        KEY + f"users: {{{PASSWORD}: hana.suzuki}}\n",
        "users: the 1st user: the password has 11 characters; with ikev2",
    ),
    "a name of digits": (
        KEY + "users: {7742774277427742: hana}\n",
        "users: the 1st name is no text to YAML but a number; write it in quotes",
    ),
    "the shared key's blank": (
        f"{{psk:{SHARED}, users: {{hana: {PASSWORD}}}}}\n",
        "the 1st key: no such setting; a colon stands in it; YAML wants a plain colon and a plain ",
    ),
    "not indented": (
        KEY + f"users:\nhana-{PASSWORD}:\n",
        "the 3rd key: no such setting; docs/settings.md lists",
    ),
    "a dash for a colon": (
        f"psk-{SHARED}:\n" + PEOPLE,
        "the 1st key: no such setting; docs/settings.md lists",
    ),
    "a dot for a colon": (
        KEY + PEOPLE + f"users.{PASSWORD}: x\n",
        "the 3rd key: no such setting; write users: and below it, indented, its parts",
    ),
    "digits": (KEY + PEOPLE + "7742293177422931: x\n", "the 3rd key: no such setting; write a na"),
    "twice": (
        KEY + f'users:\n  "hana {PASSWORD}":\n  "hana {PASSWORD}":\n',
        "line 4: a name stands here a second time",
    ),
    "was to be replaced": (
        KEY + f"users: {{{PASSWORD}: CHANGE ME}}\nprotocols: [l2tp]\n",
        "users: the 1st user: the password is a text that was to be replaced; ",
    ),
}


@pytest.mark.parametrize(("text", "start"), SWALLOWED.values(), ids=list(SWALLOWED))
def test_it_is_told_by_its_place(text: str, start: str, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(text)
    with pytest.raises(SettingsError) as caught:
        read(tmp_path / "x.yaml")
    lines = caught.value.problems
    assert [line for line in lines if line.startswith(start)], lines
    told = "\n".join(lines)
    for part in ("Tsukiji", "Uogashi", "7742", "Koinobori", "Matsuri", "2931"):
        assert part not in told


@pytest.mark.parametrize(
    "key",
    ["colour", "mut", "server_name", "Server-Name", "reachableNetwork", "PSK",
     "lunch-gateway:mtu", "lunch-gateway:mut", "users.bob", "users.Tsukiji", "dnsServers[0]",
     "azure-native:location", "shutdown_time_zone"],
)  # fmt: skip
def test_a_plain_word_and_what_is_spelled_like_a_setting_are_shown(key: str) -> None:
    assert problem(3, key, FILE).startswith(f"{key}: no such setting; ")


@pytest.mark.parametrize(
    "key",
    ["mtu:7742", "Uogashi7", "tsukiji-uogashi", "a" * 16, "psk_Matsuri", "psk.Matsuri-2", "", " ",
     "lunch-gateway:psk:Matsuri", "users[Matsuri-2]", "PskPskPskPskPsk2", None, 7742],
)  # fmt: skip
def test_what_could_be_a_secret_is_not(key: object) -> None:
    assert problem(3, key, FILE).startswith("the 3rd key: no such setting; ")
    assert problem(3, key, MAKE).startswith("a key: no such setting; ")


@pytest.mark.parametrize("name", ["hana", "hana.suzuki", "hana@example.org", "7"])
def test_a_name_beside_a_longer_password_is_shown(name: str) -> None:
    (line,) = problems(users={name: "x" * 20 + "\t"})
    assert line.startswith(f"users: user {name}: ")


@pytest.mark.parametrize(("password", "words"), [(None, "text"), (7, "text"), ([], "a list")])
def test_a_long_name_beside_none_is_not(password: object, words: str) -> None:
    (line,) = problems(users={"b": "x" * 16, PASSWORD: password})
    assert line.startswith("users: the 2nd user: the password must be ")
    assert words in line


def test_places_are_counted_as_people_do() -> None:
    told = "1st 2nd 3rd 4th 10th 11th 12th 13th 20th 21st 22nd 101st 111th 112th 123rd"
    assert [ordinal(int(re.sub("[a-z]", "", word))) for word in told.split()] == told.split()


WHOLE = f"""\
{{psk: {SHARED}, users: {{
  hana: {PASSWORD},
  bob.suzuki@home: 'Asakusa-Kaminari-5520'}}}}
"""


@pytest.mark.parametrize("slip", ["", ":", "=", " ", "#", "\n", "{", "'", "*"])
def test_no_slip_of_the_hand_shows_a_secret(slip: str, tmp_path: Path) -> None:
    told = []
    for at, gone in itertools.product(range(len(WHOLE)), (0, 1)):
        (tmp_path / "x.yaml").write_text(WHOLE[:at] + slip + WHOLE[at + gone :])
        try:
            read(tmp_path / "x.yaml")
        except SettingsError as error:
            told += error.problems
    assert told
    assert all(line.isprintable() for line in told)
    for part in re.findall("[A-Z][a-z]{5,}|[0-9]{4}", WHOLE):
        assert [line for line in told if part in line] == []
