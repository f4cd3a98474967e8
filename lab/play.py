"""Plays the scenarios of lab/scenarios/ on a gateway and writes down what was seen."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from lab import broken, opening, provision
from lab.host import LabError
from lab.lab import Lab
from lab.machines.expectations import QemuFailed
from lab.phones.phone import Credentials
from lab.progress import Checks, Progress, complain, write_result

SCENARIOS = Path(__file__).parent / "scenarios"

RESTARTS = "restart"
"""It breaks, mends and restarts the gateway: so it comes last."""

BY_HAND = {"first_boot"}
"""Each begins with a machine of its own that was never on, and takes too long for `make test`."""

Scenario = Callable[[Lab, list[Credentials], Checks], dict[str, Any]]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add those of `python -m lab run`."""
    parser.add_argument(
        "--scenario",
        action="append",
        choices=[*names(), *sorted(BY_HAND)],
        help="play this one; repeat for several (default: all that need no fresh machine)",
    )
    parser.add_argument(
        "--broken",
        action="append",
        default=[],
        metavar="CHECK",
        help="undo first what this check guards, and expect it red; repeat for several",
    )
    parser.add_argument(
        "--labs",
        type=int,
        choices=range(1, 9),
        metavar="N",
        help="in so many labs side by side (default: 2 where 8 GiB of memory are free)",
    )
    opening.add_options(parser, "lab")


def names() -> list[str]:
    """Returns the scenarios that a run plays if none is named, in their order."""
    found = {path.parent.name for path in SCENARIOS.glob("*/expect.py")}
    return [*sorted(found - {RESTARTS} - BY_HAND), RESTARTS]


def run(
    options: opening.LabOptions,
    chosen: Sequence[str],
    progress: Progress,
    undone: Sequence[str] = (),
) -> int:
    """Play the chosen scenarios; 0 if the gateway did everything that was expected of it, and what
    guards was `undone` for some checks, these and no others were red."""
    changes = broken.edits(chosen, undone)
    if BY_HAND & set(chosen):
        return _from_power_on(options, chosen, progress)
    scenarios = {name: load(name) for name in chosen}
    progress.phases = len(scenarios)
    with opening.opened(options, progress) as (lab, gateway):
        checks = Checks(progress, only=undone)
        if changes:
            broken.undo(lab, changes)
        users = opening.credentials(options.settings)
        try:
            result = _examine(lab, gateway, scenarios, users, checks)
        except QemuFailed as failure:
            # What was red before it stays red: whoever plays once more would lose it.
            if all(check["ok"] for check in checks.results):
                raise
            complain(str(failure))
            result = {}
        write_result(lab.directory / "result.json", {**result, "checks": checks.results})
    return verdict(checks, lab.directory, undone)


def _from_power_on(options: opening.LabOptions, chosen: Sequence[str], progress: Progress) -> int:
    """Play what begins with a machine of its own; returns 0 if all that was expected was seen."""
    if others := sorted(set(chosen) - BY_HAND):
        raise LabError(f"{', '.join(others)} needs a gateway that runs: play it in another run")
    checks = Checks(progress)
    progress.phases = 5 * len(chosen)
    with opening.world_alone(options, progress) as lab:
        result: dict[str, Any] = {}
        for name in chosen:
            with progress.phase(f"scenario {name}", 1800, lab.gateway.console.last_line):
                result |= load(name)(lab, opening.credentials(options.settings), checks)
        write_result(lab.directory / "result.json", {**result, "checks": checks.results})
    return verdict(checks, lab.directory)


def verdict(checks: Checks, evidence: Path, undone: Sequence[str] = ()) -> int:
    """Say what was found; returns 0 if all was as expected, 1 if not."""
    failed = [check["name"] for check in checks.results if not check["ok"]]
    passed = len(checks.results) - len(failed)
    print(f"{passed} checks ok, {len(failed)} failed; {evidence / 'result.json'}")
    if wrong := [name for name in failed if name not in undone]:
        complain(f"FAILED: {', '.join(wrong)}; evidence: {evidence}")
    if blind := [name for name in undone if name not in failed]:
        complain(f"STAYED GREEN: {', '.join(blind)}; evidence: {evidence}")
    return 1 if wrong or blind or not checks.results else 0


def _examine(
    lab: Lab,
    gateway: provision.Provisioned,
    scenarios: dict[str, Scenario],
    credentials: list[Credentials],
    checks: Checks,
) -> dict[str, Any]:
    """Play every scenario on the gateway; returns what was seen beside the checks."""
    progress = checks.progress
    result: dict[str, Any] = {
        "kernel": lab.gateway.succeed("uname -r").strip(),
        "congestion_control": lab.gateway.succeed(
            "cat /proc/sys/net/ipv4/tcp_congestion_control"
        ).strip(),
        **gateway.told(),
    }
    checks.add(
        "self-test-before-ike",
        gateway.selftest_before_ike,
        "IKE first answered after the self-test had passed",
    )
    for name, scenario in scenarios.items():
        with progress.phase(f"scenario {name}", 180):
            result |= scenario(lab, credentials, checks)
    return result


def load(name: str) -> Scenario:
    """Returns what plays a scenario."""
    scenario: Scenario = import_module(f"lab.scenarios.{name}.expect").expect
    return scenario
