"""What draws pictures or gets programs takes no arguments: a mistyped one must not set it off."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("module", ["pictures", "tests.pictures.phone", "here.cli", "lab.images"])
def test_an_option_that_there_is_not_does_nothing(module: str) -> None:
    for option, status, word in (("--help", 0, "usage: python -m"), ("--no-such", 2, "error: ")):
        done = subprocess.run(
            [sys.executable, "-m", module, option],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status
        assert word in (done.stderr if status else done.stdout)
