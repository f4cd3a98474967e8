"""What a reader must know of a lab to place the figures that were measured in it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from lab.lab import Lab
from lab.machines.machine import Machine
from lab.opening import ROOT


def described(lab: Lab) -> dict[str, str]:
    """Returns the day, the gateway's kernel, what runs the machines and where, and the commit."""
    processor = re.search(r"^model name\s*: (.*)", Path("/proc/cpuinfo").read_text("utf-8"), re.M)
    return {
        "date": lab.world.succeed("date -u +%F").strip(),
        "kernel": lab.gateway.succeed("uname -r").strip(),
        "accelerator": lab.world.arguments[lab.world.arguments.index("-accel") + 1],
        "host": f"{os.cpu_count()} × {processor[1] if processor else os.uname().machine}",
        "commit": _commit(),
    }


def mtu(gateway: Machine) -> int:
    """Returns that of the gateway's L2TP tunnels, bytes."""
    return int(gateway.succeed("sed -n 's/^mtu //p' /etc/ppp/options.xl2tpd"))


def _commit() -> str:
    """Returns the commit of this program, "-dirty" after it if more has changed."""
    if not (git := shutil.which("git")):
        return "unknown"
    command = [git, "-C", str(ROOT), "describe", "--always", "--dirty"]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return said.strip() or "unknown"
