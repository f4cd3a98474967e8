"""What a scenario can ask of Azure: a size it has not got, a label that is taken, a
request that fails or takes its time. Written by the tests, read at every request."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from here.azure.arm import ArmError, Azure
from here.azure.kinds import Kind


@dataclass(kw_only=True)
class Fault:
    """One request that does not go well."""

    verb: str
    """``create``, ``update``, ``delete`` or ``read``."""
    kind: str
    """Such as ``VirtualMachine``."""
    code: str = "InternalServerError"
    """Empty: it succeeds, only later."""
    status: int = 500
    message: str = "An internal execution error occurred. Please retry later."
    accepted: bool = False
    """Azure began, and failed later: the resource exists, in a failed state."""
    seconds: float = 0
    """How long it takes."""
    times: int = 1


@dataclass(kw_only=True)
class Control:
    """Everything that is asked of Azure."""

    faults: list[Fault] = field(default_factory=list)
    unavailable: list[tuple[str, str]] = field(default_factory=list)
    """Region and size (or ``*``) that Azure has none of."""
    cores: dict[str, int] = field(default_factory=dict)
    """Region to the number of cores that the subscription may use there."""
    taken_labels: list[tuple[str, str]] = field(default_factory=list)
    """Region and DNS label of somebody else."""
    reserved_labels: list[tuple[str, str]] = field(default_factory=list)
    """Region and DNS label that somebody else had not long ago."""

    def write(self, directory: Path) -> None:
        """Ask for it from now on, and for nothing else."""
        (directory / "control.json").write_text(json.dumps(asdict(self)))
        (directory / "used.json").unlink(missing_ok=True)


def fault(azure: Azure, verb: str, kind: Kind) -> dict[str, Any] | None:
    """Returns the fault asked for this request, if it has not happened often enough yet."""
    path = azure.directory / "used.json"
    with azure.open():
        used: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
        for number, asked in enumerate(azure.control.get("faults", [])):
            if (asked["verb"], asked["kind"]) == (verb, kind.short):
                key = str(number)
                if used.get(key, 0) < asked["times"]:
                    used[key] = used.get(key, 0) + 1
                    path.write_text(json.dumps(used))
                    return dict(asked)
    return None


def wait(asked: dict[str, Any] | None) -> None:
    """Take as long as was asked for."""
    if asked:
        time.sleep(asked["seconds"])


def fail(asked: dict[str, Any] | None, *, accepted: bool) -> None:
    """Raises what was asked for at this moment of the request."""
    if asked and asked["code"] and asked["accepted"] is accepted:
        raise ArmError(asked["status"], asked["code"], asked["message"])
