"""Debian trees, of which the images are made, kept in the cache by what went into them."""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab import host
from lab.images import disk

RELEASE = "trixie"
"""Debian 13, the guest's release."""
TREES = 5
"""Kept: the guest's, both images', that of the programs that read profiles, and one to go back
to."""
HOST_PACKAGES = ("mmdebstrap", "uidmap")
FILES = Path(__file__).parent / "files"
IDENTITY = ".identity"
"""Beside an image: what is new each time that it is made."""

FORGET_BUILD_HOST = r"""
: > "$1/etc/machine-id"; rm -f "$1"/etc/ssh/ssh_host_* "$1/etc/resolv.conf" "$1/etc/hostname"
"""


@dataclass(frozen=True)
class BootFiles:
    """What QEMU needs to start a machine."""

    disk: Path
    kernel: Path | None = None
    initrd: Path | None = None
    identity: str = ""
    """Tells it from all others, those included that have its very name because they lie in another
    cache, or were there before: what was written on one is no disk on another."""


def debian_name(packages: Sequence[str], hooks: Sequence[str] = ()) -> str:
    """Returns the name, in the cache, of whatever is made from this Debian tree."""
    return host.digest(RELEASE, *packages, "|", *hooks)


def debian_tar(
    packages: Sequence[str],
    hooks: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Path:
    """Returns a tarball of a minimal Debian tree with these packages, cached by its inputs.

    Args:
        packages: names as mmdebstrap's ``--include`` takes them.
        hooks: shell commands run in the end with the tree's directory as ``$1``.
        environment: for the hooks; what is passed here does not name the result.

    Raises:
        LabError: mmdebstrap failed; with the end of its log.
    """
    target = host.cache_directory() / f"debian-{debian_name(packages, hooks)}.tar"
    with host.alone(target.stem):
        if not target.exists():
            _bootstrap(packages, hooks, environment or {}, target)
            host.forget_all_but(TREES, "debian-*.tar")
    return host.used(target)


def _bootstrap(
    packages: Sequence[str], hooks: Sequence[str], environment: Mapping[str, str], target: Path
) -> None:
    host.install(HOST_PACKAGES)
    with host.aside() as scratch:
        partial = scratch / target.name
        _mmdebstrap(packages, hooks, environment, partial)
        partial.rename(target)


def _mmdebstrap(
    packages: Sequence[str], hooks: Sequence[str], environment: Mapping[str, str], target: Path
) -> None:
    command = ["setpriv", "--pdeathsig", "TERM", "--"]
    command += [
        "mmdebstrap",
        "--variant=minbase",
        "--format=tar",
        f"--include={','.join(packages)}",
    ]
    command += [f"--customize-hook={hook}" for hook in hooks]
    done = subprocess.run(
        [*command, RELEASE, str(target)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    if done.returncode:
        raise host.LabError(f"mmdebstrap could not build {RELEASE}:\n{done.stdout[-3000:]}")


@contextmanager
def unpacked(packages: Sequence[str], hooks: Sequence[str]) -> Iterator[tuple[Path, Path]]:
    """Yields a Debian tree as a tarball and a directory to work in, both gone afterwards."""
    host.install(disk.HOST_PACKAGES)
    tree = debian_tar(packages, hooks, {"LAB_FILES": str(FILES)})
    with host.aside() as scratch:
        yield tree, scratch
    tree.unlink()


def kept_image(target: Path, make: Callable[[], object]) -> BootFiles:
    """Returns an image that lies at `target`, with an identity; if it is not there, `make` makes it
    and whoever wants the same one waits.

    Raises:
        LabError: it can't be made.
    """
    told = target.with_suffix(IDENTITY)
    if not (target.exists() and told.exists()):
        with host.alone(target.stem):
            # Somebody else may have made it meanwhile, and have begun to write on it.
            if not (target.exists() and told.exists()):
                # None while it is made: who is cut off leaves nothing that passes for whole.
                told.unlink(missing_ok=True)
                make()
                told.write_text(uuid.uuid4().hex)
        host.forget_all_but(host.KEEP, f"{target.name.partition('-')[0]}-*.qcow2")
    identity = f"{target.resolve()} {told.read_text()}"
    return BootFiles(host.used(target), identity=identity)


def our_files(name: str) -> list[str]:
    """Returns hooks that lay our files for this image over the tree, owned by root. The second does
    nothing but give the image another name when one of the files changes."""
    files = sorted(path for path in (FILES / name).rglob("*") if path.is_file())
    contents = host.digest(*(part for path in files for part in (path.name, path.read_bytes())))
    return [f'cp -r --no-preserve=ownership "$LAB_FILES/{name}/." "$1/"', f": {contents}"]
