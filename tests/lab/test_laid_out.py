"""What the machines of the lab are started with."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab import lab as module
from lab.images.debian import FILES, BootFiles
from lab.lab import KERNEL_AVOIDS, build

GRUB_FILES = ("etc/default/grub", "boot/grub/grub.cfg")


@pytest.mark.parametrize("name", GRUB_FILES)
def test_gateways_kernel_avoids_what_the_emulator_does_wrong(name: str) -> None:
    config = FILES.joinpath("gateway", name).read_text()
    assert re.search(rf"^[^#]*\b{KERNEL_AVOIDS}\b", config, re.MULTILINE)


def test_worlds_kernel_avoids_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = BootFiles(tmp_path / "disk", tmp_path / "kernel", tmp_path / "initrd")
    monkeypatch.setattr(module, "world_image", lambda: files)
    monkeypatch.setattr(module, "accelerator", lambda _kernel: "tcg")
    for name in ("_overlay", "_world_files", "_seed"):
        monkeypatch.setattr(module, name, lambda *_arguments: tmp_path)
    monkeypatch.setattr(module, "_secure_boot", lambda _scratch: [])
    arguments = build(tmp_path, tmp_path).world.arguments
    append = arguments[arguments.index("-append") + 1]
    assert KERNEL_AVOIDS in append.split()
