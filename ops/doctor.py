"""What this computer lacks for make up: all of it at once, with the command for this system.

It runs before there is any environment, and on a Python too old for the
rest, so it needs the standard library alone and is written for Python 3.7.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from ops import azure, region
from ops.cli import PROJECT_DIRECTORY

PYTHON = (3, 11)

PATIENCE = 5.0
"""Seconds for az, which needs one or two. `make up` asks again, and then waits."""

PULUMI = "curl -fsSL https://get.pulumi.com | sh, then open a new terminal"
COMMANDS: Mapping[str, Mapping[str, str]] = {
    "debian": {
        "python": "sudo apt-get install python3.11 python3.11-venv",
        "venv": "sudo apt-get install python3-venv",
        "git": "sudo apt-get install git",
        "pulumi": PULUMI,
        "az": "curl -sL https://aka.ms/InstallAzureCLIDeb | sudo bash, then az login",
    },
    "fedora": {
        "python": "sudo dnf install python3.11",
        "venv": "sudo dnf install python3",
        "git": "sudo dnf install git",
        "pulumi": PULUMI,
        "az": "sudo dnf install azure-cli, then az login",
    },
    "macos": {
        "python": "brew install python@3.13",
        "venv": "brew install python@3.13",
        "git": "brew install git",
        "pulumi": "brew install pulumi/tap/pulumi",
        "az": "brew install azure-cli, then az login",
    },
    "other": {
        "python": "https://www.python.org/downloads/",
        "venv": "the package of your system that has Python's venv and ensurepip",
        "git": "https://git-scm.com/downloads",
        "pulumi": PULUMI,
        "az": "https://learn.microsoft.com/cli/azure/install-azure-cli, then az login",
    },
}

TOOLS: Mapping[str, Mapping[str, str]] = {
    "debian": {"curl": "sudo apt-get install curl"},
    "fedora": {"curl": "sudo dnf install curl"},
    "macos": {"brew": "https://brew.sh"},
    "other": {"curl": "https://curl.se/download.html"},
}
"""What the commands above need, and a fresh system may not have."""


class System(NamedTuple):
    """Where this runs."""

    family: str
    """A key of `COMMANDS`."""
    wsl: bool = False
    """Linux inside Windows."""


class Lack(NamedTuple):
    """One thing that is missing."""

    what: str
    command: str
    """What to type; with a comma between two steps."""


class Findings(NamedTuple):
    """What was found out."""

    lacks: Sequence[Lack]
    notes: Sequence[str]
    """What could not be found out, and does not stop anybody."""


def this_system(os_release: Path = Path("/etc/os-release")) -> System:
    """Return what kind of system this is."""
    if platform.system() == "Darwin":
        return System("macos")
    try:
        lines = os_release.read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    ids = " ".join(line for line in lines if line.startswith(("ID=", "ID_LIKE=")))
    words = ids.replace('"', "").replace("=", " ").split()
    family = next((name for name in ("debian", "fedora") if name in words), "other")
    return System(family, "microsoft" in platform.release().lower())


def examine(environment: Mapping[str, str], system: System) -> Findings:
    """Everything that is missing here. Takes below a second, and up to `PATIENCE` more if az
    is slow."""
    lacks = [*_python(environment, system), *_commands(environment, system)]
    lacks = [*_tools(environment, system, lacks), *lacks]
    if azure.logs_in_by_itself(environment) or any(lack.what.startswith("az") for lack in lacks):
        return Findings(lacks, [])
    asked = _azure(environment)
    return Findings([*lacks, *asked.lacks], asked.notes)


def _python(environment: Mapping[str, str], system: System) -> Sequence[Lack]:
    if sys.version_info < PYTHON:
        what = f"Python {'.'.join(map(str, PYTHON))} or later (this is {platform.python_version()})"
        return [Lack(what, _newer_python(environment, system))]
    # Debian takes them out of Python, and puts them into a package of their own.
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        return [Lack("Python's venv", COMMANDS[system.family]["venv"])]
    return []


def _newer_python(environment: Mapping[str, str], system: System) -> str:
    for minor in range(PYTHON[1] + 9, PYTHON[1] - 1, -1):
        if shutil.which(f"python3.{minor}", path=environment.get("PATH")):
            return f"it is there already: make up PYTHON=python3.{minor}"
    command = COMMANDS[system.family]["python"]
    name = {"debian": "python3.11", "fedora": "python3.11", "macos": "python3.13"}
    then = f", then make up PYTHON={name[system.family]}" if system.family in name else ""
    return f"{command}{then}"


def _commands(environment: Mapping[str, str], system: System) -> Sequence[Lack]:
    names = ["git", "pulumi", *([] if azure.logs_in_by_itself(environment) else ["az"])]
    lacks = []
    for name in names:
        found = shutil.which(name, path=environment.get("PATH"))
        if found is None:
            lacks.append(Lack(name, COMMANDS[system.family][name]))
        # WSL finds Windows' commands too; az ends its lines in another way there: misread.
        elif system.wsl and found.startswith("/mnt/"):
            lacks.append(Lack(f"{name} (only Windows' was found)", COMMANDS[system.family][name]))
    return lacks


def _tools(environment: Mapping[str, str], system: System, lacks: Sequence[Lack]) -> Sequence[Lack]:
    """Return what has to be there before these can be installed as they say."""
    words = {word for lack in lacks for word in lack.command.split()}
    return [
        Lack(name, how)
        for name, how in TOOLS[system.family].items()
        if name in words and shutil.which(name, path=environment.get("PATH")) is None
    ]


def _azure(environment: Mapping[str, str]) -> Findings:
    with ThreadPoolExecutor() as pool:
        account = pool.submit(_logged_in, environment)
        names = pool.submit(azure.unregistered, environment, azure.NAMESPACES, PATIENCE)
        logged_in, missing = account.result(), names.result()
    if logged_in is None:
        return Findings([], [f"az gave no answer for {PATIENCE:g} s; make up asks again"])
    if not logged_in:
        return Findings([Lack("a log-in to Azure", "az login")], [])
    return Findings([Lack(name, azure.registration(name)) for name in missing], [])


def _logged_in(environment: Mapping[str, str]) -> bool | None:
    """Say whether somebody is; None: it can't be said."""
    try:
        return bool(azure.ask(environment, "account", "show", patience=PATIENCE))
    except subprocess.TimeoutExpired:
        return None
    except (OSError, ValueError, subprocess.SubprocessError):
        return False


def text(findings: Findings) -> str:
    """Return what a person reads; without a word if there is nothing to say."""
    lacks = findings.lacks
    lines = []
    if lacks:
        things = "1 thing is" if len(lacks) == 1 else f"{len(lacks)} things are"
        width = max(len(lack.what) for lack in lacks)
        lines = [f"{things} missing; nothing was changed:"]
        lines += [f"  {lack.what:{width}}   {_typed(lack.command)}" for lack in lacks]
    return "\n".join([*lines, *(f"note: {note}" for note in findings.notes)])


def _typed(command: str) -> str:
    """Root needs no sudo, and often has none."""
    return command.replace("sudo ", "") if os.geteuid() == 0 else command


def as_json(findings: Findings, system: System) -> Mapping[str, Any]:
    """The same for programs."""
    return {
        "ready": not findings.lacks,
        "system": system.family,
        "wsl": system.wsl,
        "missing": [{"what": what, "command": _typed(how)} for what, how in findings.lacks],
        "notes": list(findings.notes),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Say what is missing; returns 1 if anything is."""
    parser = argparse.ArgumentParser(prog="python3 -m ops.doctor", description=__doc__)
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--quiet", action="store_true", help="before make up: only what it lacks")
    options = parser.parse_args(arguments)
    system = this_system()
    findings = examine(os.environ, system)
    far = region.asked_by_make(os.environ, PROJECT_DIRECTORY) if options.quiet else ""
    if far:
        findings = Findings(findings.lacks, [*findings.notes, far])
    if options.json:
        print(json.dumps(as_json(findings, system), indent=2))
    elif findings.lacks:
        print(text(findings), file=sys.stderr)
    elif options.quiet:
        print(text(findings), end="\n" if findings.notes else "")
    else:
        print("\n".join(filter(None, [text(findings), "Nothing is missing: make up can begin."])))
    return 1 if findings.lacks else 0


if __name__ == "__main__":
    sys.exit(main())
