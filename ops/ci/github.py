"""Asking GitHub, by its command ``gh``. Standard library only, so that it needs no set-up."""

from __future__ import annotations

import re
import subprocess

from ops.cli import OpsError

TIMEOUT = 60
"""Seconds for GitHub's answer."""


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
