"""A clone, and pull requests to it, for what the bot says of them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ops.ci import verdict as module
from ops.ci.comment import comment
from ops.ci.guests import EXAMPLE, ROOTFS
from ops.ci.tree import Tree
from ops.ci.verdict import Verdict, judge

ROOT = Path(__file__).parents[2]

NOTHING = "changes nothing"
"""What the bot must not say of a pull request that could change a guest."""


@dataclass
class Repository:
    """A clone with a base; what is done to its files becomes a pull request's commit."""

    path: Path

    def git(self, *arguments: str) -> str:
        who = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "core.fileMode=true")
        done = subprocess.run(
            ["git", *who, *arguments], cwd=self.path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self) -> str:
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "--message", "x")
        return self.git("rev-parse", "HEAD")

    def rootfs(self, name: str) -> Path:
        return self.path / ROOTFS / name

    def verdict(self, change: Callable[[], object]) -> Verdict:
        base = self.git("rev-parse", "main")
        change()
        return judge(base, self.commit(), self.path)

    def said(self, change: Callable[[], object]) -> str:
        return comment(self.verdict(change))


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template")
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("cloud_init", "docs", "gateway", "settings", ".github"):
        shutil.copytree(ROOT / name, path / name, ignore=ignored)
    for name in (EXAMPLE, "constraints.txt", "__main__.py", "README.md"):
        shutil.copy(ROOT / name, path)
    repository = Repository(path)
    repository.git("init", "--quiet", "--initial-branch=main")
    repository.commit()
    return path


@pytest.fixture
def clone(template: Path, tmp_path: Path) -> Repository:
    shutil.copytree(template, tmp_path / "clone", symlinks=True)
    repository = Repository(tmp_path / "clone")
    repository.git("checkout", "--quiet", "-b", "theirs")
    return repository


KNOWN: dict[str, Any] = {}
"""What was rendered before, by what it was made of: every base here is the same one."""


@pytest.fixture(autouse=True)
def remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Render each tree once."""
    render = module._rendered

    def rendered(files: Tree, directory: Path) -> Any:
        guests = KNOWN.get(str(files)) or render(files, directory)
        if not any(isinstance(guest, str) for guest in guests.values()):
            KNOWN[str(files)] = guests
        return guests

    monkeypatch.setattr(module, "_rendered", rendered)


def add(path: Path, text: str) -> None:
    """Append to a file."""
    path.write_text(path.read_text() + text)
