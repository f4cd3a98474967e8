"""``python -m ops COMMAND --stack NAME``; the Makefile's targets call it."""

from __future__ import annotations

import argparse
import dataclasses
import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence

from ops import azure, backend, failed, offered, shared_key
from ops.cli import OpsError, checked_name
from ops.pulumi import Pulumi
from ops.show import phone_settings
from ops.stack import Stack

INTERRUPTED = 130
"""What a shell reports of a command that Ctrl-C ended."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace, Pulumi], int] = options.run
    try:
        pulumi = Pulumi(backend.with_backend(os.environ), checked_name(options.stack))
        pulumi.require()
        return command(options, pulumi)
    except OpsError as error:
        print(f"{options.command}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{options.command}: interrupted; repeat it, it goes on", file=sys.stderr)
        return INTERRUPTED


def up(options: argparse.Namespace, pulumi: Pulumi) -> int:
    """Make the stack if need be, bring the gateway up, say what to type into the phone."""
    azure.require(pulumi.environment, _namespaces(Stack(pulumi).settings()))
    _prepare(options, pulumi)
    offered.require(pulumi)
    status = pulumi.run("up", "--yes", "--suppress-outputs")
    if status:
        print(failed.report(pulumi), file=sys.stderr)
        return status
    print(phone_settings(pulumi))
    return 0


def preview(options: argparse.Namespace, pulumi: Pulumi) -> int:
    """Show what ``up`` would do."""
    _prepare(options, pulumi)
    return pulumi.run("preview", "--diff")


def down(options: argparse.Namespace, pulumi: Pulumi) -> int:
    """Delete everything on Azure; the configuration stays."""
    _require_stack(pulumi)
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
    """Show what to type into the phone."""
    _require_stack(pulumi)
    print(phone_settings(pulumi))
    return 0


def unlock(options: argparse.Namespace, pulumi: Pulumi) -> int:
    """Take away the lock of a command that is no longer there."""
    _require_stack(pulumi)
    pulumi.read("cancel", "--yes", "--stack", pulumi.stack)
    return 0


def new_key(options: argparse.Namespace, pulumi: Pulumi) -> int:
    """Make a new shared key for L2TP, and say what to do with it."""
    _require_stack(pulumi)
    stack = Stack(pulumi)
    _passphrase(stack)
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


def _prepare(options: argparse.Namespace, pulumi: Pulumi) -> None:
    stack = Stack(pulumi)
    _passphrase(stack)
    stack.ensure(options.region, options.like)
    backend.release_stale_locks(pulumi)
    if warning := shared_key.warning(stack):
        print(warning, file=sys.stderr)


def _passphrase(stack: Stack) -> None:
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


def _require_stack(pulumi: Pulumi) -> None:
    if Stack(pulumi).summary() is None:
        raise OpsError(
            f"there is no stack {pulumi.stack} at {pulumi.environment[backend.URL]}; if it is kept"
            f" elsewhere, set {backend.URL}"
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ops", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, run in {
        "up": up, "preview": preview, "down": down, "output": output, "unlock": unlock,
        "new-key": new_key, "env": environment, "guard": guard,
    }.items():  # fmt: skip
        command = commands.add_parser(name, help=run.__doc__, description=run.__doc__)
        command.set_defaults(run=run)
        command.add_argument("--stack", default="dev", help="default: dev")
        if run in (up, preview):
            command.add_argument("--region", default="", help="of a new stack, such as japaneast")
            command.add_argument(
                "--like", default="", metavar="STACK", help="take over this stack's configuration"
            )
        if run is down:
            command.add_argument(
                "--unlock",
                action="store_true",
                help="first; only where nothing else can be at work",
            )
    return parser


if __name__ == "__main__":
    sys.exit(main())
