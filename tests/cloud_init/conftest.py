from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from cloud_init.__main__ import main
from cloud_init.files import ROOTFS
from settings.guest import Settings, parse
from tests.cloud_init.guest_tree import Guest

EXAMPLE = Path(__file__).parents[2] / "settings.example.yaml"

EVERY_FILE = {"acceleration": "split", "quic": "reject", "modp1024": "allow"}
"""The settings with which no file is left out."""


def brought_by(part: str) -> set[str]:
    """Guest paths of what lies in a layer that has this part in its name."""
    return {
        "/" + source.relative_to(layer).as_posix().removesuffix(".tmpl")
        for layer in ROOTFS.iterdir()
        if part in layer.name.split("+")
        for source in layer.rglob("*")
        if source.is_file()
    }


@pytest.fixture
def raw() -> dict[str, Any]:
    """The example's settings, as a settings file gives them; a copy to change."""
    loaded = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


@pytest.fixture
def settings(raw: dict[str, Any]) -> Settings:
    return parse(raw)


@pytest.fixture(scope="session")
def guest(tmp_path_factory: pytest.TempPathFactory) -> Guest:
    """The example's guest with every file there is. Not to be written to; see `Guest.altered`."""
    directory = tmp_path_factory.mktemp("guest")
    complete = directory / "settings.yaml"
    complete.write_text(yaml.safe_dump({**yaml.safe_load(EXAMPLE.read_text()), **EVERY_FILE}))
    out = directory / "out"
    assert main(["render", "--example", "--settings", str(complete), "--out", str(out)]) == 0
    return Guest(out)
