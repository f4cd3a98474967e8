"""What stands, since when, whether it answers, and what it costs."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ops import backend, price
from ops.pages import DIRECTORY
from ops.pulumi import Pulumi
from ops.show import clock

_SILENT = 20.0
"""Seconds for the probe, which ends by itself after five, and the look-up of the name."""


def status(options: argparse.Namespace, pulumi: Pulumi) -> int:
    """Show what stands, since when, whether it answers, and what it costs."""
    entries = pulumi.json("stack", "ls")
    if not entries:
        print(f"no stack yet at {backend.shown(pulumi.environment)}, so nothing stands;"
              f" if they are kept elsewhere, set {backend.URL}")  # fmt: skip
        return 0
    own = (pulumi.stack, pulumi.name)
    for entry in sorted(entries, key=lambda entry: _name(entry) not in own):
        print(f"stack {_name(entry)}: {_state(pulumi, entry)}", flush=True)
        if _name(entry) in own and entry.get("resourceCount"):
            for what, text in _details(pulumi):
                print(f"  {what:8} {text}", flush=True)
    if not any(_name(entry) in own for entry in entries):
        print(f"stack {pulumi.stack}: there is none; make up STACK={pulumi.stack} makes it")
    return 0


def _name(entry: Mapping[str, Any]) -> str:
    return str(entry["name"]).rstrip("*")


def _state(pulumi: Pulumi, entry: Mapping[str, Any]) -> str:
    """Say in one line whether it stands and since when."""
    count = entry.get("resourceCount")
    working = "; a command is at work on it" if entry.get("updateInProgress") else ""
    if not count:
        return f"down, nothing of it is on Azure{working}"
    history = pulumi.json("stack", "history", "--stack", _name(entry))
    began = stands_since(history)
    since = ""
    if began:
        age = clock((datetime.now(UTC) - began).total_seconds())
        since = f" since {began.astimezone():%Y-%m-%d %H:%M} ({age})"
    return f"stands{since}, {count} resources{working}"


def stands_since(history: Sequence[Mapping[str, Any]]) -> datetime | None:
    """Say when the first update after the last teardown began; from the latest command to the
    earliest, as Pulumi tells them. None: it can't be said."""
    began = None
    for entry in history:
        if entry.get("kind") == "destroy" and entry.get("result") == "succeeded":
            break
        if entry.get("kind") == "update":
            began = entry.get("startTime", began)
    try:
        return datetime.fromisoformat(str(began).replace("Z", "+00:00"))
    except ValueError:
        return None


def _details(pulumi: Pulumi) -> Iterator[tuple[str, str]]:
    outputs = pulumi.outputs()
    server, region = outputs.get("server"), str(outputs.get("region", ""))
    if not server:
        yield "failed", f"not all of it was made; make up STACK={pulumi.stack} goes on"
        return
    yield "server", f"{server} ({outputs.get('address', 'address unknown')}), {region}"
    yield "answers", _answer(pulumi, str(outputs.get("address") or server))
    yield "costs", price.in_a_line(pulumi, region)
    pages = DIRECTORY / pulumi.name
    missing = "" if (pulumi.directory / pages).is_dir() else f": make profiles STACK={pulumi.stack}"
    yield "pages", f"{pages}{missing}"


def _answer(pulumi: Pulumi, host: str) -> str:
    """Return what a phone's first packet gets, by the users' own command: its room is above
    ours."""
    command = [sys.executable, "-m", "gateway.probe", host]
    try:
        done = subprocess.run(
            command, cwd=pulumi.directory, capture_output=True, text=True, timeout=_SILENT,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"could not be asked within {_SILENT:g} s"
    said = (done.stdout or done.stderr).strip().splitlines() or ["the probe said nothing"]
    return said[-1]
