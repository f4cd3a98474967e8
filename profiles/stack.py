"""A deployed stack's settings, as Pulumi's own command tells them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ops.cli import OpsError, checked_name
from ops.pulumi import Pulumi
from profiles.account import ProfileError
from settings.guest import Settings, SettingsError, parse

TIMEOUT = 120
"""Seconds for an answer of the stack's backend."""

BEFORE_IKEV2 = ["l2tp"]
"""What a gateway speaks that was deployed before it told."""

_NEEDED = ("server", "psk", "passwords")


def settings(stack: str) -> Settings:
    """Return what the profiles need of a deployed stack; ``server_name`` is set.

    Raises:
        ProfileError: Pulumi is missing, failed, or the stack is not deployed.
    """
    outputs = _outputs(stack)
    missing = [name for name in _NEEDED if name not in outputs]
    if missing:
        raise ProfileError(
            f"stack {stack}: has no output {', '.join(missing)} yet; deploy it first:"
            f" make up STACK={stack}"
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
    try:
        pulumi = Pulumi(os.environ, checked_name(stack), patience=TIMEOUT)
        pulumi.require()
        # Secrets come back on its standard output, which only we read; none is an argument.
        return pulumi.outputs("--show-secrets")
    except OpsError as error:
        raise ProfileError(str(error)) from None
