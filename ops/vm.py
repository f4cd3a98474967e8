"""The machine itself, asked through Azure: its console, and its self-test. Needs no login on
it."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from typing import Any

from ops import azure
from ops.cli import OpsError
from ops.life import require_stack
from ops.pulumi import Pulumi

SCRIPT = "gateway-selftest; echo gateway-selftest-status=$?"
"""Azure tells what a script printed, and not how it ended."""

PATIENCE = 300.0
"""Seconds until the self-test's result is not waited for any more."""


def logs(options: argparse.Namespace, pulumi: Pulumi) -> int:
    """Print the machine's serial console, from its last start on."""
    command = ["az", "vm", "boot-diagnostics", "get-boot-log", "--ids", _machine(pulumi)]
    print("Look for FAIL, and for gateway-setup: FAILED or waiting; WARN keeps no phone out.",
          file=sys.stderr, flush=True)  # fmt: skip
    status = subprocess.run(command, env=dict(pulumi.environment), check=False).returncode
    if status:
        raise OpsError(
            "az gave no log; a machine that was just made has none for some minutes. If it was"
            f" stopped: az vm start --ids {command[-1]}"
        )
    return 0


def selftest(options: argparse.Namespace, pulumi: Pulumi) -> int:
    """Have the machine test itself, and print the result; the exit status is its own."""
    machine = _machine(pulumi)
    print("asking the machine through Azure, which takes a while", file=sys.stderr, flush=True)
    question = ("vm", "run-command", "invoke", "--command-id", "RunShellScript")
    try:
        answer = azure.ask(
            pulumi.environment, *question, "--scripts", SCRIPT, "--ids", machine, patience=PATIENCE
        )
    except subprocess.TimeoutExpired:
        raise OpsError(f"the machine gave no answer for {PATIENCE:g} s; try make logs") from None
    except (ValueError, subprocess.SubprocessError):
        raise OpsError(
            "Azure could not ask the machine; is it running, and are you logged in? See make"
            f" status STACK={pulumi.stack} and make logs STACK={pulumi.stack}"
        ) from None
    text, status = _result(answer)
    print(text)
    return status


def _machine(pulumi: Pulumi) -> str:
    """Azure's id of the machine.

    Raises:
        OpsError: there is none, or no az to ask it with.
    """
    require_stack(pulumi)
    azure.require_command(pulumi.environment)
    machine = pulumi.outputs().get("vm")
    if not machine:
        raise OpsError(
            f"stack {pulumi.stack} has no machine; make up STACK={pulumi.stack}, and if that"
            " failed, look at its own words"
        )
    return str(machine)


def _result(answer: Any) -> tuple[str, int]:
    """Return what the script printed, and how it ended.

    Raises:
        OpsError: the answer has another shape.
    """
    try:
        message = str(answer["value"][0]["message"])
    except (LookupError, TypeError):
        raise OpsError(f"az said something else: {json.dumps(answer)[:200]}") from None
    said = message.partition("[stdout]\n")[2] or message
    said, _, wrong = said.partition("[stderr]\n")
    ended = re.search(r"^gateway-selftest-status=(\d+)\n?", said, re.MULTILINE)
    if ended is None:
        raise OpsError(f"the self-test did not run: {(wrong or said).strip()[-200:]}")
    return said.replace(ended[0], "").strip(), int(ended[1])
