"""Where the stacks' state lives and what encrypts their secrets. ADR 10 has the reasons."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml

from ops.cli import OpsError, expanded, in_ci
from ops.pulumi import Pulumi

URL = "PULUMI_BACKEND_URL"
PASSPHRASE = "PULUMI_CONFIG_PASSPHRASE"  # noqa: S105 - the variable's name
PASSPHRASE_FILE = "PULUMI_CONFIG_PASSPHRASE_FILE"  # noqa: S105

PROJECT = "lunch-gateway"


def require_project(directory: Path) -> None:
    """Raises `OpsError` if this is a project of another name, as `pulumi new --name` makes one. Its
    stacks, locks and settings have that name too, and what is kept here would be looked for by
    ours."""
    file = directory / "Pulumi.yaml"
    name = yaml.safe_load(file.read_text(encoding="utf-8"))["name"]
    if name != PROJECT:
        raise OpsError(
            f"{file.name}: name: {name}; make knows stacks of {PROJECT} alone: write name:"
            f" {PROJECT} there, or go on without make, as the file's quickstart does"
        )


def home(environment: Mapping[str, str]) -> Path:
    """Return the user's own directory.

    Raises:
        OpsError: the variable says none.
    """
    return _absolute("HOME", environment.get("HOME", str(expanded("~"))))


def directory(environment: Mapping[str, str], variable: str, otherwise: str) -> Path:
    """Return one of the XDG base directories, ours in it.

    Raises:
        OpsError: the variable names none, or there is none to put it into.
    """
    base = environment.get(variable)
    return (_absolute(variable, base) if base else home(environment) / otherwise) / PROJECT


def _absolute(variable: str, text: str) -> Path:
    if not text.startswith("/"):
        raise OpsError(
            f"{variable}: {text!r} is no directory's whole path; expected one that begins with /"
        )
    return Path(text)


def _make(directory: Path, environment: Mapping[str, str], variable: str) -> None:
    """Raises `OpsError` if it can't be made where this variable, or else HOME, has it."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise OpsError(
            f"{variable if environment.get(variable) else 'HOME'}: {directory} can't be made"
            f" ({error.strerror}); expected a directory that you may write to"
        ) from None


def with_backend(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for Pulumi: the user's own choice, or the embedded local backend.

    Raises:
        OpsError: the local backend, on a machine that is thrown away afterwards, or where there
            is no room for it.
    """
    chosen = dict(environment)
    if not chosen.get(URL):
        if in_ci(environment):
            raise OpsError(
                f"{URL} is not set, and this is a CI machine: a state kept here would be lost,"
                " and with it the gateway; name a shared backend, such as azblob://CONTAINER"
            )
        # Not in the clone: `git clean` would forget machines that cost money.
        state = directory(environment, "XDG_DATA_HOME", ".local/share") / "state"
        _make(state, environment, "XDG_DATA_HOME")
        # Without the files of attributes beside it: one that a kill left empty makes every later
        # command fail ("failed to load checkpoint: EOF"), and nobody reads them.
        chosen[URL] = f"file://{state}?metadata=skip"
    if not (_keeps_keys(chosen[URL]) or chosen.get(PASSPHRASE) or chosen.get(PASSPHRASE_FILE)):
        config = directory(environment, "XDG_CONFIG_HOME", ".config")
        chosen[PASSPHRASE_FILE] = str(config / "passphrase")
    return chosen


def shown(environment: Mapping[str, str]) -> str:
    """The backend as a person reads it, without the options behind it."""
    return environment[URL].partition("?")[0]


def _keeps_keys(url: str) -> bool:
    """Pulumi's own service encrypts with keys of its own; all others need a passphrase."""
    return url.startswith(("http://", "https://"))


def ensure_passphrase(environment: Mapping[str, str], own: bool, used: bool) -> None:
    """Make the passphrase's file if it is ours and this is the first stack.

    Args:
        own: the file's name was chosen by us (`with_backend`), not by the user.
        used: something was encrypted already, so that a new passphrase would not fit.

    Raises:
        OpsError: the file is gone, but what it encrypted is not.
    """
    if not own:
        return
    file = Path(environment[PASSPHRASE_FILE])
    if file.exists():
        if file.stat().st_mode & 0o077:
            file.chmod(0o600)
        return
    if used:
        raise OpsError(
            f"{file} is gone, and the stack's secrets are encrypted with the passphrase in it;"
            f" put it back from a backup, or set {PASSPHRASE} or {PASSPHRASE_FILE}"
        )
    _make(file.parent, environment, "XDG_CONFIG_HOME")
    partial = file.with_suffix(f".{os.getpid()}")
    partial.touch(mode=0o600, exist_ok=False)
    partial.write_text(secrets.token_urlsafe(32))
    # A link fails where a rename would replace what another command has just made.
    try:
        os.link(partial, file)
    except FileExistsError:
        return
    finally:
        partial.unlink()
    print(f"made the passphrase that encrypts your secrets: {file} (keep a copy of it)")


@dataclass(frozen=True)
class Lock:
    """What a command that works on a stack leaves beside its state until it is over."""

    file: Path
    pid: int
    host: str
    since: str

    @property
    def stale(self) -> bool:
        """Say whether its command ran on this machine and is gone."""
        if self.host != socket.gethostname():
            return False
        try:
            os.kill(self.pid, 0)  # asks, and sends nothing
        except ProcessLookupError:
            return True
        except OSError:  # there, and somebody else's
            return False
        return False


def local_state(url: str) -> Path | None:
    """Return where a local backend keeps its files; None for any other backend."""
    parts = urlsplit(url)
    if parts.scheme != "file":
        return None
    return expanded(unquote(parts.netloc + parts.path)) / ".pulumi"


def has_local_stacks(url: str) -> bool:
    """Say whether a local backend holds any stack of this project."""
    state = local_state(url)
    return state is not None and any((state / "stacks" / PROJECT).glob("*.json"))


def locks(url: str, stack: str) -> Iterator[Lock]:
    """Return those on a stack in a local backend; other backends are not looked into."""
    state = local_state(url)
    name = stack.split("/")[-1]
    for file in state.glob(f"locks/organization/{PROJECT}/{name}/*.json") if state else ():
        try:
            held = json.loads(file.read_text())
            lock = Lock(file, int(held["pid"]), str(held["hostname"]), str(held["timestamp"]))
        except (OSError, ValueError, KeyError, TypeError):
            continue  # just given back, or not readable: Pulumi will say so
        yield lock


def release_stale_locks(pulumi: Pulumi) -> None:
    """Let a command that was interrupted be repeated.

    Raises:
        OpsError: another command may still be at work on the stack.
    """
    held = list(locks(pulumi.environment[URL], pulumi.stack))
    for lock in held:
        if not lock.stale:
            raise OpsError(
                f"stack {pulumi.stack} is locked by process {lock.pid} on {lock.host} since"
                f" {lock.since[:19]}; wait for it, or if it is gone: make unlock"
                f" STACK={pulumi.stack}"
            )
    if held:
        print(f"process {held[0].pid} was interrupted and left stack {pulumi.stack} locked;")
        print("it is gone, so its lock is removed, and Azure asked what it left", flush=True)
        recover(pulumi)


def recover(pulumi: Pulumi) -> None:
    """Take the lock away and settle what was being made at that moment (`ops.recover`).

    Raises:
        OpsError: with its own words.
    """
    done = subprocess.run(
        [sys.executable, "-m", "ops.recover", pulumi.stack],
        cwd=pulumi.directory,
        env=dict(pulumi.environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        words = done.stderr.strip().splitlines() or ["it failed without a word"]
        raise OpsError(f"python -m ops.recover {pulumi.stack}: {words[-1]}")
