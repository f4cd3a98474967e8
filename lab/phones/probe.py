"""The project's own probe, which `pulumi up` waits with, asked as a user would: in the world, like
any tool."""

from __future__ import annotations

from pathlib import Path

from lab.machines.machine import Machine

ROOT = Path(__file__).parents[2]
PROBE = "cd /run/probe && python3 -m gateway.probe --timeout 4"
"""Asks, by the world's shell, the address that follows."""


def lay(world: Machine) -> None:
    """Put it into the world."""
    names = [f"gateway/{name}.py" for name in ("__init__", "ike", "probe")]
    world.write({f"/run/probe/{name}": (ROOT / name).read_text("utf-8") for name in names})
