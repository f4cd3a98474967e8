"""Running other people's commands: Pulumi's and Azure's."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT_DIRECTORY = Path(__file__).parents[1]


class OpsError(RuntimeError):
    """It can't go on. One line: what is missing or wrong, and what to do next."""


_NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]{0,99}/){0,2}[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


def checked_name(name: str) -> str:
    """A stack's name, with its organisation if it has one.

    Raises:
        OpsError: Pulumi would refuse it, or take it for something else.
    """
    if not _NAME.fullmatch(name):
        raise OpsError(
            f"STACK: {name!r} is not a stack's name; allowed: letters, digits, . _ -, beginning"
            " with a letter or digit, and before it an organisation with /"
        )
    return name


def interactive() -> bool:
    """Whether a person reads along and can answer."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def in_ci(environment: Mapping[str, str]) -> bool:
    """Whether this machine is thrown away afterwards. GitHub, GitLab and others set it."""
    return environment.get("CI", "").lower() not in ("", "0", "false")


@dataclass(frozen=True)
class Pulumi:
    """Pulumi's CLI in this project, with one backend and for one stack."""

    environment: Mapping[str, str]
    stack: str
    directory: Path = PROJECT_DIRECTORY

    @property
    def settings_file(self) -> Path:
        """The stack's configuration. Pulumi names it by the last part of ``org/stack``."""
        return self.directory / f"Pulumi.{self.stack.split('/')[-1]}.yaml"

    def read(self, *arguments: str, given: str = "") -> str:
        """Run quietly and return what it prints.

        Args:
            given: what it reads from its standard input. A secret goes here: what stands
                on a command line, everybody on the machine can read.

        Raises:
            OpsError: it failed; with its own last words.
        """
        done = subprocess.run(
            [self._program(), *arguments, "--non-interactive"],
            cwd=self.directory,
            env=dict(self.environment),
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise OpsError(f"pulumi {arguments[0]}: {_last_words(done.stderr or done.stdout)}")
        return done.stdout

    def json(self, *arguments: str) -> Any:
        """Like `read`, for commands that print JSON."""
        return json.loads(self.read(*arguments, "--json"))

    def run(self, *arguments: str) -> int:
        """Run before the user's eyes; returns its exit status."""
        options = ["--stack", self.stack, *([] if interactive() else ["--non-interactive"])]
        sys.stdout.flush()
        command = [self._program(), *arguments, *options]
        with subprocess.Popen(command, cwd=self.directory, env=dict(self.environment)) as process:
            return _awaited(process)

    def require(self) -> None:
        """Raises `OpsError` if there is no such command here."""
        self._program()

    def _program(self) -> str:
        program = shutil.which("pulumi", path=self.environment.get("PATH"))
        if program is None:
            raise OpsError(
                "Pulumi's command is missing; install it (https://www.pulumi.com/docs/install/)"
                " and open a new terminal, so that pulumi is on the PATH"
            )
        return program


def _awaited(process: subprocess.Popen[bytes]) -> int:
    """The exit status, as a shell reports it.

    Ctrl-C reaches Pulumi by itself: it stops what it can, and saves what was made. Python's
    own subprocess.run would kill it after a quarter of a second.
    """
    before = signal.signal(signal.SIGTERM, lambda *_: process.send_signal(signal.SIGINT))
    try:
        while True:
            try:
                status = process.wait()
            except KeyboardInterrupt:
                continue
            return status if status >= 0 else 128 - status
    finally:
        signal.signal(signal.SIGTERM, before)


def _last_words(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return (errors or lines or ["failed without a word"])[-1]
