"""What this clone changes inside the guest, against another commit; without secrets."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from ops.ci.comment import difference, printable
from ops.ci.guests import FILE, Guest, rendered
from ops.ci.tree import copy, resolved, tree
from ops.cli import OpsError
from ops.pulumi import Pulumi

RENDERER = ("Pulumi.yaml", "settings.example.yaml", "cloud_init/", "settings/", "ops/")
"""What a commit renders its guests with. Its own code is run, unlike in a pull request's
comment: who names a commit here has it in this clone."""

Guests = Mapping[str, Guest | str]
"""By choice: the guest, or in one line why there is none."""


def diff(options: argparse.Namespace, pulumi: Pulumi) -> int:
    """Show what this clone, as it stands, changes inside the guest against BASE."""
    before = _guests_of(options.base, pulumi.directory)
    after = rendered(pulumi.directory, pulumi.directory)
    print("\n".join(printable(line) for line in lines(options.base, before, after)))
    return int(any(isinstance(guest, str) for guest in after.values()))


def _guests_of(base: str, directory: Path) -> Guests:
    files = tree(resolved(base, "BASE", directory), directory)
    kept = {path: entry for path, entry in files.items() if path.startswith(RENDERER)}
    if FILE not in kept:
        raise OpsError(f"BASE: {base} is older than make diff; name a later commit")
    with tempfile.TemporaryDirectory(prefix="lunch-gateway-") as out:
        copy(kept, Path(out), directory)
        try:
            return rendered(Path(out), Path(out))
        except OpsError as error:
            raise OpsError(f"BASE: {base} can't render its guests ({error})") from None


def lines(base: str, before: Guests, after: Guests, here: str = "this clone") -> Iterator[str]:
    """Say what differs, with which settings, and with which nothing is known.

    Args:
        base: what the guests before are called.
        before: its guests.
        after: the guests to compare with them.
        here: what these are called.
    """
    different, same = compared(before, after)
    yield from difference(different)
    for side, guests in ((base, before), (here, after)):
        for choice, guest in guests.items():
            if isinstance(guest, str):
                why = guest.removeprefix(f"{choice}: ")
                yield f"not rendered, so nothing is known: {side} with {choice}: {why}"
    if lonely := sorted({*before} ^ {*after}):
        yield f"only one side has these settings, so they are not compared: {', '.join(lonely)}"
    if different:
        yield f"The guest differs from {base}'s with: {', '.join(different)}"
        yield "There an update replaces the machine: some minutes without VPN."
    if same:
        yield f"The same guest, to the byte, with: {', '.join(same)}"
    yield "Other settings were not looked at."


def compared(before: Guests, after: Guests) -> tuple[Mapping[str, tuple[Guest, Guest]], list[str]]:
    """Return both guests of each choice with which they differ, and the choices where they don't.

    What only one side has, or could not render, is in neither.
    """
    both = {choice: (before[choice], guest) for choice, guest in after.items() if choice in before}
    good = {
        choice: (one, other)
        for choice, (one, other) in both.items()
        if not isinstance(one, str) and not isinstance(other, str)
    }
    different = {choice: pair for choice, pair in good.items() if pair[0] != pair[1]}
    return different, [choice for choice in good if choice not in different]
