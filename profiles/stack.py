"""A deployed stack's settings, as Pulumi's own command tells them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from profiles.account import ProfileError
from settings.guest import Settings, SettingsError, parse

PROJECT = Path(__file__).parents[1]
"""Where Pulumi.yaml lies; Pulumi looks for it where it is run."""

TIMEOUT = 120
"""Seconds for an answer of the stack's backend."""

BEFORE_IKEV2 = ["l2tp"]
"""What a gateway speaks that was deployed before it told."""

_NEEDED = ("server", "psk", "passwords")


def settings(stack: str) -> Settings:
    """What the profiles need of a deployed stack; ``server_name`` is set.

    Raises:
        ProfileError: Pulumi is missing, failed, or the stack is not deployed.
    """
    outputs = _outputs(stack)
    missing = [name for name in _NEEDED if name not in outputs]
    if missing:
        raise ProfileError(
            f"stack {stack}: has no output {', '.join(missing)} yet; deploy it first (pulumi up)"
        )
    try:
        return parse(
            {
                "psk": outputs["psk"],
                "users": outputs["passwords"],
                "serverName": outputs["server"],
                "protocols": outputs.get("protocols", BEFORE_IKEV2),
                # Nothing from a gateway that was deployed before there was a choice.
                "modp1024": outputs.get("modp1024"),
            }
        )
    except SettingsError as error:
        raise ProfileError(*(f"stack {stack}: {line}" for line in error.problems)) from None


def _outputs(stack: str) -> Mapping[str, Any]:
    # Secrets come back on its standard output, which only we read; none is an argument.
    command = "pulumi stack output --json --show-secrets --non-interactive --stack".split()
    try:
        done = subprocess.run(
            [*command, stack],
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=TIMEOUT,
            check=False,
        )
    except FileNotFoundError:
        raise ProfileError(
            "pulumi: not found; install it (www.pulumi.com/docs/install), or use --settings"
        ) from None
    except subprocess.TimeoutExpired:
        raise ProfileError(f"pulumi: no answer about stack {stack} for {TIMEOUT} s") from None
    if done.returncode:
        raise ProfileError(f"pulumi: {_reason(done.stderr)}")
    try:
        outputs = json.loads(done.stdout)
    except ValueError:
        outputs = None
    if not isinstance(outputs, dict):
        raise ProfileError(f"pulumi: its outputs of stack {stack} are no JSON map")
    return outputs


def _reason(stderr: str) -> str:
    """The line that matters: Pulumi says "error: …", and may add advice around it."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("error:")]
    return (errors or lines or ["failed without a word"])[0].removeprefix("error:").strip()
