"""The page: sound HTML, complete, in two languages, and quiet."""

from __future__ import annotations

import base64
import dataclasses
import io
import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

import html5lib
import hypothesis
import pytest
import segno
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from profiles import page, qr
from profiles.account import Account
from profiles.bundle import files
from tests.cloud_init.strategies import passwords
from tests.profiles.strategies import people

XHTML = "{http://www.w3.org/1999/xhtml}"


def rendered(account: Account) -> str:
    return page.render(account, files(account))


def parsed(text: str) -> Element:
    """The page by the HTML standard's own algorithm; raises at the first parse error."""
    parser = html5lib.HTMLParser(strict=True)
    root = parser.parse(text)
    assert isinstance(root, Element)
    return root


def elements(root: Element, name: str) -> list[Element]:
    return list(root.iter(f"{XHTML}{name}"))


def by_class(root: Element, name: str) -> list[Element]:
    return [found for found in root.iter() if name in found.get("class", "").split()]


def words(element: Element) -> str:
    return "".join(element.itertext()).strip()


def values(root: Element) -> dict[str, str]:
    return {found.get("id", ""): "".join(found.itertext()) for found in by_class(root, "value")}


@pytest.mark.parametrize("protocols", [("ikev2", "l2tp"), ("ikev2",), ("l2tp",)])
def test_it_is_sound_and_complete(protocols: tuple[str, ...], carol: Account) -> None:
    account = dataclasses.replace(carol, protocols=protocols)
    root = parsed(rendered(account))
    expected = {"text-server": account.server, "text-user": account.user}
    expected["text-password"] = account.password
    if "l2tp" in protocols:
        expected["text-psk"] = account.psk
    assert values(root) == expected
    offered = {link.get("download") for link in elements(root, "a") if link.get("download")}
    assert offered == {file.name for file in files(account).values()}
    targets = {
        link.get("href", "")[1:] for link in elements(root, "a") if link.get("href", "")[0] == "#"
    }
    assert targets <= {found.get("id") for found in root.iter()}


def test_without_l2tp_nobody_learns_its_key(carol: Account) -> None:
    only = dataclasses.replace(carol, protocols=("ikev2",))
    everything = [rendered(only).encode(), *(file.content for file in files(only).values())]
    assert not any(carol.psk.encode() in content for content in everything)


@hypothesis.settings(max_examples=hypothesis.settings().max_examples // 3)  # slow: long pages
@given(people())
def test_any_account_arrives_unaltered(account: Account) -> None:
    root = parsed(rendered(account))
    shown = values(root)
    assert shown["text-password"] == account.password
    assert shown["text-user"] == account.user
    assert words(elements(root, "title")[0]) == f"{account.title}: {account.user}"
    assert account.title in words(elements(root, "h1")[0])


def test_the_files_come_along(everybody: list[Account]) -> None:
    for account in everybody:
        links = elements(parsed(rendered(account)), "a")
        inside = {link.get("download"): link.get("href", "") for link in links}
        for file in files(account).values():
            head, _, content = inside[file.name].partition(",")
            assert head == f"data:{file.media_type};base64"
            assert base64.b64decode(content, validate=True) == file.content


# Device by device, form by form: what its English field gets; >x is the value x.
FORMS: dict[str, list[dict[str, str]]] = {
    "iphone": [
        {
            "Type": "IKEv2",
            "Description": "TITLE",
            "Server": ">server",
            "Remote ID": ">server",
            "Local ID": ">user",
            "User Authentication": "None",
            "Use Certificate": "off",
            "Secret": ">password",
        },
        {
            "Type": "L2TP",
            "Description": "TITLE",
            "Server": ">server",
            "Account": ">user",
            "RSA SecurID": "off",
            "Password": ">password",
            "Secret": ">psk",
            "Send All Traffic": "on",
        },
    ],
    "android": [
        {
            "Name": "TITLE",
            "Type": "IKEv2/IPSec PSK",
            "Server address": ">server",
            "IPSec identifier": ">user",
            "IPSec pre-shared key": ">password",
        }
    ],
    "android-old": [
        {
            "Name": "TITLE",
            "Type": "L2TP/IPSec PSK",
            "Server address": ">server",
            "L2TP secret, IPSec identifier": "leave empty",
            "IPSec pre-shared key": ">psk",
            "Username": ">user",
            "Password": ">password",
        }
    ],
    "mac": [],
    "windows": [],
    "chromeos": [
        {
            "Service name": "TITLE",
            "Provider type": "IPsec (IKEv2)",
            "Server hostname": ">server",
            "Authentication type": "Pre-shared key",
            "Local identity": ">user",
            "Remote identity": ">server",
            "Pre-shared key": ">password",
        },
        {
            "Service name": "TITLE",
            "Provider type": "L2TP/IPsec",
            "Server hostname": ">server",
            "Authentication type": "Pre-shared key",
            "Username": ">user",
            "Password": ">password",
            "Group name": "leave empty",
            "Pre-shared key": ">psk",
        },
    ],
    "linux": [],
}


def forms(device: Element) -> list[dict[str, str]]:
    return [dict(map(_field, elements(form, "div"))) for form in elements(device, "dl")]


def _field(row: Element) -> tuple[str, str]:
    (name,) = by_class(elements(row, "dt")[0], "en")
    for link in elements(row, "a"):
        return words(name), ">" + link.get("href", "").removeprefix("#value-")
    (value,) = by_class(elements(row, "dd")[0], "en")
    return words(name), words(value)


def test_each_field_gets_its_value(carol: Account) -> None:
    root = parsed(rendered(dataclasses.replace(carol, title="TITLE")))
    devices = {found.get("id"): forms(found) for found in by_class(root, "device")}
    assert devices == FORMS


@pytest.mark.parametrize(("protocol", "other"), [("ikev2", "L2TP"), ("l2tp", "IKEv2")])
def test_a_protocol_that_is_off_is_not_offered(protocol: str, other: str, carol: Account) -> None:
    root = parsed(rendered(dataclasses.replace(carol, protocols=(protocol,))))
    offered = [values for device in by_class(root, "device") for values in forms(device)]
    assert offered
    assert not any(other in f"{values}" for values in offered if "L2TP secret" not in f"{values}")


def test_a_phone_that_would_be_refused_is_told_so(carol: Account) -> None:
    root = parsed(rendered(dataclasses.replace(carol, modp1024=False)))
    (old,) = (found for found in by_class(root, "device") if found.get("id") == "android-old")
    assert list(forms(old)) == []
    assert "modp1024" in words(by_class(old, "note")[0])


LOADS = ("src", "srcset", "href", "action", "poster", "background", "data", "cite", "manifest")


def outside(root: Element) -> Iterator[str]:
    """Whatever would make a browser ask somebody."""
    for found in root.iter():
        for name in LOADS:
            if (value := found.get(name)) and not value.startswith(("#", "data:")):
                yield f"{found.tag} {name}={value}"
    for style in elements(root, "style"):
        yield from re.findall(r"@import.*|url\(.*", "".join(style.itertext()))


def test_nothing_comes_from_outside(carol: Account) -> None:
    root = parsed(rendered(carol))
    assert list(outside(root)) == []
    assert elements(root, "style")
    (policy,) = (meta for meta in elements(root, "meta") if meta.get("http-equiv"))
    assert policy.get("content", "").startswith("default-src 'none';")


@pytest.mark.parametrize(
    "added",
    [
        '<img src="x.png" alt="">',
        '<a href="https://example.org/">x</a>',
        "<style>@import 'x';</style>",
    ],
)
def test_what_comes_from_outside_is_found(added: str, carol: Account) -> None:
    text = rendered(carol).replace("<main>", f"<main>{added}", 1)
    assert list(outside(parsed(text))) != []


@pytest.mark.parametrize(
    "broken", ["<p><div></p>", "<b><i></b></i>", "&nosuchthing;", "<a href='x' href='y'></a>"]
)
def test_the_parser_complains(broken: str, carol: Account) -> None:
    with pytest.raises(html5lib.html5parser.ParseError):
        parsed(rendered(carol).replace("<main>", f"<main>{broken}", 1))


def test_every_text_is_there_in_both_languages(everybody: list[Account]) -> None:
    kana_or_kanji = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
    for account in everybody:
        for parent in parsed(rendered(account)).iter():
            children = [child for child in parent if child.get("class") in ("en", "ja")]
            for english, japanese in zip(children[::2], children[1::2], strict=True):
                assert (english.get("class"), japanese.get("class")) == ("en", "ja")
                assert (english.get("lang"), japanese.get("lang")) == ("en", "ja")
                assert words(english)
                # A term may be the same, or another one in the same script.
                short = len(words(english).split()) <= 2
                assert short or kana_or_kanji.search(words(japanese))


def test_secrets_are_behind_a_tap(carol: Account) -> None:
    hidden = {
        "".join(inner.itertext())
        for details in elements(parsed(rendered(carol)), "details")
        if details.get("open") is None
        for inner in elements(details, "code")
    }
    assert {carol.password, carol.psk} <= hidden


@given(passwords)
def test_a_qr_code_says_what_it_should(text: str) -> None:
    """Read by another library than the one that drew it."""
    drawn = io.BytesIO()
    segno.make(text, error="m", micro=False, boost_error=False).save(
        drawn, kind="png", scale=4, border=4
    )
    (code,) = zxingcpp.read_barcodes(Image.open(drawn))
    assert code.text == text


@given(st.text(min_size=1, max_size=20))
def test_a_qr_code_is_one_drawing(text: str) -> None:
    assert qr.svg(text).startswith("<svg ")
    parsed(f"<!DOCTYPE html><title>x</title>{qr.svg(text)}")
