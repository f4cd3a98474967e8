"""What a run of the lunch workflow is to do, from how it was started and what time it is.

Prints lines for GitHub's output file. Standard library only, so that it needs no set-up.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta, timezone

from ops.ci.github import complain
from ops.cli import OpsError, checked_name

JAPAN = timezone(timedelta(hours=9), "JST")
"""Without summer time since 1951."""

SCHEDULE = {
    "17 2 * * 1-5": "up",
    "11 4 * * 1-5": "down",
    "43 6,13,18 * * *": "guard",
}
"""By GitHub's name for what started the run: the cron line. In UTC."""

LAST_UP = time(12, 40)
"""In Japan. GitHub may start a run hours late; after lunch it would bill until the guard."""

_REGION = re.compile(r"[a-z][a-z0-9]{2,49}")


def plan(environment: Mapping[str, str], now: datetime) -> dict[str, str]:
    """Return ``action`` (up, down, guard or none), ``stacks`` (JSON), ``region`` and ``like``.

    Raises:
        OpsError: the stacks or the region are not what they should be.
    """
    stacks = _stacks(environment.get("LUNCH_STACKS", ""))
    schedule = environment.get("SCHEDULE", "")
    if not stacks:
        return _nothing("the repository's variable LUNCH_STACKS is not set")
    if not schedule:
        return _by_hand(environment, stacks)
    action = SCHEDULE.get(schedule)
    if action is None:
        raise OpsError(f"the schedule {schedule!r} is not in ops/ci/lunch.py")
    if action == "up" and now.astimezone(JAPAN).time() >= LAST_UP:
        return _nothing(f"started too late to help at lunch: {now.astimezone(JAPAN):%H:%M %Z}")
    return _outputs(action, stacks)


def _by_hand(environment: Mapping[str, str], stacks: list[str]) -> dict[str, str]:
    """Take only stacks that the guard knows, each in any region."""
    stack, action = environment.get("STACK", ""), environment.get("ACTION", "")
    region = environment.get("REGION", "").replace(" ", "").lower()
    if stack not in stacks:
        raise OpsError(
            f"stack {stack!r} is not in LUNCH_STACKS ({', '.join(stacks)}), so the guard would not"
            " take it down; add it there first"
        )
    if action not in SCHEDULE.values():
        raise OpsError(f"action {action!r} is unknown; allowed: up, down, guard")
    if not region or action == "guard":
        return _outputs(action, [stack])
    if not _REGION.fullmatch(region):
        raise OpsError(f"region {region!r} is not one; expected one such as japaneast")
    return _outputs(action, [f"{stack}-{region}"], region, like=stack)


def _stacks(text: str) -> list[str]:
    try:
        stacks = json.loads(text or "[]")
    except ValueError:
        stacks = None
    if not isinstance(stacks, list) or not all(isinstance(name, str) for name in stacks):
        raise OpsError('LUNCH_STACKS is not a list in JSON; expected one such as ["dev"]')
    return [checked_name(name) for name in stacks]


def _nothing(why: str) -> dict[str, str]:
    print(f"nothing to do: {why}", file=sys.stderr)
    return _outputs("none", [])


def _outputs(action: str, stacks: list[str], region: str = "", like: str = "") -> dict[str, str]:
    return {"action": action, "stacks": json.dumps(stacks), "region": region, "like": like}


def main() -> int:
    """Print the plan; returns the exit status."""
    try:
        for name, value in plan(os.environ, datetime.now(UTC)).items():
            print(f"{name}={value}")
    except OpsError as error:
        return complain(error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
