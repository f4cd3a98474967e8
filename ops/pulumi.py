"""Pulumi's command: nothing else in this project starts it."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.cli import PROJECT_DIRECTORY, OpsError, interactive

CALLER = {"LUNCH_GATEWAY_CALLER": "make"}
"""Tells the program whose words to use: who typed `make up` is not told `pulumi up`."""


@dataclass(frozen=True)
class Pulumi:
    """Pulumi's command in this project, with one backend and for one stack."""

    environment: Mapping[str, str]
    stack: str
    directory: Path = PROJECT_DIRECTORY
    patience: float | None = None
    """Seconds that a quiet command may take; None: any number."""

    @property
    def name(self) -> str:
        """The stack's own name, without its organisation."""
        return self.stack.split("/")[-1]

    @property
    def settings_file(self) -> Path:
        """The stack's configuration. Pulumi names it by the last part of ``org/stack``."""
        return self.directory / f"Pulumi.{self.name}.yaml"

    def read(self, *arguments: str, given: str = "") -> str:
        """Run quietly and return what it prints.

        Args:
            given: what it reads from its standard input. A secret goes here: what stands
                on a command line, everybody on the machine can read.

        Raises:
            OpsError: it is missing, failed, with its own last words, or took too long.
        """
        try:
            done = subprocess.run(
                [self._program(), *arguments, "--non-interactive"],
                cwd=self.directory,
                env=dict(self.environment),
                input=given,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=self.patience,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise OpsError(
                f"pulumi {arguments[0]}: no answer about stack {self.stack} for {self.patience:g} s"
            ) from None
        if done.returncode:
            raise OpsError(f"pulumi {arguments[0]}: {_last_words(done.stderr or done.stdout)}")
        return done.stdout

    def json(self, *arguments: str) -> Any:
        """Like `read`, for commands that print JSON.

        Raises:
            OpsError: as in `read`, or it printed something else.
        """
        try:
            return json.loads(self.read(*arguments, "--json"))
        except ValueError:
            raise OpsError(f"pulumi {arguments[0]}: what it prints is no JSON") from None

    def outputs(self, *options: str) -> Mapping[str, Any]:
        """Return what the stack's latest update left; empty if nothing stands.

        Raises:
            OpsError: as in `json`, or it printed no map.
        """
        outputs = self.json("stack", "output", *options, "--stack", self.stack)
        if not isinstance(outputs, dict):
            raise OpsError(f"pulumi stack: its outputs of stack {self.stack} are no JSON map")
        return outputs

    def run(self, *arguments: str) -> int:
        """Run before the user's eyes; returns its exit status."""
        options = ["--stack", self.stack, *([] if interactive() else ["--non-interactive"])]
        sys.stdout.flush()
        command = [self._program(), *arguments, *options]
        environment = {**self.environment, **CALLER}
        with subprocess.Popen(command, cwd=self.directory, env=environment) as process:
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
