"""Whether somebody is logged in to Azure, and the subscription may have what we create."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ops.cli import OpsError, in_ci

NAMESPACES = ("Microsoft.Compute", "Microsoft.Network")
SHUTDOWN_NAMESPACE = "Microsoft.DevTestLab"
"""Azure's daily shutdown is a part of it."""

PATIENCE = 60.0
"""Seconds for one question; az needs one or two."""


def require(environment: Mapping[str, str], namespaces: Iterable[str]) -> None:
    """Check the log-in and the registrations before Pulumi fails on them half-way.

    Raises:
        OpsError: nobody is logged in, or a namespace is not registered; with the command.
    """
    if logs_in_by_itself(environment):
        return
    require_command(environment)
    account = _account(environment)
    # Strangers may read a workflow's log.
    shown = f"subscription {account.get('name')} ({account.get('id')})"
    print(f"Azure: {'logged in' if in_ci(environment) else shown}", flush=True)
    missing = unregistered(environment, namespaces)
    if missing:
        raise OpsError(
            f"this Azure subscription has never used {' and '.join(missing)}; register once,"
            f" which takes some minutes: {' && '.join(map(registration, missing))}"
        )


def logs_in_by_itself(environment: Mapping[str, str]) -> bool:
    """Say whether the provider goes its own way around az (registry page "azure-native:
    installation")."""
    return bool(environment.get("ARM_CLIENT_ID") or environment.get("ARM_USE_MSI"))


def require_command(environment: Mapping[str, str]) -> None:
    """Raises `OpsError` if there is no az here."""
    if shutil.which("az", path=environment.get("PATH")) is None:
        raise OpsError(
            "Azure's command az is missing; install it"
            " (https://learn.microsoft.com/cli/azure/install-azure-cli) and type az login,"
            " or set ARM_CLIENT_ID and its companions for a service principal"
        )


def registration(namespace: str) -> str:
    """The command that lets a subscription use this part of Azure."""
    return f"az provider register --wait --namespace {namespace}"


def unregistered(
    environment: Mapping[str, str], namespaces: Iterable[str], patience: float = PATIENCE
) -> list[str]:
    """Return those that the subscription has never used. Whoever may not ask is not told, and may
    well be allowed to create."""

    def asked(name: str) -> tuple[str, str]:
        return name, _state(environment, name, patience)

    with ThreadPoolExecutor() as pool:
        states = list(pool.map(asked, namespaces))
    return [name for name, state in states if state in ("NotRegistered", "Unregistered")]


def _account(environment: Mapping[str, str]) -> dict[str, Any]:
    try:
        account = ask(environment, "account", "show")
    except (ValueError, subprocess.SubprocessError):
        raise OpsError("nobody is logged in to Azure; type: az login") from None
    return account if isinstance(account, dict) else {}


def _state(environment: Mapping[str, str], namespace: str, patience: float) -> str:
    question = ("provider", "show", "--namespace", namespace)
    try:
        answer = ask(environment, *question, patience=patience)
    except (ValueError, subprocess.SubprocessError):
        return "unknown"
    return str(answer.get("registrationState")) if isinstance(answer, dict) else "unknown"


def ask(environment: Mapping[str, str], *question: str, patience: float = PATIENCE) -> Any:
    """Return what az answers.

    Args:
        question: its arguments.
        patience: seconds until it is stopped, with whatever it has started: az is a script.

    Raises:
        ValueError: it said something else than JSON.
        subprocess.SubprocessError: it failed, or gave no answer in time.
    """
    command = ["az", *question, "--output", "json"]
    with subprocess.Popen(
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        start_new_session=True,
    ) as process:
        try:
            answer, _ = process.communicate(timeout=patience)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return json.loads(answer)
