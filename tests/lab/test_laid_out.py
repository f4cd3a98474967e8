"""What the machines of the lab are started with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from lab import lab as module
from lab.images.debian import FILES, BootFiles
from lab.lab import KERNEL_AVOIDS, Lab, build
from lab.machines.accelerator import EMULATION

GRUB_FILES = ("etc/default/grub", "boot/grub/grub.cfg")


@pytest.mark.parametrize("name", GRUB_FILES)
def test_gateways_kernel_avoids_what_the_emulator_does_wrong(name: str) -> None:
    config = FILES.joinpath("gateway", name).read_text()
    assert re.search(rf"^[^#]*\b{KERNEL_AVOIDS}\b", config, re.MULTILINE)


def laid_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str) -> Lab:
    files = BootFiles(tmp_path / "disk", tmp_path / "kernel", tmp_path / "initrd")
    monkeypatch.setattr(module, "world_image", lambda: files)
    monkeypatch.setattr(module, "accelerator", lambda _kernel: by)
    for name in ("_overlay", "_world_files", "_seed"):
        monkeypatch.setattr(module, name, lambda *_arguments: tmp_path)
    monkeypatch.setattr(module, "_secure_boot", lambda _scratch: [])
    return build(tmp_path, tmp_path)


def value(arguments: Sequence[str], option: str) -> str:
    return arguments[arguments.index(option) + 1]


def test_worlds_kernel_avoids_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append = value(laid_out(tmp_path, monkeypatch, EMULATION).world.arguments, "-append")
    assert KERNEL_AVOIDS in append.split()


@pytest.mark.parametrize(("by", "lacks"), [(EMULATION, True), ("kvm", False)])
def test_only_an_emulated_processor_lacks_what_is_slow_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str, lacks: bool
) -> None:
    lab = laid_out(tmp_path, monkeypatch, by)
    for machine in (lab.world, lab.gateway):
        assert value(machine.arguments, "-accel") == by
        assert ("erms=off" in value(machine.arguments, "-cpu").split(",")) == lacks
