"""What this computer keeps of a stack: a copy of it, and an end to it."""

from __future__ import annotations

import argparse
import io
import os
import shutil
import sys
import tarfile
import time
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

from ops import backend
from ops.cli import OpsError, expanded, in_ci
from ops.life import require_stack
from ops.pages import DIRECTORY
from ops.pulumi import Pulumi
from ops.stack import Stack

WHERE = "where-it-goes.txt"
"""In each backup: the file that says how to put it back."""


def backup(options: argparse.Namespace, pulumi: Pulumi) -> int:
    """Write a tar of the stack's settings, state and passphrase, and say where they are kept."""
    require_stack(pulumi)
    if in_ci(pulumi.environment):
        raise OpsError("a backup holds every secret in the clear; not on a CI machine")
    out = expanded(options.to) if options.to else _named(pulumi)
    if Path(os.path.realpath(out)).is_relative_to(pulumi.directory.resolve()):
        raise OpsError(f"TO: {out} lies in the clone, where git might take it; name another place")
    if out.exists():
        raise OpsError(f"TO: {out} is there already; name another file")
    if not out.parent.is_dir():
        raise OpsError(f"TO: there is no directory {out.parent}; name a file in one that is there")
    kept = dict(_kept(pulumi))
    _write(out, kept, _where(pulumi, kept))
    for name, path in kept.items():
        print(f"{name:12} {path}")
    print(
        f"copied to    {out}\nWhoever has that file has every secret of the stack: keep it where"
        f" nobody else reads it.\nHow to put it back: tar -xOf '{out}' {WHERE}"
    )
    return 0


def _named(pulumi: Pulumi) -> Path:
    name = f"lunch-gateway-{pulumi.name}-{datetime.now():%Y-%m-%d-%H%M%S}.tar"
    return backend.home(pulumi.environment) / name


def _kept(pulumi: Pulumi) -> Iterator[tuple[str, Path]]:
    """Return what there is to copy, by its name in the backup.

    Raises:
        OpsError: the settings are not there, so that a copy would be worth nothing.
    """
    if not pulumi.settings_file.exists():
        raise OpsError(f"{pulumi.settings_file} is gone, and the stack's secrets with it")
    yield "settings", pulumi.settings_file
    passphrase = Path(pulumi.environment.get(backend.PASSPHRASE_FILE) or os.devnull)
    if passphrase.is_file():
        yield "passphrase", passphrase
    state = backend.local_state(pulumi.environment[backend.URL])
    if state is not None:
        yield "state", state / "stacks" / backend.PROJECT / f"{pulumi.name}.json"


def _where(pulumi: Pulumi, kept: dict[str, Path]) -> str:
    lines = [f"{name}: {path}" for name, path in kept.items()]
    if "passphrase" not in kept:
        lines.append("passphrase: was not in a file; you typed it, or Pulumi's service has it")
    if "state" not in kept:
        lines.append(f"state: stays at {backend.shown(pulumi.environment)}")
    return "\n".join([
        f"Stack {pulumi.stack} of lunch-gateway, {date.today()}. Copy each file of this tar to",
        "the place behind its name, readable by you alone (chmod 600), into a clone of the",
        f"project; then make status STACK={pulumi.stack} shows the stack.",
        *lines,
        "",
    ])  # fmt: skip


def _write(out: Path, kept: dict[str, Path], where: str) -> None:
    """Write all or nothing, and never readable by anybody else."""
    partial = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        contents = {name: path.read_bytes() for name, path in kept.items()}
        contents[WHERE] = where.encode()
        with (
            os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file,
            tarfile.open(fileobj=file, mode="w") as tar,
        ):
            for name, content in contents.items():
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode, entry.mtime = len(content), 0o600, int(time.time())
                tar.addfile(entry, io.BytesIO(content))
        partial.rename(out)
    except OSError as error:
        partial.unlink(missing_ok=True)
        ours = error.filename in (None, str(partial))
        raise OpsError(f"{f'TO: {out}' if ours else error.filename}: {error.strerror}") from None


def forget(options: argparse.Namespace, pulumi: Pulumi) -> int:
    """Remove a stack that is down from this computer: settings, secrets, state and pages."""
    require_stack(pulumi)
    if Stack(pulumi).stands:
        raise OpsError(
            f"stack {pulumi.stack} stands, and would go on costing money unseen; first make down"
            f" STACK={pulumi.stack}"
        )
    pages = pulumi.directory / DIRECTORY / pulumi.name
    print(
        f"forget removes {pulumi.settings_file.name} with its key and passwords, the state and"
        f" {DIRECTORY / pulumi.name}.\nEvery phone then needs a new page. To keep a copy: make"
        f" backup STACK={pulumi.stack}\nType the stack's name to go on: ",
        end="",
        flush=True,
    )
    if sys.stdin.readline().strip() != pulumi.name:
        print()
        raise OpsError(f"that is not {pulumi.name}; nothing was removed")
    pulumi.read("stack", "rm", pulumi.stack, "--yes")
    pulumi.settings_file.unlink(missing_ok=True)
    shutil.rmtree(pages, ignore_errors=True)
    print("\n".join(_afterwards(pulumi)))
    return 0


def _afterwards(pulumi: Pulumi) -> Iterator[str]:
    yield f"stack {pulumi.stack} is forgotten"
    url = pulumi.environment[backend.URL]
    if backend.local_state(url) is not None and not backend.has_local_stacks(url):
        kept = pulumi.environment.get(backend.PASSPHRASE_FILE)
        yield f"it was the last one; what is left of the project besides this clone: {kept}"
    if pulumi.stack == "dev":
        yield "the file it came with: git checkout Pulumi.dev.yaml"
