"""A stack's life: up, preview, down, and what else changes what stands on Azure."""

from __future__ import annotations

import argparse
import dataclasses
import os
import shlex
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from ops import azure, backend, failed, offered, pages, price, shared_key
from ops.ci import schedules
from ops.cli import OpsError, in_ci
from ops.pulumi import Pulumi
from ops.region import far
from ops.show import not_up, phone_settings, success
from ops.stack import Stack, asked_region

MACHINE = "**::lunch-gateway-vm"
"""Of all that stands, by Pulumi's pattern for a URN."""


def up(options: argparse.Namespace, pulumi: Pulumi) -> int:
    """Bring the gateway up, and write a page for each phone."""
    how = ["--refresh"] if options.refresh else []
    return _up(pulumi, options.title, *how, region=asked_region(options.region), like=options.like)


def replace(options: argparse.Namespace, pulumi: Pulumi) -> int:
    """Make the machine anew; its name, address, key and users stay."""
    stack = Stack(pulumi)
    require_stack(pulumi)
    if not stack.stands:
        raise OpsError(f"stack {pulumi.stack} is not up, so there is no machine to replace;"
                       f" make up STACK={pulumi.stack}")  # fmt: skip
    return _up(pulumi, options.title, "--replace", MACHINE)


def preview(options: argparse.Namespace, pulumi: Pulumi) -> int:
    """Show what `make up` would do."""
    region = asked_region(options.region)
    # Before `make up` doctor says so.
    if not (region or options.like) and (note := far(pulumi.settings_file)):
        print(f"note: {note}")
    _prepare(pulumi, region, options.like)
    return pulumi.run("preview", "--diff")


def down(options: argparse.Namespace, pulumi: Pulumi) -> int:
    """Delete everything on Azure; settings and secrets stay."""
    require_stack(pulumi)
    if options.unlock:
        unlock(options, pulumi)
    else:
        backend.release_stale_locks(pulumi)
    azure.require(pulumi.environment, ())
    status = pulumi.run("destroy", "--yes")
    if status:
        print(
            f"not all is gone, and it may cost money: repeat make down STACK={pulumi.stack}",
            file=sys.stderr,
        )
        return status
    print(
        f"nothing of stack {pulumi.stack} is left on Azure. Its settings and secrets stay:"
        f" make up STACK={pulumi.stack} brings back the same name, so phones need no change"
    )
    return 0


def output(options: argparse.Namespace, pulumi: Pulumi) -> int:
    """Show what to type into a phone; secrets on a terminal only."""
    require_stack(pulumi)
    print(phone_settings(pulumi))
    return 0


def unlock(options: argparse.Namespace, pulumi: Pulumi) -> int:
    """Take away the lock of a command that is no longer there."""
    require_stack(pulumi)
    pulumi.read("cancel", "--yes", "--stack", pulumi.stack)
    return 0


def new_key(options: argparse.Namespace, pulumi: Pulumi) -> int:
    """Make a new shared key for L2TP, and say what to do with it."""
    require_stack(pulumi)
    stack = Stack(pulumi)
    settle_passphrase(stack)
    print(shared_key.renew(stack))
    return 0


def environment(options: argparse.Namespace, pulumi: Pulumi) -> int:
    """Print what makes Pulumi's own command find the same backend: eval "$(make -s env)"."""
    for name in (backend.URL, backend.PASSPHRASE_FILE):
        if name in pulumi.environment:
            print(f"export {name}={shlex.quote(pulumi.environment[name])}")
    return 0


def guard(options: argparse.Namespace, pulumi: Pulumi) -> int:
    """Take down this stack and those named after it (STACK-...), as far as they stand, whoever
    brought them up. Only where nothing else can be at work: it breaks locks."""
    own = pulumi.name
    worst = 0
    for entry in pulumi.json("stack", "ls"):
        short = entry["name"].rstrip("*").split("/")[-1]
        if entry.get("resourceCount") and (short == own or short.startswith(f"{own}-")):
            print(f"{entry['name']} stands with {entry['resourceCount']} resources", flush=True)
            found = dataclasses.replace(pulumi, stack=entry["name"].rstrip("*"))
            worst = max(worst, down(argparse.Namespace(unlock=True), found))
    print(f"the family of stack {own} was looked through")
    return worst


def _up(pulumi: Pulumi, title: str, *how: str, region: str = "", like: str = "") -> int:
    began = time.monotonic()
    stack = Stack(pulumi)
    azure.require(pulumi.environment, _namespaces(stack.settings()))
    _prepare(pulumi, region, like)
    with ThreadPoolExecutor(1) as pool:
        # Beside the other question, so that nobody waits for it.
        cost = pool.submit(price.before_up, pulumi)
        offered.require(pulumi)
    print(cost.result(), flush=True)
    if in_ci(pulumi.environment) and (warning := schedules.unguarded(stack.settings())):
        print(warning, file=sys.stderr)
    status = pulumi.run("up", "--yes", "--suppress-outputs", *how)
    if status:
        print(failed.report(pulumi), file=sys.stderr)
        return status
    waited = time.monotonic() - began
    outputs = pulumi.outputs()
    if "server" in outputs:
        print(success(pulumi, outputs, waited, pages.after_up(pulumi, title)))
    else:
        print(not_up(pulumi))
    return 0


def _prepare(pulumi: Pulumi, region: str, like: str) -> None:
    stack = Stack(pulumi)
    settle_passphrase(stack)
    stack.ensure(region, like)
    backend.release_stale_locks(pulumi)
    if warning := shared_key.warning(stack):
        print(warning, file=sys.stderr)


def settle_passphrase(stack: Stack) -> None:
    """Make sure that the passphrase is there, or make it where nothing was encrypted yet.

    Raises:
        OpsError: it is gone, but what it encrypted is not.
    """
    environment = stack.pulumi.environment
    own = not any(os.environ.get(name) for name in (backend.PASSPHRASE, backend.PASSPHRASE_FILE))
    backend.ensure_passphrase(
        environment,
        own and backend.PASSPHRASE_FILE in environment,
        stack.encrypted or backend.has_local_stacks(environment[backend.URL]),
    )


def _namespaces(settings: Mapping[str, object]) -> tuple[str, ...]:
    shutdown = (
        (azure.SHUTDOWN_NAMESPACE,) if settings.get(f"{backend.PROJECT}:shutdownTime") else ()
    )
    return (*azure.NAMESPACES, *shutdown)


def require_stack(pulumi: Pulumi) -> None:
    """Raises `OpsError` if there is no such stack where we look."""
    if Stack(pulumi).summary() is None:
        raise OpsError(
            f"there is no stack {pulumi.stack} at {backend.shown(pulumi.environment)};"
            f" make up STACK={pulumi.stack} makes it. If it is kept elsewhere, set {backend.URL}"
        )
