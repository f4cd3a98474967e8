"""Whether GitHub is about to switch this repository's schedules off, and the guard with them.

``python -m ops.ci.schedules`` is red some weeks before. In a public repository in which nothing
has happened for 60 days GitHub ends all schedules, and who only runs lunch does nothing there.
Standard library only, so that it needs no set-up.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

from ops.ci.github import ask, complain, repository
from ops.cli import OpsError

ENDS_AFTER = 60
"""Days (docs.github.com, "Events that trigger workflows", schedule)."""
_RED_AFTER = 45

_KEY = "lunch-gateway:shutdownTime"


def check(status: int, body: str, now: datetime) -> str:
    """Return what is right about it, in one line.

    Args:
        status: of GitHub's answer to GET /repos/OWNER/REPO, as in HTTP.
        body: of the same answer.

    Raises:
        OpsError: the schedules end soon, or GitHub's answer does not tell.
    """
    try:
        known = json.loads(body) if status == 200 else {}
        private, pushed = known["private"], datetime.fromisoformat(known["pushed_at"])
        idle = (now - pushed).days
    except (ValueError, KeyError, TypeError):
        raise OpsError(
            f"schedules: GitHub's answer (HTTP {status}) does not tell when somebody pushed last"
        ) from None
    if private is True:
        return "schedules: this repository is private, so GitHub lets them run"
    if idle >= _RED_AFTER:
        raise OpsError(
            f"schedules: nobody has pushed to this public repository for {idle} days; after"
            f" {ENDS_AFTER} GitHub switches up, down and guard off, and what stands then stays and"
            " costs. Push something: merge one of Dependabot's pull requests, or git commit"
            " --allow-empty"
        )
    return f"schedules: the last push was {idle} days ago; GitHub ends them after {ENDS_AFTER}"


def unguarded(settings: Mapping[str, object]) -> str:
    """Return what to say before an `up` that only a schedule would end; or nothing."""
    if settings.get(_KEY):
        return ""
    return (
        f"warning: {_KEY} is not set: should GitHub's schedules be off one day, nothing stops this"
        f' machine. Write {_KEY}: "13:30" into the stack\'s file below config:, and commit it'
    )


def main() -> int:
    """Print the finding; returns the exit status."""
    try:
        print(check(*ask(repository(), "schedules"), datetime.now(UTC)))
    except OpsError as error:
        return complain(error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
