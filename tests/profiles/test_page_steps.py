"""The page's steps: what each device is told, and in which order."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from profiles.account import Account
from profiles.bundle import files
from tests.profiles.test_page import XHTML, by_class, elements, parsed, rendered, words

ROOT = Path(__file__).parents[2]
AFTERWARDS = ["Did it work?", "It does not connect", "When to switch it on", "How to remove it"]


def test_each_device_is_told_what_comes_afterwards(carol: Account) -> None:
    """But for those that can't get in at all."""
    for account, without in (
        (carol, set()),
        (dataclasses.replace(carol, modp1024=False), {"android-old"}),
        (dataclasses.replace(carol, protocols=("ikev2",)), {"android-old", "windows"}),
        (dataclasses.replace(carol, protocols=("l2tp",)), {"android"}),
    ):
        told = {}
        for device in by_class(parsed(rendered(account)), "device"):
            lists = by_class(device, "after")
            told[device.get("id")] = [
                words(by_class(bold, "en")[0]) for each in lists for bold in elements(each, "b")
            ]
        assert {device for device, lines in told.items() if lines != AFTERWARDS} == without
        assert all(told[device or ""] == [] for device in without)


def test_the_way_that_always_works_comes_before_the_button(carol: Account) -> None:
    """Some versions of iOS only show text when a profile comes by a link."""
    (iphone,) = (
        found
        for found in by_class(parsed(rendered(carol)), "device")
        if found.get("id") == "iphone"
    )
    order = [found for found in iphone.iter() if found.tag in (f"{XHTML}li", f"{XHTML}a")]
    assert "AirDrop" in words(order[0])
    assert "carol@example.org-ikev2.mobileconfig" in words(order[0])
    steps = order.index(by_class(iphone, "get")[0])
    assert [found.tag for found in order[:steps]] == [f"{XHTML}li"] * 3
    special = by_class(iphone, "more")[0]
    inside = [link.get("download", "") for link in by_class(special, "get")]
    assert [name.partition("ikev2-")[2] for name in inside] == [
        "nothing-beside.mobileconfig",
        "on-demand.mobileconfig",
    ]
    assert "gateway that stands all day" in words(special)


def told_afterwards(account: Account, title: str, language: str) -> dict[str, str]:
    """Each device's words in one language below one of the titles."""
    place = AFTERWARDS.index(title)
    found = {}
    for device in by_class(parsed(rendered(account)), "device"):
        for told in by_class(device, "after"):
            point = elements(told, "li")[place]
            found[device.get("id", "")] = " ".join(map(words, by_class(point, language)))
    return found


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", r"IPv6 only.*ask for the gateway's address and type that as server"),
        ("ja", r"IPv6 だけの回線.*ゲートウェイのアドレスを聞き、サーバーの欄に"),
    ],
)
def test_android_is_told_of_lines_with_ipv6_only(carol: Account, language: str, said: str) -> None:
    """The page gives it the name, on which it calls by IPv6; docs/phones.md says why that fails.
    All others must keep the name."""
    told = told_afterwards(carol, "It does not connect", language)
    assert {device for device, text in told.items() if re.search(said, text)} == {
        "android",
        "android-old",
    }


def test_windows_is_told_how_to_undo_all_that_its_script_sets(carol: Account) -> None:
    """In the users' page, and in docs/phones in both languages."""
    script = files(carol)["powershell"].content.decode("utf-8-sig")
    texts = dict(re.findall(r"^\$(\w+) = '([^']*)'\r?$", script, re.M))
    made = re.findall(r"^New-ItemProperty -Path \$(\w+) -Name \$(\w+) ", script, re.M)
    set_ = [(texts[key], texts[name]) for key, name in made]
    assert len(set_) == 2
    lists = {found.get("id"): found for found in by_class(parsed(rendered(carol)), "device")}
    after = by_class(lists["windows"], "after")[0]
    lines = [line for code in elements(after, "code") for line in words(code).splitlines()]
    assert sorted(lines) == sorted(f"Remove-ItemProperty '{key}' {name}" for key, name in set_)
    for document in ("docs/phones.md", "docs/phones.ja.md"):
        text = (ROOT / document).read_text(encoding="utf-8")
        undone = re.findall(r"^\$key = '(.+)'\nRemove-ItemProperty \$key (\w+)$", text, re.M)
        assert sorted(undone) == sorted(set_)
