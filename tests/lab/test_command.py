"""The lab's command line, as far as it gets without a machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def python(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )


def test_help_names_every_scenario() -> None:
    done = python("lab", "run", "--help")
    assert done.returncode == 0
    for scenario in (ROOT / "lab" / "scenarios").glob("*/expect.py"):
        assert scenario.parent.name in done.stdout
        assert (scenario.parent / "README.md").exists(), "a scenario describes itself"


@pytest.mark.parametrize("arguments", [(), ("run", "--scenario", "nothing"), ("fly",)])
def test_wrong_arguments_are_told_without_a_traceback(arguments: tuple[str, ...]) -> None:
    done = python("lab", *arguments)
    assert done.returncode == 2
    assert "error: " in done.stderr
    assert "Traceback" not in done.stderr


def test_out_that_is_a_file_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = python("lab", "run", "--out", str(tmp_path / "file"))
    assert done.returncode == 2
    assert "can't be a new directory: File exists" in done.stderr
    assert "Traceback" not in done.stderr
