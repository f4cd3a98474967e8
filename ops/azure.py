"""Whether somebody is logged in to Azure, and the subscription may have what we create."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ops.cli import OpsError

NAMESPACES = ("Microsoft.Compute", "Microsoft.Network")
SHUTDOWN_NAMESPACE = "Microsoft.DevTestLab"
"""Azure's daily shutdown is a part of it."""

_PATIENCE = 60
"""Seconds for one question; az needs one or two."""


def require(environment: Mapping[str, str], namespaces: Iterable[str]) -> None:
    """Check the log-in and the registrations before Pulumi fails on them half-way.

    Raises:
        OpsError: nobody is logged in, or a namespace is not registered; with the command.
    """
    if by_environment(environment):
        return
    account = _account(environment)
    print(f"Azure: subscription {account.get('name')} ({account.get('id')})", flush=True)
    with ThreadPoolExecutor() as pool:
        states = pool.map(lambda name: _registration(environment, name), namespaces)
        missing = [
            name
            for name, state in zip(namespaces, states, strict=True)
            # Whoever may not ask is not told, and may well be allowed to create.
            if state in ("NotRegistered", "Unregistered")
        ]
    if missing:
        commands = " && ".join(f"az provider register --wait --namespace {n}" for n in missing)
        raise OpsError(
            f"this Azure subscription has never used {' and '.join(missing)}; register once,"
            f" which takes some minutes: {commands}"
        )


def by_environment(environment: Mapping[str, str]) -> bool:
    """Whether the provider finds its own way around az (registry page "azure-native:
    installation"), so that az need not be here, nor logged in."""
    return bool(environment.get("ARM_CLIENT_ID") or environment.get("ARM_USE_MSI"))


def _account(environment: Mapping[str, str]) -> dict[str, Any]:
    if shutil.which("az", path=environment.get("PATH")) is None:
        raise OpsError(
            "Azure's command az is missing; install it"
            " (https://learn.microsoft.com/cli/azure/install-azure-cli) and type az login,"
            " or set ARM_CLIENT_ID and its companions for a service principal"
        )
    try:
        account = json.loads(az(environment, "account", "show"))
    except (ValueError, subprocess.SubprocessError):
        raise OpsError("nobody is logged in to Azure; type: az login") from None
    return account if isinstance(account, dict) else {}


def _registration(environment: Mapping[str, str], namespace: str) -> str:
    try:
        answer = json.loads(az(environment, "provider", "show", "--namespace", namespace))
    except (ValueError, subprocess.SubprocessError):
        return "unknown"
    return str(answer.get("registrationState")) if isinstance(answer, dict) else "unknown"


def az(environment: Mapping[str, str], *arguments: str, patience: int = _PATIENCE) -> str:
    """What Azure's command answers, in JSON.

    Raises:
        OSError, subprocess.SubprocessError: it is not there, failed, or took more seconds.
    """
    return subprocess.run(
        ["az", *arguments, "--output", "json"],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        timeout=patience,
        check=True,
    ).stdout
