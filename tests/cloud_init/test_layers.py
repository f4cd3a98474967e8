"""A layer of rootfs/ ships when all that its name says is on, and no file lies in two."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from cloud_init.files import README, ROOTFS, GuestFileError, guest_files
from settings.guest import parse
from tests.cloud_init.conftest import EVERY_FILE
from tests.cloud_init.strategies import MINIMAL

LAYERS = sorted(path.name for path in ROOTFS.iterdir() if path.is_dir())

OFF: dict[str, tuple[dict[str, Any], set[str]]] = {
    # settings that differ from those that ship all, and the layers that then stay here
    "nothing": ({}, set()),
    "l2tp": ({"protocols": ["ikev2"]}, {"l2tp", "l2tp+modp1024", "l2tp+split"}),
    "ikev2": ({"protocols": ["l2tp"]}, {"ikev2", "ikev2+split"}),
    "split": (
        {"acceleration": "off"},
        {"split", "l2tp+split", "ikev2+split", "split+quic-rejected"},
    ),
    "quic": ({"quic": "allow"}, {"split+quic-rejected"}),
    "modp1024": ({"modp1024": "reject"}, {"l2tp+modp1024"}),
}


@pytest.mark.parametrize(("changes", "missing"), OFF.values(), ids=list(OFF))
def test_a_layer_ships_when_all_its_parts_are_on(
    changes: dict[str, Any], missing: set[str]
) -> None:
    shipped = [file.path for file in guest_files(parse(MINIMAL | EVERY_FILE | changes))]
    assert shipped
    here = {
        layer: {
            f"/{source.relative_to(ROOTFS / layer)}".removesuffix(".tmpl")
            for source in (ROOTFS / layer).rglob("*")
            if source.is_file()
        }
        for layer in LAYERS
    }
    assert {layer for layer, paths in here.items() if paths <= {*shipped}} == {*LAYERS} - missing
    assert sorted(shipped) == sorted(
        path for layer in here if layer not in missing for path in here[layer]
    )


def test_every_layer_says_why_it_is_there_and_when_it_can_go() -> None:
    text = (ROOTFS / README).read_text(encoding="utf-8")
    told = dict(re.findall(r"^## (\S+)\n\n((?:.+\n)+)", text, re.MULTILINE))
    assert sorted(told) == LAYERS
    assert not [layer for layer, words in told.items() if not re.search(r"\bgoe?s?\b|stays", words)]
    assert not [layer for layer, words in told.items() if not words.startswith(("When", "What"))]


def complaint(tree: Path, *names: str) -> str:
    for name in names:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text("x\n")
    with pytest.raises(GuestFileError) as caught:
        list(guest_files(parse(MINIMAL), tree))
    return str(caught.value)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("base/etc/x", "split/etc/x"),
        ("base/etc/x", "split/etc/x.tmpl"),
        ("l2tp+modp1024/etc/x", "l2tp/etc/x"),  # also if one of them stays here
        ("base/etc/x", "base/etc/x.tmpl"),
    ],
)
def test_no_file_comes_from_two_places(one: str, other: str, tmp_path: Path) -> None:
    text = complaint(tmp_path, one, other)
    assert text.startswith("/etc/x: brought twice")
    assert one in text
    assert other in text


@pytest.mark.parametrize("name", ["x", "etc/x", "base+splitt/x", "base+/x", "BASE/x", "README/x"])
def test_what_lies_in_no_layer_is_not_passed_over(name: str, tmp_path: Path) -> None:
    text = complaint(tmp_path, "base/etc/fine", name)
    assert text.startswith(f"/{name}: {name.split('/')[0]} is no layer; ")
    assert "base, ikev2, l2tp, modp1024, quic-rejected, split" in text


def test_the_readme_is_no_file_of_the_guest(tmp_path: Path) -> None:
    (tmp_path / README).write_text("x\n")
    (tmp_path / "base").mkdir()
    assert list(guest_files(parse(MINIMAL), tmp_path)) == []
    (tmp_path / "base" / README).write_text("x\n")
    assert [file.path for file in guest_files(parse(MINIMAL), tmp_path)] == [f"/{README}"]
