"""The key that all users of L2TP share: a new one, and who has gone and still knows the old."""

from __future__ import annotations

from typing import Any

from ops.backend import PROJECT
from ops.cli import OpsError, in_ci
from ops.stack import Stack

_NAMED = 3
"""So many of those who have gone are named: the warning is to stay three lines."""


def renew(stack: Stack) -> str:
    """Give the stack a new key; returns what is left to do until phones use it.

    Raises:
        OpsError: the key would be lost with this machine, or no phone would use it.
    """
    name, file = stack.pulumi.stack, stack.pulumi.settings_file.name
    if in_ci(stack.pulumi.environment):
        raise OpsError(
            "what is generated on a CI machine is lost with it; run make new-key"
            f" STACK={name} on your own machine with the same backend, and commit {file}"
            " (its secrets are encrypted)"
        )
    # One that is lost is needed all the same: every gateway has one.
    lost = "psk" in stack.missing_secrets()
    if not lost and not _l2tp(stack.configured().get(f"{PROJECT}:protocols")):
        raise OpsError(
            f"{PROJECT}:protocols of stack {name} is without l2tp, so no phone uses the shared"
            " key; it stays as it is. Add l2tp first if phones are to use it"
        )
    stack.generate(["psk"])
    return (
        f"next: make up STACK={name}, which replaces the machine (some minutes without VPN);\n"
        f"then make profiles STACK={name}, or make output STACK={name}, for everybody who uses"
        " L2TP.\nPhones that use IKEv2 need no change."
    )


def warning(stack: Stack) -> str:
    """Return what to say before an update to whoever has removed a user; empty if nothing."""
    gone = _gone(stack)
    if not gone:
        return ""
    name = stack.pulumi.stack
    return (
        f"warning: removed since the last update: {_listed(gone, in_ci(stack.pulumi.environment))}."
        " Whoever was removed still knows the shared\n"
        "key of L2TP, and can pose as the gateway or break off everybody's L2TP. To change it:\n"
        f"make new-key STACK={name}, then make up STACK={name}"
    )


def _gone(stack: Stack) -> list[str]:
    """The users of the deployed gateway who are not in the configuration any more, while the
    key is; nobody where the gateway has no L2TP, before the update or after it."""
    passwords = stack.outputs.get("passwords")
    if not isinstance(passwords, dict) or not _l2tp(stack.outputs.get("protocols")):
        return []
    # Names stand there in plain text. Mostly nobody has gone, and Pulumi need not be asked.
    listed = stack.settings().get(f"{PROJECT}:users")
    if isinstance(listed, dict) and passwords.keys() <= listed.keys():
        return []
    configured = stack.configured()
    users = configured.get(f"{PROJECT}:users")
    same = configured.get(f"{PROJECT}:psk") == stack.outputs.get("psk")
    # What is no map, the update itself refuses.
    if not (same and isinstance(users, dict) and _l2tp(configured.get(f"{PROJECT}:protocols"))):
        return []
    return sorted(passwords.keys() - users.keys())


def _l2tp(protocols: Any) -> bool:
    return isinstance(protocols, list) and "l2tp" in protocols


def _listed(names: list[str], public: bool) -> str:
    """Return them for a line. ``public``: strangers may read it, so it says only how many they
    are."""
    if public:
        return f"{len(names)} user{'s' if len(names) > 1 else ''}"
    more = len(names) - _NAMED
    return ", ".join([*names[:_NAMED], *([f"{more} more"] if more > 0 else [])])
