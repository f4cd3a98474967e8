"""The guests that a tree's files make under main's own renderer, one for each of `choices`.

It prints them as JSON. The files may be a stranger's, so that this is a process of its own, whose
time and memory are bounded.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from cloud_init.files import GuestFile, GuestFileError, guest_files
from cloud_init.user_data import user_data
from ops.cli import PROJECT_DIRECTORY, OpsError
from settings import places
from settings.file import load
from settings.guest import Settings, SettingsError, parse

FILE = "ops/ci/guests.py"
"""Where this stands in a clone that has it."""
ROOTFS = "cloud_init/rootfs/"
EXAMPLE = "settings.example.yaml"
"""What is read of a tree; all else is code."""

NEEDED = {"psk": "throw-away-4711-4711", "users": {"phone": "throw-away-4711-4711"}}
FLIPPED: Mapping[str, Mapping[str, Any]] = {
    "defaults": {},
    "protocols: [l2tp]": {"protocols": ["l2tp"]},
    "protocols: [ikev2]": {"protocols": ["ikev2"]},
    "acceleration: off": {"acceleration": "off"},
    "quic: allow": {"quic": "allow"},
    "modp1024: allow": {"modp1024": "allow"},
    "phoneToPhone: true": {"phoneToPhone": True},
    "reachableNetworks: [192.168.1.0/24]": {"reachableNetworks": ["192.168.1.0/24"]},
    "sshSource: 203.0.113.7/32": {"sshSource": "203.0.113.7/32"},
}
"""The defaults, and each choice that they leave, one at a time."""

CHOICES = (*FLIPPED, EXAMPLE)

TIMEOUT = 60
"""Seconds for all guests of a tree; ours take about one."""

MEMORY = 1 << 30
"""Bytes. YAML that refers to itself can ask for any amount."""

Guest = Mapping[str, str]
"""Text by path on the guest, its mode in the first line; what is no file is ``user-data``."""


def rendered(directory: Path, code: Path | None = None) -> Mapping[str, Guest | str]:
    """Return by choice the guest, or in one line why there is none.

    Args:
        directory: whose files.
        code: the clone whose renderer, if not this one's; whatever is in it is run.

    Raises:
        OpsError: the renderer did not come to an end.
    """
    command = [sys.executable, "-m", "ops.ci.guests", str(directory)]
    try:
        done = subprocess.run(
            command,
            cwd=code or PROJECT_DIRECTORY,
            capture_output=True,
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise OpsError(f"the renderer took more than {TIMEOUT} s") from None
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip().split("\n")[-1][:200]
        raise OpsError(f"the renderer ended with status {done.returncode}: {words}")
    return dict(json.loads(done.stdout))


def guests(directory: Path) -> Iterator[tuple[str, Guest | str]]:
    """Return for each choice the guest, or in one line why there is none."""
    for choice in CHOICES:
        try:
            settings, rootfs = _settings(choice, directory), directory / ROOTFS
            yield choice, _parts(user_data(settings, rootfs), guest_files(settings, rootfs))
        except SettingsError as error:
            yield choice, f"{EXAMPLE if choice == EXAMPLE else choice}: {error.problems[0]}"
        except GuestFileError as error:
            yield choice, str(error)
        except OSError as error:
            yield choice, f"{EXAMPLE}: {error.strerror}"


def _settings(choice: str, directory: Path) -> Settings:
    if choice == EXAMPLE:
        return parse(load(directory / EXAMPLE), places.FILE).redacted()
    return parse({**NEEDED, **FLIPPED[choice]}).redacted()


def _parts(text: str, files: Iterable[GuestFile]) -> Guest:
    """Return what a machine is booted with, taken apart for people to compare: its files in plain
    sight, and of the text what is no file."""
    parts = {file.path: f"mode {file.mode:04o}\n{file.content}" for file in files}
    config = yaml.load(text, Loader=yaml.CSafeLoader)
    del config["write_files"]
    return {**parts, "user-data": yaml.safe_dump(config, sort_keys=False)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the guests; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m ops.ci.guests", description=__doc__)
    parser.add_argument("directory", metavar="DIRECTORY", type=Path)
    directory = parser.parse_args(arguments).directory
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    json.dump(dict(guests(directory)), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
