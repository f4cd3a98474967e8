"""Undoes in a running gateway what a check guards: a check that was never seen red guards nothing.

A scenario that has a ``broken.py`` says there, for its checks, which words of the guest's files to
change. `python -m lab run --scenario NAME --broken CHECK` changes them before it plays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from lab.host import LabError
from lab.lab import Lab


@dataclass(frozen=True)
class Edit:
    """Words of one of the guest's files, and what comes in their place, the first time."""

    path: str
    old: str
    new: str = ""


Undoings = Mapping[str, Sequence[Edit]]
"""What to change for each check, by its name."""

BEGIN_ANEW = (
    # strongswan does not start without the rules, and restarts xl2tpd without waiting for it.
    "systemctl daemon-reload && systemctl restart nftables"
    " && systemctl restart gateway-resolver strongswan && systemctl restart xl2tpd"
    " && systemctl try-restart haproxy"
)


def undoings(scenario: str) -> Undoings:
    """Returns what can be undone for a scenario, or nothing."""
    name = f"lab.scenarios.{scenario}.broken"
    found: Undoings = import_module(name).BROKEN if find_spec(name) else {}
    return found


def edits(scenarios: Iterable[str], checks: Sequence[str]) -> list[Edit]:
    """Returns what to change for these checks; what two of them share, once.

    Raises:
        LabError: nothing is known for one of them in these scenarios.
    """
    known = {check: each for name in scenarios for check, each in undoings(name).items()}
    if unknown := [check for check in checks if check not in known]:
        raise LabError(
            f"--broken {unknown[0]}: nobody knows what to undo for it; expected one of"
            f" {', '.join(known) or 'none in these scenarios'}"
        )
    return list(dict.fromkeys(edit for check in checks for edit in known[check]))


def undo(lab: Lab, changes: Sequence[Edit]) -> None:
    """Change the gateway's files, and have its daemons begin anew with them.

    Raises:
        LabError: a file does not have the words.
    """
    for edit in changes:
        text = lab.gateway.read(edit.path)
        if edit.old not in text:
            raise LabError(f"{edit.path} does not say {edit.old!r} any more; see broken.py")
        # Through the shell, which keeps owner and mode.
        new = text.replace(edit.old, edit.new, 1)
        lab.gateway.write({"/run/undone": new}, 0o600)
        lab.gateway.succeed(f"cat /run/undone >{edit.path}")
    lab.gateway.succeed(BEGIN_ANEW, 180)
    lab.wait_for_ike()
