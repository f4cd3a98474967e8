"""Boots the generated guest and dials in."""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from lab import host, image, provision, stage
from lab.client import Credentials
from lab.machine import ExpectationFailed
from lab.progress import Checks, Progress, complain, write_result
from lab.stage import Stage

ROOT = Path(__file__).parent.parent
SCENARIOS = ROOT / "tests" / "lab"

Scenario = Callable[[Stage, list[Credentials], Checks], dict[str, Any]]


def main() -> int:
    options = _parse()
    scenarios = {name: _load(name) for name in options.scenario}
    progress = Progress()
    # So that whoever ends us politely gets the machines and disks cleaned up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return _run(options, scenarios, progress)
    except host.LabError as error:
        complain(f"the lab can't go on, in phase {progress.current!r}: {error}")
        return 2
    except ExpectationFailed as failure:
        complain(f"FAILED in phase {progress.current!r}: {failure}\nevidence: {options.out}")
        return 1
    except KeyboardInterrupt:
        complain(f"interrupted in phase {progress.current!r}")
        return 130


def _parse() -> argparse.Namespace:
    names = sorted(path.parent.name for path in SCENARIOS.glob("*/expect.py"))
    program = argparse.ArgumentParser(prog="python -m lab", description=__doc__)
    parser = program.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "run",
        help="dial in and check what the gateway promises",
        description="Boot the generated guest in QEMU, dial in, and check what it promises.",
    )
    parser.add_argument(
        "--scenario",
        action="append",
        choices=names,
        help="play this one; repeat for several (default: all of them)",
    )
    parser.add_argument(
        "--settings",
        type=Path,
        default=ROOT / "settings.example.yaml",
        metavar="FILE",
        help="what the gateway is made from and the phone's user types (settings.example.yaml)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=ROOT / "build" / "lab",
        metavar="DIR",
        help="for result.json and the evidence (default: build/lab)",
    )
    parser.add_argument(
        "--fresh", action="store_true", help="provision anew, even if this user-data was before"
    )
    options = program.parse_args()
    options.scenario = options.scenario or names
    return options


def _run(options: argparse.Namespace, scenarios: dict[str, Scenario], progress: Progress) -> int:
    out: Path = options.out.resolve()
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    progress.phases = 3 + len(scenarios)
    with progress.phase("prepare: packages, images and user-data", 150):
        host.install(stage.HOST_PACKAGES)
        image.world_image()
        image.gateway_image()
        user_data = _render(options.settings, out / "guest")
    gateway = None if options.fresh else provision.earlier(user_data)
    if gateway:
        progress.note(f"this user-data was provisioned before: {gateway.disk}")
    else:
        progress.phases += provision.PHASES
    lab = stage.build(out, user_data)
    try:
        with progress.phase("boot the world", 30):
            stage.start_world(lab)
        gateway = gateway or provision.provision(progress, lab, user_data)
        checks = Checks(progress)
        result = _examine(lab, gateway, scenarios, _credentials(options.settings), checks)
        write_result(out / "result.json", {**result, "checks": checks.results})
    finally:
        _keep_evidence(lab)
        lab.close()
    failed = [check["name"] for check in checks.results if not check["ok"]]
    passed = len(checks.results) - len(failed)
    print(f"{passed} checks ok, {len(failed)} failed; {out / 'result.json'}")
    if failed:
        complain(f"FAILED: {', '.join(failed)}; evidence: {out}")
    return 0 if checks.ok else 1


def _examine(
    lab: Stage,
    gateway: provision.Provisioned,
    scenarios: dict[str, Scenario],
    credentials: list[Credentials],
    checks: Checks,
) -> dict[str, Any]:
    """Start the provisioned gateway and play every scenario on it."""
    progress = checks.progress
    with progress.phase("boot the provisioned gateway", 90):
        stage.insert_disk(lab, Path(gateway.disk))
        stage.start_gateway(lab)
    result: dict[str, Any] = {
        "kernel": lab.gateway.succeed("uname -r").strip(),
        "congestion_control": lab.gateway.succeed(
            "cat /proc/sys/net/ipv4/tcp_congestion_control"
        ).strip(),
        "ready_seconds": gateway.ready_seconds,
        "boots": len(gateway.kernels),
        "kernels": gateway.kernels,
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


def _render(settings: Path, target: Path) -> Path:
    """Have the generator write the guest, as a user would."""
    command = [
        sys.executable,
        "-m",
        "cloud_init",
        "render",
        "--settings",
        str(settings),
        "--out",
        str(target),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise host.LabError(done.stderr.strip())
    return target / "user-data"


def _credentials(settings: Path) -> list[Credentials]:
    """What the gateway's owner tells each user."""
    told = yaml.safe_load(settings.read_text())
    return [Credentials(told["psk"], user, password) for user, password in told["users"].items()]


def _load(name: str) -> Scenario:
    specification = importlib.util.spec_from_file_location(
        f"scenario_{name}", SCENARIOS / name / "expect.py"
    )
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    scenario: Scenario = module.expect
    return scenario


def _keep_evidence(lab: Stage) -> None:
    """Journals and captures, whatever happened."""
    for machine in (lab.world, lab.gateway):
        if machine.answers():
            journal = machine.execute(
                "journalctl --no-pager -o short-monotonic > /tmp/journal; gzip -f /tmp/journal"
            )
            if journal.status == 0:
                machine.fetch("/tmp/journal.gz", lab.directory / f"{machine.name}.journal.gz")


if __name__ == "__main__":
    sys.exit(main())
