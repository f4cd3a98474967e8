"""What every command of ours needs: names, faults in one line, and whether a person reads."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

PROJECT_DIRECTORY = Path(__file__).parents[1]


class OpsError(RuntimeError):
    """It can't go on. One line: what is missing or wrong, and what to do next."""


_NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]{0,99}/){0,2}[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


def checked_name(name: str) -> str:
    """A stack's name, with its organisation if it has one.

    Raises:
        OpsError: Pulumi would refuse it, or take it for something else.
    """
    if not _NAME.fullmatch(name):
        raise OpsError(
            f"STACK: {name!r} is not a stack's name; allowed: letters, digits, . _ -, beginning"
            " with a letter or digit, and before it an organisation with /"
        )
    return name


def expanded(path: str) -> Path:
    """A path with a home in the place of its ~. Where nobody is called so, it is a name."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def interactive() -> bool:
    """Say whether a person reads along and can answer."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def unwatched(environment: Mapping[str, str]) -> bool:
    """Say whether a person at a terminal reads what we print, and no log keeps it."""
    return interactive() and not in_ci(environment)


def in_ci(environment: Mapping[str, str]) -> bool:
    """Say whether this machine is thrown away afterwards. GitHub, GitLab and others set it."""
    return environment.get("CI", "").lower() not in ("", "0", "false")
