"""A folder of files that were made from settings, written all of it or nothing."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """Yield an empty directory, for its owner only, that stands at ``out`` when the caller has
    filled it. If the caller fails, what was there before is there still.

    Args:
        out: no link; what stands above it is made where it is missing.

    Raises:
        OSError: it can't be made; by the name that was given.
    """
    _require_directories(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        # Beside the target, so that moving it there is one step.
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as scratch:
            new, old = Path(scratch, "new"), Path(scratch, "old")
            new.mkdir(mode=0o700)
            yield new
            if out.exists():
                out.rename(old)
            try:
                new.rename(out)
            except BaseException:
                if old.exists():
                    old.rename(out)
                raise
    except OSError as error:
        # Whoever gave a name knows nothing of ours.
        raise OSError(error.errno, error.strerror or str(error), str(out)) from error


def _require_directories(out: Path) -> None:
    """Raises `OSError` where a directory would have to lie in a file, or take a link's place."""
    for path in (out, *out.parents):
        if path.is_symlink() and not path.exists():
            raise OSError(errno.ELOOP, "a link that leads nowhere; name a new directory", str(path))
        if path.exists() and not path.is_dir():
            raise OSError(errno.ENOTDIR, "is a file; name a new directory", str(path))
