"""The same settings give the same bytes, whatever is around: no clock, chance or network."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import cloud_init
from cloud_init.user_data import (
    user_data,
)
from settings.guest import Settings
from tests.cloud_init.conftest import EXAMPLE

PACKAGE = Path(cloud_init.__file__).parent
REPOSITORY = PACKAGE.parent
SETTINGS = REPOSITORY / "settings"
COMMANDS = {PACKAGE / "__main__.py", SETTINGS / "__main__.py", SETTINGS / "whole.py"}
"""And what only they use: it writes what was rendered."""
PURE = (
    *(PACKAGE / "files.py", PACKAGE / "user_data.py"),
    *sorted({*SETTINGS.glob("*.py")} - COMMANDS),
)
MAY_IMPORT = {
    *("__future__", "ast", "base64", "binascii", "bz2", "collections", "contextlib"),
    *("dataclasses", "difflib", "functools", "io", "ipaddress", "itertools", "os", "pathlib"),
    *("re", "reprlib", "stat", "string", "tarfile", "textwrap", "types", "typing", "yaml"),
    *("cloud_init", "settings"),
}
IMPURE = (
    *("pulumi", "pulumi_azure_native", "socket", "ssl", "http", "random", "secrets", "uuid"),
    *("subprocess", "asyncio", "tempfile", "getpass", "platform"),
)

RENDER = f"""
import sys, yaml
from settings.guest import parse
from cloud_init.user_data import user_data
with open({str(EXAMPLE)!r}, encoding="utf-8") as file:
    sys.stdout.write(user_data(parse(yaml.safe_load(file))))
"""


def rendered_by(script: str, **environment: str) -> str:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=REPOSITORY,
        env={"PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1", **environment},
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    ).stdout


def test_other_processes_render_the_same_bytes(settings: Settings) -> None:
    text = user_data(settings)
    assert rendered_by(RENDER, PYTHONHASHSEED="1", TZ="Asia/Tokyo", LC_ALL="C") == text
    assert rendered_by(RENDER, PYTHONHASHSEED="2", USER="x", HOME="/nowhere") == text


BLOCKER = f"""
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {set(IMPURE)!r}:
            raise ImportError(f"{{name}} is not for the generator")
for name in {IMPURE!r}:
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Blocker())
"""


def test_it_renders_without_network_clock_or_pulumi(settings: Settings) -> None:
    assert rendered_by(BLOCKER + RENDER) == user_data(settings)


@pytest.mark.parametrize("name", IMPURE)
def test_the_blocker_blocks(name: str) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        rendered_by(BLOCKER + f"import {name}")


def imported_by(source: str) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "cloud_init")
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("path", PURE, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_pure_modules_import_only_what_is_pure(path: Path) -> None:
    """time and datetime are in every interpreter already, so a blocker can't see them."""
    source = path.read_text(encoding="utf-8")
    assert imported_by(source) <= MAY_IMPORT
    assert "environ" not in source
    assert "getenv" not in source


def test_impure_imports_are_found() -> None:
    source = "def f():\n    from time import sleep\n    import socket, os.path\n"
    assert imported_by(source) == {"time", "socket", "os"}


def test_every_module_is_either_pure_or_the_command() -> None:
    others = {PACKAGE / "__init__.py", *COMMANDS}
    assert {*PACKAGE.glob("*.py"), *SETTINGS.glob("*.py")} == {*PURE, *others}
