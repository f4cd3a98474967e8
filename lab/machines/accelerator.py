"""Hardware virtualisation where it really works, software emulation otherwise."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path

EMULATION = "tcg,thread=multi"

LEFT_OUT = ("avx", "avx2", "f16c", "fma", "erms", "fsrm")
"""What an emulated processor is without: instructions that QEMU computes piece by piece, and that
tell programs to copy with `rep movsb`, which it does byte by byte. Without them starting
programs, copying and Python took a seventh less of the host's processor, and the scenario split a
twentieth."""

_EXPECTED_END = "Kernel panic - not syncing: VFS"
"""A kernel without a root file system has started everything else by the time it says so."""


def accelerator(kernel: Path) -> str:
    """Returns QEMU's ``-accel`` argument for this machine, found by booting a kernel.

    /dev/kvm may be there and not work. We have seen one (nested in another hypervisor)
    that ran a boot sector to its end and stopped with "KVM internal error" inside Linux,
    so nothing smaller than Linux is a probe.
    """
    works = os.access("/dev/kvm", os.R_OK | os.W_OK) and boots_under("kvm", kernel)
    return "kvm" if works else EMULATION


def processor(accelerator: str) -> str:
    """Returns QEMU's ``-cpu`` argument that goes with this accelerator."""
    left_out = LEFT_OUT if accelerator == EMULATION else ()
    return ",".join(("max", *(f"{feature}=off" for feature in left_out)))


def boots_under(name: str, kernel: Path, timeout: float = 30) -> bool:
    """Returns whether Linux gets as far as looking for its root file system (in seconds)."""
    with tempfile.TemporaryDirectory() as directory:
        serial, errors = Path(directory, "serial"), Path(directory, "errors")
        command = [
            "qemu-system-x86_64",
            "-machine",
            "q35",
            "-accel",
            name,
            "-cpu",
            "max",
            "-m",
            "512",
            "-nodefaults",
            "-display",
            "none",
            "-no-reboot",
            "-serial",
            f"file:{serial}",
            "-kernel",
            str(kernel),
            "-append",
            "console=ttyS0 panic=-1",
        ]
        with errors.open("wb") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + timeout
        # An internal error leaves QEMU standing still, not ended.
        while process.poll() is None and time.monotonic() < deadline and not _broken(errors):
            time.sleep(0.1)
        process.kill()
        process.wait()
        return serial.exists() and _EXPECTED_END in serial.read_text(errors="replace")


def _broken(errors: Path) -> bool:
    return "internal error" in errors.read_text(errors="replace")
