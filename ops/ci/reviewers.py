"""Whether a person must agree before a job gets an environment's secrets.

It asks GitHub by its command gh and is red if nobody must. Standard library only, so that it needs
no set-up.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

from ops.ci.github import ask, complain, repository
from ops.cli import OpsError


def check(environment: str, status: int, body: str) -> str:
    """Return what is right about the environment, in one line.

    Args:
        environment: its name.
        status: of GitHub's answer to GET /repos/OWNER/REPO/environments/NAME, as in HTTP.
        body: of the same answer.

    Raises:
        OpsError: nobody must agree, or GitHub's answer does not tell.
    """
    if status == 404:
        return f"there is no environment {environment}, so nobody gets its secrets"
    rules = _rules(body) if status == 200 else None
    if rules is None:
        raise OpsError(
            f"environment {environment}: GitHub's answer (HTTP {status}) does not tell its"
            " protection rules; the job needs the permission actions: read"
        )
    named = [rule for rule in rules if rule.get("type") == "required_reviewers"]
    if not any(rule.get("reviewers") for rule in named):
        raise OpsError(
            f"environment {environment}: has no required reviewer, so whoever may push a branch"
            " can read the stacks' key and passwords; add one (Settings > Environments >"
            f" {environment} > Required reviewers), or delete the environment"
        )
    return f"environment {environment}: a reviewer must agree first"


def _rules(body: str) -> list[dict[str, Any]] | None:
    try:
        # Without any rule GitHub may leave the key out.
        rules = json.loads(body).get("protection_rules", [])
    except (ValueError, AttributeError):
        return None
    good = isinstance(rules, list) and all(isinstance(rule, dict) for rule in rules)
    return rules if good else None


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the finding; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python3 -m ops.ci.reviewers", description=__doc__)
    parser.add_argument("environment", metavar="ENVIRONMENT")
    environment = parser.parse_args(arguments).environment
    try:
        path = f"{repository()}/environments/{environment}"
        print(check(environment, *ask(path, f"environment {environment}")))
    except OpsError as error:
        return complain(error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
