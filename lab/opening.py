"""A lab that is up: from the user's settings to a gateway that answers, and the evidence
when it goes down."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import yaml

from lab import host, kept, provision
from lab.images.gateway import gateway_image
from lab.images.world import world_image
from lab.lab import HOST_PACKAGES, Lab, build, on_the_world
from lab.machines.machine import Machine
from lab.phones.phone import Credentials
from lab.progress import Progress, write_result
from lab.provision import Provisioned

ROOT = Path(__file__).parent.parent


class Options(Protocol):
    """What whoever opens the lab must say: `LabOptions`, or something with more in it."""

    @property
    def settings(self) -> Path:
        """Says what the gateway is made from, and what the phone's user types."""

    @property
    def out(self) -> Path:
        """Says which directory is for results and evidence. What is in it is removed first."""

    @property
    def fresh(self) -> bool:
        """Says whether to provision anew, even if this user-data was before, and to boot all."""


@dataclass(frozen=True)
class LabOptions:
    """What the lab's own commands were told, made of the command line at the door."""

    settings: Path
    out: Path
    fresh: bool


def add_options(parser: argparse.ArgumentParser, out: str) -> None:
    """Add what every command needs that opens the lab; `out` is a directory below build/."""
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
        default=ROOT / "build" / out,
        metavar="DIR",
        help=f"for the results and the evidence (default: build/{out})",
    )
    parser.add_argument(
        "--fresh",
        action="store_true",
        help="provision anew, even if this user-data was before, and boot the world too",
    )


@contextmanager
def opened(
    options: Options, progress: Progress, processors: int = 2
) -> Iterator[tuple[Lab, Provisioned]]:
    """Yields world and gateway, both running, the gateway provisioned now or earlier.

    Args:
        options: as `add_options` lets a user say them.
        progress: its number of phases grows by what happens here.
        processors: of the world; `build` says what that costs.

    Raises:
        LabError: the lab itself can't be opened.
        ExpectationFailed: the gateway does not come up.
    """
    progress.phases += 3
    user_data, gateway = _prepare(options, progress)
    with _world(options, progress, user_data, processors) as lab:
        if not gateway:
            gateway = provision.provision(progress, lab, user_data)
        _bring_up_gateway(progress, lab, gateway)
        yield lab, gateway


def provisioned(options: Options, progress: Progress) -> int:
    """Provision the gateway, unless it was before: whatever opens the lab next finds it.

    Arguments and errors are those of `opened`. What was measured is in `result.json`. Returns 0.
    """
    progress.phases += 1
    user_data, gateway = _prepare(options, progress)
    if not gateway:
        progress.phases += 1
        with _world(options, progress, user_data) as lab:
            gateway = provision.provision(progress, lab, user_data)
    write_result(options.out / "result.json", gateway.told())
    return 0


@contextmanager
def world_alone(options: Options, progress: Progress) -> Iterator[Lab]:
    """Yields the world, running, and a gateway that is off and has no disk yet.

    Arguments and errors are those of `opened`.
    """
    progress.phases += 2
    user_data, _ = _prepare(options, progress)
    with _world(options, progress, user_data) as lab:
        yield lab


def _prepare(options: Options, progress: Progress) -> tuple[Path, Provisioned | None]:
    """Make all that needs no machine; returns the user-data, and the gateway if it is there."""
    out = options.out.resolve()
    shutil.rmtree(out, ignore_errors=True)
    try:
        out.mkdir(parents=True)
    except OSError as error:
        raise host.LabError(f"--out {out} can't be a new directory: {error.strerror}") from None
    with progress.phase("prepare: packages, images and user-data", 150):
        host.install(HOST_PACKAGES)
        host.require_space()
        world_image()
        gateway_image()
        user_data = _render(options.settings, out / "guest")
    gateway = None if options.fresh else provision.earlier(user_data)
    if gateway:
        progress.note(f"this user-data was provisioned before: {gateway.disk}")
    else:
        progress.phases += provision.PHASES
    return user_data, gateway


@contextmanager
def _world(
    options: Options, progress: Progress, user_data: Path, processors: int = 2
) -> Iterator[Lab]:
    """Yields both machines, the world running; whatever happens, the evidence stays and they go."""
    lab = build(options.out.resolve(), user_data, processors)
    try:
        bring_up_world(progress, lab, options.fresh)
        yield lab
    finally:
        keep_evidence(lab)
        lab.close()


def bring_up_world(progress: Progress, lab: Lab, fresh: bool = False) -> None:
    """Have the world go on, or boot. It is kept before there is a gateway, and knows none.

    Args:
        progress: one phase of it is this.
        lab: both machines, off.
        fresh: whether it boots in any case.
    """
    image = world_image()
    state = kept.state_of(lab.world, image.disk, image.identity, *on_the_world())
    if fresh:
        kept.forget(state)
    with progress.phase("bring up the world", 5 if kept.is_there(state) else 40):
        if not kept.went_on(progress, lab.world, state):
            lab.start_world()
            lab.wait_for_world()
            kept.keep(progress, lab.world, state)


def _bring_up_gateway(progress: Progress, lab: Lab, gateway: Provisioned) -> None:
    """Have the provisioned gateway go on, or boot. It is kept before there was a phone."""
    state = provision.state_of(lab, gateway)
    with progress.phase("bring up the gateway", 5 if kept.is_there(state) else 90):
        if kept.went_on(progress, lab.gateway, state):
            lab.wait_for_ike()
        else:
            lab.start_gateway(Path(gateway.disk))
            lab.wait_for_ike()
            kept.keep(progress, lab.gateway, state)


def credentials(settings: Path) -> list[Credentials]:
    """Returns what the gateway's owner tells each user."""
    told = yaml.safe_load(settings.read_text())
    return [Credentials(told["psk"], user, password) for user, password in told["users"].items()]


def _render(settings: Path, target: Path) -> Path:
    """Have the generator write the guest, as a user would; returns the user-data."""
    command = [
        sys.executable,
        "-m",
        "cloud_init",
        "render",
        "--example",  # nobody else reaches a lab
        "--settings",
        str(settings),
        "--out",
        str(target),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise host.LabError(done.stderr.strip())
    return target / "user-data"


def keep_evidence(lab: Lab) -> None:
    """Fetch both journals, whatever happened; a failure here must not hide that."""
    for machine in filter(Machine.is_running, (lab.world, lab.gateway)):
        try:
            machine.succeed(
                "journalctl --no-pager -o short-monotonic > /tmp/journal; gzip -f /tmp/journal",
                timeout=180,
                patience=20,
            )
            machine.fetch("/tmp/journal.gz", lab.directory / f"{machine.name}.journal.gz")
        except (host.LabError, AssertionError) as error:
            print(f"no journal of {machine.name}: {str(error)[:200]}", flush=True)
