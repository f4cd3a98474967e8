"""A gateway's whole life on this computer, without a cloud."""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from here import computer, stay
from here.azure.behind import ask
from here.ground import SUBNET
from here.life.expect import STEPS, Life, summary
from here.project import ROOT
from here.standing import removed, said, standing, starts
from lab.command import Mistake, carry_out
from lab.host import LabError
from lab.progress import Checks, Progress, write_result
from lab.world.topology import RESOLVER, SECOND_RESOLVER

ONLY = {"vnetSubnet": SUBNET, "dnsServers": [RESOLVER, SECOND_RESOLVER]}
"""What a machine here finds around it. With others it would stand, and never be fit."""
OWN = Path(__file__).with_name("settings.yaml")


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; returns the status for the shell."""
    parser = argparse.ArgumentParser(prog="python -m here", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    command = commands.add_parser("try", help="bring one up, dial in, change it, take it down")
    command.add_argument(
        "--settings", type=Path, default=OWN, metavar="FILE", help="in YAML (here/settings.yaml)"
    )
    command.add_argument(
        "--out", type=Path, default=ROOT / "build/try", metavar="DIR", help="(build/try)"
    )
    command.add_argument(
        "--short", action="store_true", help="without the change in its middle, as make test does"
    )
    command = commands.add_parser(
        "ops", help="one of make's commands, on a gateway that stands here"
    )
    command.add_argument("--phone", default="", metavar="ADDRESS", help="listen there for phones")
    command.add_argument("arguments", nargs=argparse.REMAINDER, help="as for python -m ops")
    told = parser.parse_args(arguments)
    if told.command == "ops":
        if not told.arguments:
            command.error("expected one of make's commands, such as status")
        return carry_out(lambda progress: _typed(told.arguments, told.phone, progress), None)
    out = told.out.resolve()
    return carry_out(lambda progress: live(told.settings.resolve(), out, told.short, progress), out)


def _typed(arguments: Sequence[str], phone: str, progress: Progress) -> int:
    """Carry out one of make's commands, and end as those do; returns the status for the shell."""
    try:
        return stay.carry_out(arguments, phone, progress)
    except LabError as error:
        print(f"{arguments[0]}: {error}", file=sys.stderr)
        return 1


def live(settings: Path, out: Path, short: bool, progress: Progress) -> int:
    """Lead a gateway's life; 0 if all was as it should be, and then nothing of it is left."""
    wanted, began = _read(settings), time.monotonic()
    computer.require()
    removed(out)
    out.mkdir(parents=True)
    progress.phases = 1 + STEPS[short]
    with ExitStack() as stack:
        with progress.phase("packages, images, Pulumi, the world", 120, lambda: said(out)):
            stands = stack.enter_context(standing(out, "dev", keeps=settings == OWN))
        before = time.monotonic() - began
        life = Life(stands, progress, Checks(progress), short)
        with evidence(life):
            life.lead(wanted)
    life.nobody_left()
    print(summary(life, before, out))
    result = {
        "checks": life.checks.results,
        "times": life.times,
        "starts": starts(out),
        "processor_seconds": round(_busy(), 1),
    }
    if life.went_well:
        removed(out)
        out.mkdir()
    write_result(out / "result.json", result)
    return 0 if life.went_well else 1


def _busy() -> float:
    """Returns for how long all that was started here has kept processors busy (seconds)."""
    both = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    used = [resource.getrusage(who) for who in both]
    return sum(each.ru_utime + each.ru_stime for each in used)


@contextmanager
def evidence(life: Life) -> Iterator[None]:
    """Keep both machines' journals where something went wrong."""
    try:
        yield
    except Exception:
        ask(life.stands.socket, {"verb": "evidence"})
        raise
    if not life.went_well:
        ask(life.stands.socket, {"verb": "evidence"})


def _read(settings: Path) -> dict[str, Any]:
    """Return what the file sets. Raises `Mistake` if the program would refuse it, in its words."""
    with TemporaryDirectory() as out:
        asked = ["--settings", str(settings), "--server", "here.example", "--out", f"{out}/pages"]
        ran = subprocess.run(
            [sys.executable, "-m", "profiles", *asked],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    if ran.returncode:
        raise Mistake("\n".join(f"SETTINGS: {line}" for line in ran.stderr.splitlines()))
    wanted = dict(yaml.safe_load(settings.read_text("utf-8")))
    if len(wanted["users"]) < 2:
        raise Mistake(f"SETTINGS: {settings}: users: expected two or more: one of them is removed")
    for key, only in ONLY.items():
        if wanted.get(key, only) != only:
            raise Mistake(
                f"SETTINGS: {settings}: {key}: the world here has {only}; leave {key} out"
            )
    return wanted


if __name__ == "__main__":
    sys.exit(main())
