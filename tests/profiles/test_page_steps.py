"""The page's steps: what each device is told, and in which order."""

from __future__ import annotations

import dataclasses

from profiles.account import Account
from tests.profiles.test_page import XHTML, by_class, elements, parsed, rendered, words

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
