"""What the lab needs of the machine it runs on: packages, room, and a cache."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

QEMU = ("qemu-system-x86", "ovmf")
"""Debian packages that run the machines."""
KEEP = 3
"""So many of each kind of image stay: two clones with different guests, one to go back to."""
FREE_SPACE = 8
"""GB: both images while they are built, and three provisioned disks (measured: 5.4); what a run
keeps of its machines as they run (1.7: `lab.kept`)."""


class LabError(RuntimeError):
    """The harness itself can't go on. Says what is missing and what to do about it;
    a failed expectation about the gateway is never this."""


def base_directory(variable: str, otherwise: str) -> Path:
    """Returns one of the XDG base directories.

    Raises:
        LabError: the variable names none.
    """
    name = variable if os.environ.get(variable) else "HOME"
    text = os.environ.get(name, str(Path.home()))
    if not text.startswith("/"):
        raise LabError(f"{name}: {text!r} is no directory's whole path, which begins with /")
    return Path(text) if name == variable else Path(text, otherwise)


def cache_directory() -> Path:
    """Returns where images are kept between runs and clones.

    Raises:
        LabError: there can't be one.
    """
    return made(base_directory("XDG_CACHE_HOME", ".cache") / "lunch-gateway", "XDG_CACHE_HOME")


def made(directory: Path, variable: str, mode: int = 0o777) -> Path:
    """Make a directory if it is not there, and pass it on.

    Raises:
        LabError: it can't be; with the variable that chooses another place.
    """
    try:
        directory.mkdir(mode, parents=True, exist_ok=True)
    except OSError as error:
        raise LabError(
            f"{directory} can't be made ({error.strerror}); set {variable} to a directory that you"
            " may write to"
        ) from None
    return directory


def used(entry: Path) -> Path:
    """Note that this entry of the cache was of use today, and pass it on."""
    os.utime(entry)
    return entry


def forget_all_but(newest: int, pattern: str) -> None:
    """Keep the last used of the cache's entries of one kind, and nothing that goes by the names
    of the rest."""
    entries = sorted(cache_directory().glob(pattern), key=lambda path: path.stat().st_mtime)
    for entry in entries[:-newest]:
        for path in cache_directory().glob(f"{entry.stem}.*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def require_space() -> None:
    """Raises `LabError` where the disk can't hold what a run may write: a machine whose
    disk is full stands still without a word."""
    free = shutil.disk_usage(cache_directory()).free / 1e9
    if free < FREE_SPACE:
        raise LabError(
            f"{cache_directory()} has {free:.1f} GB free, the lab needs {FREE_SPACE}:"
            " make room, or set XDG_CACHE_HOME to a directory on a larger disk"
        )


def scratch_directory() -> Path:
    """Make a new directory for one run, with room for disks and a path short enough for
    sockets (107 bytes, unix(7)); whoever asked for it removes it. Those of runs that were
    killed before they could are removed now."""
    with alone("run"):
        for left in cache_directory().glob("run-*/"):
            if _hold(left):
                shutil.rmtree(left)
        scratch = Path(tempfile.mkdtemp(prefix="run-", dir=cache_directory()))
        _hold(scratch)
    return scratch


@contextmanager
def aside() -> Iterator[Path]:
    """Yields a directory in the cache to make one of its entries in, gone afterwards. Who is killed
    meanwhile leaves it to the next run, as `scratch_directory` does."""
    scratch = scratch_directory()
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch)


def _hold(scratch: Path) -> bool:
    """Keep the directory for as long as this process lives; False if another one does."""
    directory = os.open(scratch, os.O_RDONLY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(directory)
        return False
    return True


def install(packages: Sequence[str]) -> None:
    """Install the Debian packages that are missing here.

    Raises:
        LabError: this is no Debian, or apt failed.
    """
    missing = _missing(packages)
    if not missing:
        return
    apt = shutil.which("apt-get")
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    by_hand = f"apt-get install {' '.join(missing)}"
    if apt is None or (sudo and not shutil.which("sudo")):
        raise LabError(f"missing packages, and no way to install them from here: {by_hand}")
    with alone("apt"):
        # Somebody else may have had the same idea, and was here first.
        if missing := _missing(packages):
            print(f"installing {' '.join(missing)}", flush=True)
            _apt(sudo, missing)


def _missing(packages: Sequence[str]) -> list[str]:
    return [name for name in packages if not _installed(name)]


def _apt(sudo: Sequence[str], missing: Sequence[str]) -> None:
    options = ["--yes", "--quiet", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"]
    steps = [["apt-get", "update", "--quiet"], ["apt-get", "install", *options, *missing]]
    for step in steps:
        done = subprocess.run(
            [*sudo, "env", "DEBIAN_FRONTEND=noninteractive", *step],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise LabError(f"{' '.join(step)} failed:\n{done.stdout[-2000:]}")


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Hold the cache's entry ``name``: another process that wants to make the same thing
    waits, and then finds it."""
    with (cache_directory() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _installed(package: str) -> bool:
    status = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package],
        capture_output=True,
        text=True,
        check=False,
    )
    return status.stdout == "installed"


def digest(*parts: str | bytes) -> str:
    """Returns a short name for whatever is built from exactly these inputs."""
    state = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        state.update(len(data).to_bytes(8, "big") + data)
    return state.hexdigest()[:16]
