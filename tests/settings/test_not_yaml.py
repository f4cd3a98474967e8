"""A text that is no YAML, or more than a settings file may hold: a line says where and what."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_init.__main__ import main as cloud_init
from profiles.__main__ import main as profiles
from settings.file import load
from settings.guest import SettingsError
from settings.loader import loaded

MISTAKES = {
    # text, what the line says: "4711" is part of each secret
    "a reference": ("psk: *Tsukiji-4711\n", "line 1: an asterisk (*) in front "),
    "a lone asterisk": (
        "psk: a\nusers: {hana: *}\n",
        "line 2, column 15: an asterisk (*) in front",
    ),
    "a mark": ("psk: &Tsukiji-4711\n", "line 1: an ampersand (&) in front "),
    "a lone ampersand": ("psk: &\n", "line 1, column 6: an ampersand (&) in front "),
    "a type": ("psk: !Tsukiji-4711\n", "line 1: an exclamation mark (!) in front "),
    "no such bool": ("psk: !!bool Tsukiji-4711\n", "line 1: an exclamation mark (!) in front "),
    "no such time": ("users: {hana: !!timestamp 4711}", "line 1: an exclamation mark (!) in "),
    "no such map": ("psk: !!map 4711\n", "line 1: an exclamation mark (!) in front "),
    "no such binary": ("psk: !!binary 4711-\n", "line 1: an exclamation mark (!) in front "),
    "half a type": ("psk: !a!4711\n", "line 1, column 6: an exclamation mark (!) in front "),
    "half a long type": ("psk: !<4711\n", "line 1, column 6: an exclamation mark (!) in front "),
    "holds itself": ("psk: a\ntags: &t {a: *t}\n", "line 2: an ampersand (&) in front "),
    "users hold themselves": ("users: &u {hana: *u}\n", "line 1: an ampersand (&) in front "),
    "users as tags": (
        "users: &u {hana: Tsukiji-4711}\ntags: *u\n",
        "line 1: an ampersand (&) in front ",
    ),
    "no such date": ("psk: a\nusers: {hana: 4711-99-99}\n", "line 2, column 15: a text like a n"),
    "no colon": ("psk: a\nmtu\nquic: allow\n", "line 2, column 1: no colon here; "),
    "no colon, and names below": ("users\n  hana: Tsukiji-4711\n", "line 1: no colon here; "),
    "no colon of a user": ("users:\n  hana 4711\n\n  bob: x\n", "line 2: no colon here; "),
    "an equals sign": ("psk: a\nmtu= 1400\nquic: allow\n", "line 2: YAML wants a plain colon "),
    "an equals sign of a user": ("users:\n  hana=4711\n  bob: x\n", "line 2: YAML wants a plain"),
    "too deep": ("users:\n  hana: x-4711\n    bob: y\n", "line 3: indented deeper than the line "),
    "not as deep": ("users:\n  hana: x-4711\n bob: y\n", "line 3, column 2: indented unlike the n"),
    "the first too deep": (" psk: x-4711\nmtu: 3\n", "line 2, column 1: indented unlike the names"),
    "two colons": ("psk: Tsukiji: 4711\n", "line 1, column 13: a second colon in one line; put"),
    "open bracket": ("protocols: [l2tp\nmtu: 3\n", "line 1, column 12: the [ here has no ] at it"),
    "open brace": ("users: {hana: 4711\nmtu: 3\n", "line 1, column 8: the { here has no } at its "),
    "nothing but a bracket": ("psk: [", "line 1, column 7: a [ or { above here has no ] or }"),
    "two commas": (
        "users: {hana: 4711,, b: c}\n",
        "line 1, column 20: a comma or bracket t",
    ),
    "a closing bracket": ("psk: ]4711\n", "line 1, column 6: a text can't begin so in YAML; "),
    "open quote": ('psk: a\nusers: {hana: "4711\n', "line 2, column 15: the quote here has no end"),
    "a quote inside": ("psk: 'it's-4711'\n", "line 1, column 10: text behind the end of a quote "),
    "a backslash": ('psk: "Tsukiji\\4711"\n', "line 1, column 15: in double quotes a backslash "),
    "an at sign": (
        "psk: @4711\n",
        "line 1, column 6: a text can't begin so in YAML; ",
    ),
    "a backtick": (
        "psk: `4711\n",
        "line 1, column 6: a text can't begin so in YAML; ",
    ),
    "a hyphen": ("psk: - 4711\n", "line 1, column 6: a text can't begin so in YAML; "),
    "a question mark": ("psk: ? 4711\n", "line 1, column 6: a text can't begin so in YAML; "),
    "a bar": ("psk: |4711\n", "line 1, column 6: a | or > in front begins several lines; put the "),
    "two braces": ("psk: {{ tsukiji4711 }}\n", "line 1, column 7: a { or [ in front begins a map "),
    "nothing but a sign": ("psk: =\n", "line 1, column 6: this sign alone means something else "),
    "a list among names": ("psk: a\n- 4711\n", "line 2, column 1: a hyphen where a name was exp"),
    "unprintable": ("psk: a\nmtu: 3\nquic: \x07\n", "line 3: a character that can't be printed"),
    "a conflict": (
        "psk: a\n<<<<<<< HEAD\nmtu: 3\n=======\nmtu: 4\n>>>>>>> x\n",
        "line 2: left by a merge of two versions; keep one of them",
    ),
    "a fence": ("Like this:\n\n```yaml\npsk: x\n```\n", "line 3: a fence around the settings; "),
    "INI": ("# VPN\r\n[vpn]\r\npsk = 4711\r\n", "line 2: sections in brackets, as INI has; "),
    "HTML": ("<!DOCTYPE html>\n<html>\n", "line 1: a web page or XML, and no settings file"),
    "a web page": (
        '<html>\n<a href="4711">: x</a>\n',
        "line 1: a web page or XML, and no settings ",
    ),
    "a key": ("-----BEGIN RSA PRIVATE KEY-----\n4711\n", "line 1: a key or certificate, and no se"),
}


@pytest.mark.parametrize(("text", "start"), MISTAKES.values(), ids=list(MISTAKES))
def test_it_is_told_without_quoting(text: str, start: str, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(text.encode())
    with pytest.raises(SettingsError) as caught:
        load(tmp_path / "x.yaml")
    (line,) = caught.value.problems
    assert line.startswith(start)
    assert "4711" not in line
    assert line.isprintable()


def test_a_text_may_be_called_one() -> None:
    assert loaded("psk: !!str 4711") == {"psk": "4711"}


@given(st.text(st.sampled_from("psk: \n\t-?[]{},#&*!|>'\"%@`=a1~<\\\r"), max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    found = ["read"]
    try:
        loaded(text)
    except SettingsError as error:
        found = error.problems
    assert found
    assert all(line.isprintable() for line in found)


def said(capsys: pytest.CaptureFixture[str], name: str, out: Path) -> set[str]:
    """What both commands say of a file, behind its name."""
    arguments = ["--settings", name, "--out", str(out)]
    assert cloud_init(["render", *arguments]) == profiles(arguments) == 2
    return {line.partition(": ")[2] for line in capsys.readouterr().err.splitlines()}


def test_a_pipe_with_a_name_is_not_waited_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(tmp_path / "pipe")
    (line,) = said(capsys, str(tmp_path / "pipe"), tmp_path / "out")
    assert line == "no file but a pipe, a device or the like; name a settings file"
    assert said(capsys, "/dev/null", tmp_path / "out") == {line}


def test_what_a_shell_passes_on_is_read() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"mtu: 3\n")
    os.close(writing)
    try:
        assert load(Path(f"/dev/fd/{reading}")) == {"mtu": 3}
    finally:
        os.close(reading)


@pytest.mark.parametrize("name", ["", "."])
def test_a_directory(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = said(capsys, name, tmp_path / "out")
    assert line.startswith("a directory, as no name is too; ")


def test_pulumis_file_of_this_project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = said(capsys, "Pulumi.yaml", tmp_path / "out")
    assert line.startswith("Pulumi's file about this project; ")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("psk: Koinobori-Matsuri-9 #4711\n", "line 1: psk: a comment begins at the #; put the "),
        ("users:\n  hana: Tsukiji-9 #4711\n", "line 2: users: a comment begins at the #; put "),
        ("users: {hana: Tsukiji-9, bob: Uogashi  #4711\n  }\n", "line 1: users: a comment begins"),
        ("mtu: 3\npsk: #4711\n", "line 2: psk: a comment begins at the #; put the text in quotes"),
        ("users:\n  hana: #4711\n", "line 2: users: a comment begins at the #; put the text in "),
        ("psk: a long\n  key # 4711\n", "line 2: psk: a comment begins at the #; put the text in "),
    ],
)
def test_a_secret_that_a_comment_cuts_off(text: str, line: str) -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(text)
    (problem,) = caught.value.problems
    assert problem.startswith(line)
    assert "4711" not in problem


@pytest.mark.parametrize(
    "text",
    [
        'psk: "Tsukiji #4711" # a comment\n',
        "psk: 'Tsukiji' #4711\n",
        "psk: Tsukiji#4711\n# a comment\n",
        "psk: |\n  Tsukiji #4711\n",
        "mtu: 3 # a comment\n",
        "users: # a comment\n  # another\n  hana: x\n# a third\n",
        "users: {} # a comment\n",
    ],
)
def test_other_comments_stand(text: str) -> None:
    assert loaded(text)
