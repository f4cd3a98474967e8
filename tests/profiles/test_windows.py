"""The PowerShell script.

PowerShell itself is in neither Debian nor PyPI, and npm's "pwsh" is an installer that fetches
it from elsewhere. So its syntax is checked with the tree-sitter grammar, and its quoting by
the rule of its own tokenizer (ScanStringLiteral, engine/parser/tokenizer.cs in
PowerShell/PowerShell), written down here a second time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import tree_sitter_powershell
from hypothesis import given
from tree_sitter import Language, Node, Parser

from profiles import windows
from profiles.account import Account
from settings.guest import Settings
from tests.profiles import guest_says
from tests.profiles.strategies import people

QUOTES = "'\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}" + (
    "\N{SINGLE LOW-9 QUOTATION MARK}\N{SINGLE HIGH-REVERSED-9 QUOTATION MARK}"
)
GRAMMAR = Parser(Language(tree_sitter_powershell.language()))


def script(account: Account) -> str:
    content = windows.powershell(account, "x.ps1")
    text = content.decode("utf-8-sig")
    assert content.startswith(b"\xef\xbb\xbf")
    assert "\n" not in text.replace("\r\n", "")
    return text


def literal(text: str, start: int) -> tuple[str, int]:
    """What PowerShell makes of a text in single quotes, and where it ends for it."""
    assert text[start] in QUOTES
    value, at = "", start + 1
    while True:
        if text[at] in QUOTES:
            if text[at + 1] not in QUOTES:
                return value, at + 1
            at += 1
        value += text[at]
        at += 1


def assigned(text: str, name: str) -> str:
    """The literal on a line of its own that a variable gets."""
    prefix = f"${name} = "
    (line,) = (line for line in text.split("\r\n") if line.startswith(prefix))
    value, end = literal(f"{line}\n", len(prefix))
    assert end == len(line), f"the text ends early: {line[end:]}"
    return value


def errors(text: str) -> list[str]:
    """Where the grammar can't follow."""
    return [str(node.start_point) for node in _bad(GRAMMAR.parse(text.encode()).root_node)]


def _bad(node: Node) -> Iterator[Node]:
    if node.is_error or node.is_missing:
        yield node
    for child in node.children:
        yield from _bad(child)


def test_it_says_what_the_guest_says(everybody: list[Account], settings: Settings) -> None:
    for account in everybody:
        text = script(account)
        assert errors(text) == []
        assert assigned(text, "server") == settings.server_name
        assert assigned(text, "secret") == guest_says.l2tp_key(settings)
        assert account.password not in text


@given(people())
def test_any_account_arrives_unaltered(account: Account) -> None:
    text = script(account)
    assert errors(text) == []
    assert assigned(text, "name") == account.name("l2tp")
    assert assigned(text, "secret") == account.psk


def test_what_it_does(carol: Account) -> None:
    text = script(carol)
    assert text.count("#Requires -RunAsAdministrator\r\n") == 1
    assert r"'HKLM:\SYSTEM\CurrentControlSet\Services\PolicyAgent'" in text
    assert assigned(text, "value") == "AssumeUDPEncapsulationContextOnSendRule"
    assert "-PropertyType DWord -Value 2 -Force" in text
    # Its resolver first, and a policy of somebody else's beside it stays.
    assert r"'HKLM:\SOFTWARE\Policies\Microsoft\Windows NT\DNSClient'" in text
    assert assigned(text, "first") == "DisableSmartNameResolution"
    assert "-Path $policy -Name $first -PropertyType DWord -Value 1 -Force" in text
    assert "if (-not (Test-Path -Path $policy)) { New-Item -Path $policy -Force" in text
    pairs = dict(re.findall(r"^    (\w+) += (\S+)\r$", text, re.M))
    assert pairs == {
        "Name": "$name",
        "ServerAddress": "$server",
        "TunnelType": "'L2tp'",
        "L2tpPsk": "$secret",
        "AuthenticationMethod": "'MSChapv2'",
        "EncryptionLevel": "'Required'",
    }


@pytest.mark.parametrize("quote", QUOTES)
def test_a_quote_left_alone_is_noticed(
    quote: str, carol: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "quoted", lambda text: f"'{text}{quote}x'")
    with pytest.raises(AssertionError, match="ends early"):
        assigned(script(carol), "name")


@pytest.mark.parametrize(
    ("old", "new"), [("@{", "{{"), ("Out-Null", "|"), ("'Required'", "'Required"), ("if (", "if ")]
)
def test_the_grammar_complains(old: str, new: str, carol: Account) -> None:
    text = script(carol)
    assert old in text
    assert errors(text.replace(old, new, 1)) != []
