"""A command of the lab, with its output on the terminal because it takes minutes."""

from __future__ import annotations

import subprocess
import sys
from collections import deque
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAST_WORDS = 30
"""Lines that a failure repeats: of a log, often only the end is shown."""


def live(config: pytest.Config, module: str, *arguments: str) -> tuple[int, str]:
    """Run ``python -m MODULE`` with these arguments; its exit status and last words."""
    capture = config.pluginmanager.getplugin("capturemanager")
    words: deque[str] = deque(maxlen=LAST_WORDS)
    with capture.global_and_fixture_disabled():
        print()
        with subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as command:
            assert command.stdout
            for line in command.stdout:
                print(line, end="", flush=True)
                words.append(line)
    return command.returncode, "".join(words)
