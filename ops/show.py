"""What to type into the phone. Secrets are for a terminal, and never for a log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.cli import in_ci, interactive
from ops.pulumi import Pulumi


def phone_settings(pulumi: Pulumi) -> str:
    """The lines at the end of ``make up``, and of ``make output``."""
    open_ = interactive() and not in_ci(pulumi.environment)
    outputs = pulumi.outputs(*(["--show-secrets"] if open_ else []))
    if "server" not in outputs:
        return f"stack {pulumi.stack} is not up; make up STACK={pulumi.stack}"
    return "\n".join(_lines(outputs, open_, pulumi.stack))


def _lines(outputs: Mapping[str, Any], open_: bool, stack: str) -> list[str]:
    lines = [
        "",
        f"For phones: make profiles STACK={stack} writes files and a page for each user;",
        "or by hand (docs/phones.md):",
        f"  server                   {outputs['server']}",
    ]
    if not open_:
        rest = "account, password, shared secret"
        return [*lines, f"  {rest}: shown on a terminal only: make output STACK={stack}"]
    for name, password in outputs.get("passwords", {}).items():
        lines += [f"  account                  {name}", f"  password                 {password}"]
    return [*lines, f"  secret (pre-shared key)  {outputs.get('psk')}"]
