"""Asking GitHub, by its command ``gh``, and telling it. Standard library only, so that it needs no
set-up."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from ops.cli import OpsError

TIMEOUT = 60
"""Seconds for GitHub's answer."""


def in_workflow() -> bool:
    """Say whether GitHub runs this."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def complain(error: OpsError) -> int:
    """Print what is wrong, in a workflow in GitHub's own form; returns the exit status."""
    print(f"{'::error::' if in_workflow() else ''}{error}", file=sys.stderr)
    return 1


def repository() -> str:
    """The path of this repository; by hand, of the one that the clone was made from."""
    # gh itself puts these two in.
    return f"repos/{os.environ.get('GITHUB_REPOSITORY') or '{owner}/{repo}'}"


def ask(path: str, about: str) -> tuple[int, str]:
    """Status and body of GitHub's answer to GET.

    Args:
        path: such as ``repos/OWNER/REPO``.
        about: what the line begins with if there is no answer.

    Raises:
        OpsError: there was none.
    """
    # Its own exit status says only that something is wrong, also where a thing is not there.
    command = ["gh", "api", "--include", path]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise OpsError(f"{about}: gh gave no answer ({error})") from None
    head, _, body = done.stdout.replace("\r\n", "\n").partition("\n\n")
    status = re.match(r"HTTP/[\d.]+ (\d{3})\b", head)
    if not status:
        words = done.stderr.strip().split("\n")[0]
        raise OpsError(f"{about}: gh gave no answer ({words})")
    return int(status[1]), body
