"""Whoever asks the gateway for IKE is nobody who was answered before: else its conntrack lets him
in for two minutes, also where the door is shut."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from lab.lab import IKE_ASKED, IKE_AWAITED, IKE_PROBE
from tests.test_linters import text_of, tracked

STAND_IN = """#!/bin/sh
printf '%s\\n' "$@" >>"$0.asked"
echo '192.0.2.1 Main Mode Handshake returned'
"""


@pytest.mark.parametrize("probe", [IKE_PROBE, IKE_ASKED, IKE_AWAITED], ids=["1", "4", "20"])
def test_each_probe_leaves_its_port_to_the_kernel(probe: str, tmp_path: Path) -> None:
    """ike-scan's own is 500, each time."""
    program = tmp_path / "ike-scan"
    program.write_text(STAND_IN)
    program.chmod(0o755)
    path = f"{tmp_path}:/usr/bin:/bin"
    subprocess.run(["sh", "-c", probe], env={"PATH": path}, check=True, timeout=10)
    asked = Path(f"{program}.asked").read_text().splitlines()
    assert "--sport=0" in asked
    assert not [each for each in asked if re.match(r"-s|--sport", each) and each != "--sport=0"]


def test_nobody_else_of_the_lab_asks_from_one_port() -> None:
    files = [name for name in tracked() if re.match(r"(lab|here|bench)/", name)]
    asked = [line for name in files for line in re.findall(r"ike-scan -.*", text_of(name))]
    assert len(asked) > 1
    assert [line for line in asked if "--sport=0 " not in line] == []
