"""Azure's command az, as far as `make up` and its kin use it: for who has no account, about a
machine that stands here. Started as ``python -m here.az SOCKET ARGUMENT…``."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from here.azure.behind import ask


def main(arguments: Sequence[str]) -> int:
    """Answer one question; returns the exit status."""
    path, *question = arguments
    known = {
        ("account", "show"): {"name": "this computer", "id": "no account"},
        ("provider", "show"): {"registrationState": "Registered"},
        # Nothing is known of sizes: the double itself refuses them.
        ("rest", "--method"): {"value": []},
    }
    first = tuple(question[:2])
    if first in known:
        print(json.dumps(known[first]))
        return 0
    try:
        return _about_the_machine(path, question)
    except OSError:
        print("ERROR: no machine stands here", file=sys.stderr)
        return 3


def _about_the_machine(path: str, question: Sequence[str]) -> int:
    if question[1:3] == ["boot-diagnostics", "get-boot-log"]:
        return _say(ask(path, {"verb": "console"}), "text")
    if question[1:3] == ["run-command", "invoke"]:
        script = question[question.index("--scripts") + 1]
        answer = ask(path, {"verb": "run", "command": script})
        if "output" in answer:
            message = f"Enable succeeded: \n[stdout]\n{answer['output']}\n[stderr]\n"
            answer["output"] = json.dumps({"value": [{"message": message}]})
        return _say(answer, "output")
    print(f"ERROR: az here knows no {' '.join(question[:3])}", file=sys.stderr)
    return 2


def _say(answer: dict[str, Any], key: str) -> int:
    if "error" in answer:
        print(f"ERROR: {answer['error']}", file=sys.stderr)
        return 1
    print(answer[key])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
