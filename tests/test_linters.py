"""Linters are tests, and so are the rules of this house."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
BINARIES = Path(sys.executable).parent
ROOTFS = "cloud_init/rootfs/"

MAX_FUNCTION = 60
MAX_MODULE = 300


@cache
def tracked() -> tuple[str, ...]:
    """What git holds or is about to: new files count before they are committed."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    names = {name for name in listed.split("\0") if name}
    return tuple(sorted(name for name in names if (REPOSITORY / name).is_file()))


def text_of(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8", errors="replace")


def first_line(name: str) -> str:
    return text_of(name).partition("\n")[0]


def shell_scripts() -> list[str]:
    return [
        name
        for name in tracked()
        if re.match(r"#!.*\b(ba)?sh\b", first_line(name)) or "/default/grub.d/" in name
    ]


def python_files() -> list[str]:
    return [
        name
        for name in tracked()
        if name.endswith(".py") or re.match(r"#!.*python", first_line(name))
    ]


def python_on_the_guest() -> list[str]:
    return [name for name in python_files() if name.startswith(ROOTFS)]


def yaml_files() -> list[str]:
    return [name for name in tracked() if name.endswith((".yaml", ".yml"))]


def complaints(program: str, *arguments: str) -> str:
    """What a linter of the development environment says; it is an error if it is missing."""
    path = shutil.which(program, path=str(BINARIES)) or shutil.which(program)
    assert path, f"{program} is missing: pip install -r requirements-dev.txt"
    done = subprocess.run(
        [path, *arguments],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout if done.returncode else ""


def test_ruff() -> None:
    assert complaints("ruff", "check", "--quiet", ".", *python_on_the_guest()) == ""


def test_ruff_format() -> None:
    assert complaints("ruff", "format", "--check", ".", *python_on_the_guest()) == ""


def test_mypy() -> None:
    assert complaints("mypy") == ""


def test_mypy_on_the_guest() -> None:
    """Scripts without a suffix, each a program of its own."""
    for name in python_on_the_guest():
        assert complaints("mypy", "--scripts-are-modules", name) == ""


def test_shellcheck() -> None:
    # What grub.d holds is read by others: its variables are used there.
    for name in shell_scripts():
        options = ["--shell=sh", "--exclude=SC2034"] if "grub.d" in name else []
        assert complaints("shellcheck", "--norc", *options, name) == ""


def test_yamllint() -> None:
    assert complaints("yamllint", "--strict", *yaml_files()) == ""


@pytest.mark.parametrize(
    ("program", "arguments", "name", "text"),
    [
        ("ruff", ["check", "--quiet"], "x.py", "import os\n"),
        ("ruff", ["format", "--check"], "x.py", "x=1\n"),
        ("mypy", ["--config-file", str(REPOSITORY / "pyproject.toml")], "x.py", "def f(x): ...\n"),
        ("shellcheck", ["--norc"], "x.sh", "#!/bin/sh\necho $1\n"),
        ("yamllint", ["--strict", "-c", str(REPOSITORY / ".yamllint")], "x.yaml", "a: 1\na: 2\n"),
    ],
)
def test_a_linter_complains(
    program: str, arguments: list[str], name: str, text: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    assert complaints(program, *arguments, str(tmp_path / name)) != ""


# The rules of this house.


def long_functions(source: str) -> list[str]:
    return [
        f"{node.name}: {length} lines"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > MAX_FUNCTION
    ]


def test_functions_are_short() -> None:
    assert {
        name: found for name in python_files() if (found := long_functions(text_of(name)))
    } == {}
    assert long_functions("def f():\n" + "    x = 1\n" * MAX_FUNCTION)


def test_modules_are_short() -> None:
    lengths = {name: text_of(name).count("\n") for name in python_files()}
    assert lengths
    assert {name: lines for name, lines in lengths.items() if lines > MAX_MODULE} == {}


# Registries and mirrors differ from place to place: pip's and apt's own configuration
# decide, and none is named here. Known by the words that their names are made of.
REGISTRY = re.compile(
    r"https?://([\w-]+\.)*(pypi|pythonhosted|npmjs|registry|crates|proxy|nexus|artifactory"
    r"|deb|security|archive|snapshot|ftp|mirrors?)\.",
    re.I,
)
HOME = re.compile(r"(?<![\w.$}/-])/(home|Users)/[a-z][\w-]*|(?<![\w.$}/-])/root/\.\w", re.I)


def test_no_registry_and_no_home_directory() -> None:
    found = [
        f"{name}:{number}: {line.strip()}"
        for name in tracked()
        for number, line in enumerate(text_of(name).splitlines(), 1)
        if REGISTRY.search(line) or HOME.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "pip install -i https:/" + "/registry.example.net/simple x",
        "deb http:/" + "/deb.example.net/debian trixie main",
        "https:/" + "/eu.mirror.example.net/debian",
        'open("/' + 'home/alice/x")',
        "cd /" + "Users/bob/project",
        "/" + "root/.cache/x",
    ],
)
def test_registries_and_home_directories_are_found(line: str) -> None:
    assert REGISTRY.search(line) or HOME.search(line)


def test_ordinary_links_are_no_registries() -> None:
    for line in ("https://github.com/libreswan/libreswan/issues/1014", "$HOME/.cache", "~/.ssh"):
        assert not REGISTRY.search(line)
        assert not HOME.search(line)


def imports(name: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text_of(name))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


ROOMS = {
    # room: the rooms that it may import from. None upwards, no circle.
    "settings": set(),
    "gateway": {"settings"},
    "cloud_init": {"settings"},
    "profiles": {"settings", "ops"},
    "ops": {"settings", "cloud_init"},
    "lab": set(),  # it knows nothing of how the gateway was made: both ends would share a mistake
    "bench": {"lab"},
    "here": {"lab"},  # it types what a user types, so that no mistake is made at both ends
    "pictures": {"bench", "ops"},
}
PURE = {"pulumi", "pulumi_azure_native"}
BOTH_ENDS = {"settings", "cloud_init", "gateway", "profiles", "ops"}
FORBIDDEN_IMPORTS = [
    # folder, what it must not import, why
    *((f"{room}/", {*ROOMS, "tests"} - may - {room}, "its room") for room, may in ROOMS.items()),
    *((f"{room}/", PURE, "pure") for room in ROOMS if room not in {"gateway", "ops", "here"}),
    ("tests/lab/", BOTH_ENDS, "both ends would share a mistake"),
    ("tests/bench/", BOTH_ENDS, "both ends would share a mistake"),
    # The double of Azure knows nothing of what boots behind it, nor of who asks it.
    ("here/azure/", {"lab", "here.cli"}, "its floor"),
    ("here/cli/", {"here.azure"}, "its floor"),
    # The lab's floors: what lies below does not know what stands on it.
    ("lab/images/", {"lab.lab", "lab.machines", "lab.world", "lab.phones", "lab.scenarios"}, ""),
    ("lab/machines/", {"lab.lab", "lab.images", "lab.world", "lab.phones", "lab.scenarios"}, ""),
    ("lab/world/", {"lab.lab", "lab.phones", "lab.scenarios"}, ""),
    ("lab/phones/", {"lab.lab", "lab.scenarios"}, ""),
    ("bench/report/", {"lab", "bench.benchmark"}, "it reads records, and measures not"),
]


def forbidden(name: str) -> set[str]:
    banned = set().union(*(ban for folder, ban, _ in FORBIDDEN_IMPORTS if name.startswith(folder)))
    return {
        module
        for module in imports(name)
        if any(module == ban or module.startswith(f"{ban}.") for ban in banned)
    }


def test_who_may_import_whom() -> None:
    found = {name: sorted(bad) for name in python_files() if (bad := forbidden(name))}
    assert found == {}


def test_a_forbidden_import_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "text_of", lambda _: "from cloud_init import files")
    assert forbidden("lab/phones/phone.py") == {"cloud_init", "cloud_init.files"}
    assert forbidden("ops/ci/guests.py") == set()


def lines_of(room: str) -> int:
    files = [name for name in python_files() if name.startswith(f"{room}/")]
    return sum(text_of(name).count("\n") for name in files)


def test_the_benchmark_and_its_report_stay_small() -> None:
    """They were 2,758 lines, and nobody could say who measures what."""
    assert 0 < lines_of("bench") <= 2000


def test_no_room_holds_a_third_of_the_code() -> None:
    """The biggest one was the one that nobody could hold in the head."""
    lines = {room: lines_of(room) for room in ROOMS}
    assert all(lines.values())
    assert max(lines.values()) < sum(lines.values()) / 3, lines


READS_CONFIG = re.compile(r"\bpulumi\.(Config|get_config)\b|from pulumi import .*\bConfig\b")


def test_only_gateway_config_reads_the_stack_configuration() -> None:
    readers = [
        name
        for name in python_files()
        if not name.startswith("tests/") and READS_CONFIG.search(text_of(name))
    ]
    assert set(readers) <= {"gateway/config.py"}


@pytest.mark.parametrize("code", ["pulumi.Config()", "from pulumi import Config, export"])
def test_readers_of_the_stack_configuration_are_found(code: str) -> None:
    assert READS_CONFIG.search(code)


def test_nothing_of_what_we_wrote_is_silenced_wholesale() -> None:
    """A suppression names its rule, so that it hides one thing only."""
    wholesale = re.compile(r"# (noqa|type: ignore)(?![:\[])|# (mypy: ignore-errors|ruff: noqa)\b")
    assert [name for name in python_files() if wholesale.search(text_of(name))] == []
    assert wholesale.search("x = 1  # no" + "qa")
