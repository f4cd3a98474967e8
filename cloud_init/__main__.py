"""Write the guest as files, to read, to lint, to boot: python -m cloud_init render."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from cloud_init.files import guest_files
from cloud_init.user_data import user_data
from settings import published
from settings.file import read
from settings.guest import Settings, SettingsError
from settings.whole import replacing

MARKER = ".rendered-by-cloud_init"
"""Stands in every directory that we wrote. Without it we replace nothing."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        settings = read(options.settings, _may_be_public(options))
        render(settings.redacted() if options.redacted else settings, options.out)
    except SettingsError as error:
        for problem in error.problems:
            print(f"{options.settings}: {problem}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename or options.out}: {error.strerror}", file=sys.stderr)
        return 2
    print(f"{options.out}/user-data boots the machine; {options.out}/rootfs has the files in it")
    return 0


def _may_be_public(options: argparse.Namespace) -> bool:
    """Say whether the secrets may be those that everybody can read."""
    the_example = os.path.realpath(options.settings) == os.path.realpath(published.EXAMPLE)
    return the_example or bool(options.example or options.redacted)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m cloud_init", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    command = commands.add_parser(
        "render",
        help="write the guest as files",
        description="Write user-data (what the machine is booted with) and rootfs/ (the files"
        " in it, each under its path on the guest). What an earlier run wrote is replaced.",
    )
    command.add_argument(
        "--settings",
        type=Path,
        required=True,
        metavar="FILE",
        help="YAML with the keys of the stack's configuration, such as settings.example.yaml",
    )
    command.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="the directory to write"
    )
    command.add_argument(
        "--example",
        action="store_true",
        help="take also the secrets of settings.example.yaml, which everybody can read: for"
        " machines that nobody else reaches, such as the lab's",
    )
    command.add_argument(
        "--redacted", action="store_true", help="without secrets, for people to read and compare"
    )
    return parser


def render(settings: Settings, out: Path) -> None:
    """Write the guest to ``out``: all of it, or nothing.

    Raises:
        OSError: writing failed, or ``out`` holds something that we did not write.
    """
    # Through links: the directory that they lead to is the one to replace.
    out = Path(os.path.realpath(out))
    _refuse_foreign(out)
    text = user_data(settings)
    with replacing(out) as new:
        _write(new / "user-data", text, 0o600)
        for file in guest_files(settings):
            _write(new / "rootfs" / file.path.lstrip("/"), file.content, file.mode)
        _write(new / MARKER, "python -m cloud_init render replaces everything here.\n", 0o644)
        for directory in (new, *(path for path in new.rglob("*") if path.is_dir())):
            directory.chmod(0o755)  # as on the guest, whatever our umask


def _refuse_foreign(out: Path) -> None:
    if not out.exists():
        return
    names = {path.name for path in out.iterdir()}
    if names and not (MARKER in names and names <= {MARKER, "user-data", "rootfs"}):
        raise FileExistsError(
            None, "holds files that this command did not write; name a new directory", str(out)
        )


def _write(path: Path, content: str, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(content, encoding="utf-8", newline="\n")
    path.chmod(mode)


if __name__ == "__main__":
    sys.exit(main())
