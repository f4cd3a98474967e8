"""Who may dial in: one person more, one less."""

from __future__ import annotations

import argparse

from ops.backend import PROJECT
from ops.cli import OpsError, in_ci
from ops.life import require_stack, settle_passphrase
from ops.pulumi import Pulumi
from ops.show import which
from ops.stack import Stack, typed_password
from settings.users import ALLOWED_NAME, is_usable, users
from settings.values import BadValue, shown


def user(options: argparse.Namespace, pulumi: Pulumi) -> int:
    """Add a user with a new password, or remove one; the next `make up` brings it."""
    if options.add and options.remove:
        raise OpsError("one at a time: make user ADD=NAME, and then make user REMOVE=NAME")
    if not (options.add or options.remove):
        raise OpsError("say who: make user ADD=NAME, or make user REMOVE=NAME")
    require_stack(pulumi)
    stack = Stack(pulumi)
    _refuse_in_ci(stack)
    settle_passphrase(stack)
    print(_add(stack, options.add) if options.add else _remove(stack, options.remove))
    return 0


def _refuse_in_ci(stack: Stack) -> None:
    if in_ci(stack.pulumi.environment):
        raise OpsError(
            "what is changed on a CI machine is lost with it; run make user"
            f" STACK={stack.pulumi.stack} on your own machine with the same backend, and commit"
            f" {stack.pulumi.settings_file.name} (its secrets are encrypted)"
        )


def _add(stack: Stack, name: str) -> str:
    known = _users(stack)
    if name in known:
        raise OpsError(
            f"ADD: {name} is a user already; make output{which(stack.pulumi)} shows the password."
            f" For a new one: make user REMOVE={name}, then ADD={name}"
        )
    if not is_usable(name):
        raise OpsError(f"ADD: user name {shown(name)} is not usable; {ALLOWED_NAME}")
    password = typed_password()
    try:
        users({**known, name: password})
    except BadValue as bad:
        # Faults of those who are there already come before: they are not what was asked for.
        raise OpsError(f"ADD: {bad.faults[-1]}") from None
    pulumi = stack.pulumi
    # By standard input: what stands on a command line, everybody on the machine can read.
    options = ("--secret", "--path", _path(name), "--stack", pulumi.stack)
    pulumi.read("config", "set", *options, given=password)
    return (
        f"added {name} with a new password: in {pulumi.settings_file.name}, encrypted.\n"
        f"{_next(pulumi)} and writes the page for {name}'s phone."
    )


def _remove(stack: Stack, name: str) -> str:
    known = _users(stack)
    if name not in known:
        there = ", ".join(sorted(known)) or "nobody"
        raise OpsError(f"REMOVE: {name} is no user of stack {stack.pulumi.stack}; {there} is")
    if len(known) == 1:
        raise OpsError(
            f"REMOVE: {name} is the only user, and without one nobody could dial in; add another"
            " first: make user ADD=NAME"
        )
    pulumi = stack.pulumi
    pulumi.read("config", "rm", "--path", _path(name), "--stack", pulumi.stack)
    lines = [f"removed {name} from {pulumi.settings_file.name}.", f"{_next(pulumi)}."]
    protocols = stack.configured().get(f"{PROJECT}:protocols")
    if isinstance(protocols, list) and "l2tp" in protocols:
        lines.append(
            f"{name} still knows the shared key of L2TP, and can pose as the gateway or break off"
            f" everybody's L2TP.\nTo change it too: make new-key{which(pulumi)}, before make up"
        )
    return "\n".join(lines)


def _users(stack: Stack) -> dict[str, object]:
    """Return the configuration's users; passwords in the clear.

    Raises:
        OpsError: it holds something else, which nobody can be added to.
    """
    known = stack.configured().get(f"{PROJECT}:users") or {}
    if not isinstance(known, dict):
        raise OpsError(
            f"{PROJECT}:users of stack {stack.pulumi.stack} is no map of user name to password;"
            f" put {stack.pulumi.settings_file.name} right, or back from a backup"
        )
    return known


def _next(pulumi: Pulumi) -> str:
    return (
        f"next: make up{which(pulumi)}, which replaces the machine (some minutes without VPN;"
        " server, address and the others' pages stay)"
    )


def _path(name: str) -> str:
    """Return a key as Pulumi's ``--path`` takes it: a point alone would end the name."""
    return f'users["{name}"]'
