"""Bring gateways up and down, and look after them. The Makefile's targets call this."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ops import backend, diff, keep, life, pages, people, price, status, vm
from ops.cli import OpsError, checked_name
from ops.pulumi import Pulumi

INTERRUPTED = 130
"""What a shell reports of a command that Ctrl-C ended."""

Run = Callable[[argparse.Namespace, Pulumi], int]

OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "region": {"default": "", "help": "such as japaneast; one stack is one region"},
    "like": {"default": "", "metavar": "STACK", "help": "take over this stack's configuration"},
    "refresh": {"action": "store_true", "help": "ask Azure first what stands, and put it right"},
    "title": {"default": "", "metavar": "TEXT", "help": "what devices call the connection"},
    "unlock": {"action": "store_true", "help": "first; only where nothing else can be at work"},
    "add": {"default": "", "metavar": "NAME", "help": "who may dial in from the next update on"},
    "remove": {"default": "", "metavar": "NAME", "help": "who may not any more"},
    "settings": {"default": "", "metavar": "FILE", "help": "YAML, in the place of a stack"},
    "server": {"default": "", "metavar": "NAME", "help": "what phones dial, with --settings"},
    "size": {"default": "", "help": "of the machine (default: the stack's)"},
    "currency": {"default": "USD", "help": "such as JPY (default: USD, in which Azure bills)"},
    "to": {"default": "", "metavar": "FILE", "help": "default: in your home directory"},
    "base": {"default": "main", "metavar": "COMMIT", "help": "default: main"},
}

COMMANDS: Mapping[str, tuple[Run, Sequence[str]]] = {
    "up": (life.up, ("region", "like", "title", "refresh")),
    "preview": (life.preview, ("region", "like")),
    "down": (life.down, ("unlock",)),
    "status": (status.status, ()),
    "output": (life.output, ()),
    "profiles": (pages.profiles, ("settings", "server", "title")),
    "user": (people.user, ("add", "remove")),
    "new-key": (life.new_key, ()),
    "replace": (life.replace, ("title",)),
    "logs": (vm.logs, ()),
    "selftest": (vm.selftest, ()),
    "price": (price.price, ("region", "size", "currency")),
    "backup": (keep.backup, ("to",)),
    "forget": (keep.forget, ()),
    "diff": (diff.diff, ("base",)),
    "unlock": (life.unlock, ()),
    "env": (life.environment, ()),
    "guard": (life.guard, ()),
}
"""What each does, and which options it takes besides --stack."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    options = _parser().parse_args(arguments)
    command: Run = options.run
    try:
        return command(options, _pulumi(options))
    except OpsError as error:
        print(f"{options.command}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{options.command}: interrupted; repeat it, it goes on", file=sys.stderr)
        return INTERRUPTED


def _pulumi(options: argparse.Namespace) -> Pulumi:
    """Pulumi's command for the stack. Some commands read files alone, and work without it."""
    stack = checked_name(options.stack)
    if options.command in ("price", "diff") or getattr(options, "settings", None):
        return Pulumi(os.environ, stack)
    pulumi = Pulumi(backend.with_backend(os.environ), stack)
    backend.require_project(pulumi.directory)
    pulumi.require()
    return pulumi


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ops", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (run, options) in COMMANDS.items():
        command = commands.add_parser(name, help=run.__doc__, description=run.__doc__)
        command.set_defaults(run=run)
        command.add_argument("--stack", default="dev", help="default: dev")
        for option in options:
            command.add_argument(f"--{option}", **OPTIONS[option])
    return parser


if __name__ == "__main__":
    sys.exit(main())
