"""Azure's resource manager, as far as the product meets it: what exists, kept in a file.

Several providers may use it at once (two stacks, or one that was killed and its
successor), so every request holds a lock on the file.
"""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from here.azure.kinds import KINDS, Kind

Resource = dict[str, Any]
"""``id``, ``token``, ``inputs``, ``outputs``, and what is only Azure's to know in ``own``."""


class ArmError(Exception):
    """An answer with a status of 4xx or 5xx, spelt as the provider spells it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f'Status={status} Code="{code}" Message="{message}"')
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Azure:
    """One subscription. ``directory`` holds everything, and survives whoever uses it."""

    directory: Path

    @property
    def control(self) -> dict[str, Any]:
        """Return what a scenario asks of Azure today, see `here.azure.control`."""
        path = self.directory / "control.json"
        return dict(json.loads(path.read_text())) if path.exists() else {}

    @contextmanager
    def open(self) -> Iterator[dict[str, Resource]]:
        """Yield all resources by id in lower case, as Azure compares them. Changes are kept unless
        the block raises."""
        path = self.directory / "cloud.json"
        with (self.directory / "cloud.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            known = json.loads(path.read_text()) if path.exists() else {}
            _finish(known)
            before = deepcopy(known)
            yield known
            if known != before:
                aside = path.with_suffix(".new")
                aside.write_text(json.dumps(known, indent=1))
                aside.rename(path)

    def resources(self, kind: str = "") -> list[Resource]:
        """Return what exists now, of one kind such as ``VirtualMachine`` or of all."""
        with self.open() as known:
            every = [entry for entry in known.values() if "token" in entry]
        return [entry for entry in every if not kind or short(entry) == kind]

    def disks(self) -> list[str]:
        """Returns the managed disks, which nobody registers and everybody pays."""
        with self.open() as known:
            return [entry["id"] for entry in known.values() if "disk_of" in entry]

    def log(self, verb: str, kind: Kind, resource_id: str, outcome: str) -> None:
        """Write one line per request, in ``calls.jsonl``."""
        line = {"verb": verb, "kind": kind.short, "id": resource_id, "outcome": outcome}
        with (self.directory / "calls.jsonl").open("a") as log:
            log.write(json.dumps(line) + "\n")

    def asked(self, kind: Kind) -> None:
        """Note that the engine asked the provider about a resource, if only to check it."""
        with (self.directory / "asked.txt").open("a") as log:
            log.write(f"{kind.short}\n")

    def times_asked(self) -> int:
        """Returns how often the engine asked the provider about a resource."""
        path = self.directory / "asked.txt"
        return len(path.read_text().splitlines()) if path.exists() else 0

    def calls(self) -> list[dict[str, str]]:
        """Returns every request that changed something or tried to, in order."""
        path = self.directory / "calls.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def short(entry: Resource) -> str:
    """Returns a resource's kind, such as ``VirtualMachine``."""
    return KINDS[entry["token"]].short


def _finish(known: dict[str, Resource]) -> None:
    """End what Azure has begun by now, whether or not anybody still waits for it."""
    now = time.time()
    for key, entry in list(known.items()):
        if entry.get("gone_at", now + 1) <= now:
            erase(known, key)
        elif entry.get("ready_at", now + 1) <= now:
            del entry["ready_at"]
            entry["outputs"]["provisioningState"] = "Succeeded"


def erase(known: dict[str, Resource], key: str) -> None:
    """Remove this resource and everything below it, its disk too if that was agreed."""
    for other in list(known):
        if other == key or other.startswith(f"{key}/") or known[other].get("disk_of") == key:
            known.pop(other)


def find(known: dict[str, Resource], resource_id: object) -> Resource | None:
    """Returns what has this id, in whatever case it is written."""
    return known.get(str(resource_id).lower())


def of_kind(known: dict[str, Resource], kind: str) -> list[Resource]:
    """Returns what exists of one kind."""
    return [entry for entry in known.values() if "token" in entry and short(entry) == kind]
