"""Images in the cache: made once, and told from whatever has their name."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lab import host
from lab.host import LabError
from lab.images import debian

NAME = "box-1.qcow2"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return host.cache_directory()


def made(cache: Path) -> str:
    """Have the image made unless it is there; returns its identity."""
    target = cache / NAME
    return debian.kept_image(target, target.touch).identity


def test_it_is_the_same_for_whoever_comes_later(cache: Path) -> None:
    assert made(cache) == made(cache)


def test_made_anew_it_is_another(cache: Path) -> None:
    first = made(cache)
    (cache / NAME).unlink()
    assert made(cache) != first


def test_in_a_copied_cache_it_is_another(cache: Path, tmp_path: Path) -> None:
    """Whatever stands on it names the first one by its path, and that may be made anew."""
    first = made(cache)
    shutil.copytree(cache, copied := tmp_path / "copied")
    assert made(copied) != first


def test_without_an_identity_it_is_made_anew(cache: Path) -> None:
    """As caches of before November 28 have it."""
    (cache / NAME).write_text("of an earlier clone")

    def make() -> None:
        (cache / NAME).write_text("made anew")

    debian.kept_image(cache / NAME, make)
    assert (cache / NAME).read_text() == "made anew"


def test_one_that_cannot_be_made_is_not_there(cache: Path) -> None:
    def fail() -> None:
        raise LabError("no room")

    with pytest.raises(LabError, match="no room"):
        debian.kept_image(cache / NAME, fail)
    assert made(cache)


def test_one_that_was_cut_off_while_it_was_made_anew_is_made_again(cache: Path) -> None:
    """Half of it may be of the old one: its kernel, or its disk."""
    (cache / NAME).write_text("of an earlier clone")

    def cut_off() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        debian.kept_image(cache / NAME, cut_off)
    again: list[str] = []
    debian.kept_image(cache / NAME, lambda: again.append("made"))
    assert again == ["made"]


def test_who_wants_it_meanwhile_waits_for_it(cache: Path) -> None:
    """It must not be replaced below a disk that was begun on it."""
    begun, times = threading.Event(), []

    def make() -> None:
        times.append(1)
        begun.set()
        # So long the second one has to see that it is not there yet.
        threading.Event().wait(0.5)
        (cache / NAME).touch()

    def ask(wait: Callable[[], object]) -> str:
        wait()
        return debian.kept_image(cache / NAME, make).identity

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.submit(ask, bool), pool.submit(ask, begun.wait)
    assert first.result() == second.result()
    assert times == [1]
