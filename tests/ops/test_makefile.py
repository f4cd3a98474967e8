"""The Makefile: what it calls, what it shows, and what it needs of a system."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.ops.conftest import ROOT
from tests.ops.making import MAKEFILE, called, listed, make, recording

TOOLS = ("awk", "echo", "id", "nice", "rm", "touch", "sh")
"""What the Makefile's head says that it needs, and the shell that make starts."""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    return recording(tmp_path / "clone")


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["up"], "[-m][ops][up][--stack=dev][--region=][--like=]"),
        (["up", "STACK=a", "REGION=b", "LIKE=c"], "[up][--stack=a][--region=b][--like=c]"),
        (["up", "REFRESH=yes"], "[up][--stack=dev][--region=][--like=][--refresh]"),
        (["preview"], "[preview][--stack=dev][--region=][--like=]"),
        (["down", "STACK=a"], "[down][--stack=a]"),
        (["down", "UNLOCK=yes"], "[down][--stack=dev][--unlock]"),
        (["down", "UNLOCK=", "STACK=a"], "[down][--stack=a]"),
        (["status"], "[-m][ops][status][--stack=dev]"),
        (["output"], "[output][--stack=dev]"),
        (["unlock"], "[unlock][--stack=dev]"),
        (["user", "ADD=hanako"], "[user][--stack=dev][--add=hanako][--remove=]"),
        (["user", "REMOVE=a", "STACK=b"], "[user][--stack=b][--add=][--remove=a]"),
        (["new-key", "STACK=a"], "[new-key][--stack=a]"),
        (["replace"], "[replace][--stack=dev]"),
        (["logs"], "[logs][--stack=dev]"),
        (["selftest"], "[selftest][--stack=dev]"),
        (["price", "REGION=b", "CURRENCY=JPY"], "[--region=b][--size=][--currency=JPY]"),
        (["price"], "[price][--stack=dev][--region=][--size=][--currency=USD]"),
        (["backup", "TO=x"], "[backup][--stack=dev][--to=x]"),
        (["forget"], "[forget][--stack=dev]"),
        (["diff"], "[diff][--base=main]"),
        (["diff", "BASE=a"], "[diff][--base=a]"),
        (["env"], "[env][--stack=dev]"),
        (["guard", "STACK=a"], "[guard][--stack=a]"),
        (["profiles"], "[profiles][--stack=dev]"),
        (["profiles", "SETTINGS=LICENSE", "SERVER=s"], "[--settings=LICENSE][--server=s]"),
        (["doctor", "PYTHON=.venv/bin/python"], "[-m][ops.doctor]"),
        (["up", "HERE=yes"], "[-m][here][ops][--phone=][up][--stack=here][--region=][--like=]"),
        (["up", "HERE=yes", "PHONE=192.0.2.1"], "[--phone=192.0.2.1][up][--stack=here]"),
        (["down", "STACK=here"], "[-m][here][ops][--phone=][down][--stack=here]"),
        (["try", "SETTINGS=LICENSE"], "[-m][here][try][--settings=LICENSE]"),
        (["soak", "SEED=5"], "[-m][lab][soak][--cuts=20][--seed=5]"),
        (["render"], "[render][--settings][settings.example.yaml][--out][build/guest]"),
    ],
    ids=str,
)
def test_it_calls(clone: Path, arguments: list[str], command: str) -> None:
    ready = ["PYTHON=.venv/bin/python"] if arguments[0] == "up" else []
    assert command in called(clone, *arguments, *ready)


def test_a_life_ends_with_its_make() -> None:
    assert "setpriv --pdeathsig TERM -- .venv/bin/python -m here try" in make("-n", "try").stdout


@pytest.mark.parametrize(
    "text", ["o'brien", 'a"b', "$x $(x) $$x `x`", "a\nb", "*", "-x", "a b", "%"]
)
def test_a_value_arrives_as_it_is(clone: Path, text: str) -> None:
    said = called(clone, "user", f"ADD={text}", f"STACK={text}")
    assert said == f"[-m][ops][user][--stack={text}][--add={text}][--remove=]\n"
    assert called(clone, "user", ADD=text, STACK=text) == said
    (clone / "my lunch's.yaml").touch()
    given = (f"TITLE={text}", f"SERVER={text}", "SETTINGS=my lunch's.yaml")
    assert called(clone, "profiles", *given).endswith(
        f"[--settings=my lunch's.yaml][--server={text}][--title={text}]\n"
    )


@pytest.mark.parametrize("target", ["render", "profiles", "status", "user", "diff", "logs"])
def test_what_reads_files_needs_the_small_environment_only(target: str, tmp_path: Path) -> None:
    """Three packages and what they bring; the tests' own are some hundred times as much."""
    for name in ("Makefile", "requirements.lock", "requirements-profiles.lock"):
        shutil.copy(ROOT / name, tmp_path)
    said = make("--dry-run", target, directory=tmp_path).stdout
    assert re.findall(r"--requirement (\S+)", said) == ["requirements-profiles.lock"]
    # What Python 3.11 puts there by itself is a third of it.
    made, _, installed = said.partition("-m venv")
    assert "pip uninstall --yes -qq setuptools" in installed.partition("--requirement")[0]
    assert "uninstall" not in made


def test_all_tests_of_the_lab_are_run() -> None:
    """By their files' names: to ask all files whether they have one takes half a minute."""
    commands = make("--dry-run", "test").stdout
    files = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "tests").rglob("test_*.py")
        if re.search(
            r"^pytestmark = pytest\.mark\.lab$|^@pytest\.mark\.lab", path.read_text(), re.M
        )
    ]
    assert len(files) > 1
    assert sorted(re.findall(r"-m pytest (tests/\S+)", commands)) == sorted(files)
    assert '-m pytest -m "not lab" --numprocesses' in commands


# Its list.


def shown(target: str, **environment: str) -> str:
    done = make(target, directory=ROOT, **environment)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


UNLISTED = ("help", "help-dev", "image-gateway", "image-world")
"""The lists themselves, and what `make provision` is made of."""


@pytest.mark.parametrize("target", ["help", "help-dev"])
def test_the_list_fits_a_terminal(target: str) -> None:
    lines = shown(target).splitlines()
    assert len(lines) > 10
    assert [line for line in lines if len(line) > 80] == []


def test_every_target_is_in_one_of_the_lists() -> None:
    targets = set(" ".join(re.findall(r"^([a-z][a-z -]*):(?!=)", MAKEFILE, re.M)).split())
    assert targets == set(listed("COMMANDS"))
    lists = [re.findall(r"^  make ([a-z-]+)", shown(name), re.M) for name in ("help", "help-dev")]
    assert sorted([*lists[0], *lists[1], *UNLISTED]) == sorted(targets)
    assert "make help-dev" in shown("help")
    assert make().stdout == shown("help")


def test_a_user_reads_of_no_other_tool() -> None:
    assert "pulumi" not in shown("help").lower()


# What it needs.


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A fresh clone, on a system that has Python and the tools of the Makefile's head."""
    clone = tmp_path / "clone"
    shutil.copytree(ROOT / "ops", clone / "ops", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Makefile", "requirements.lock", "requirements-profiles.lock"):
        shutil.copy(ROOT / name, clone)
    (tmp_path / "bin").mkdir()
    for name in TOOLS:
        (tmp_path / "bin" / name).symlink_to(str(shutil.which(name)))
    python = tmp_path / "bin/python3"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    return clone


def path_of(bare: Path) -> str:
    return str(bare.parent / "bin")


def test_up_refuses_before_it_makes_anything(bare: Path) -> None:
    done = make("up", directory=bare, PATH=path_of(bare))
    assert done.returncode
    assert "4 things are missing; nothing was changed:" in done.stderr
    assert all(f"\n  {name} " in done.stderr for name in ("curl", "git", "pulumi", "az"))
    assert not (bare / ".venv").exists()
    # In parallel, too: what is missing is known before the environment is begun.
    make("--jobs=4", "up", directory=bare, PATH=path_of(bare))
    assert not (bare / ".venv").exists()


def test_without_any_python(bare: Path) -> None:
    (bare.parent / "bin/python3").unlink()
    done = make("doctor", directory=bare, PATH=path_of(bare))
    assert done.returncode
    assert done.stderr.startswith("Python 3.11 or later is missing: https://")


def test_the_lists_need_awk_alone(bare: Path) -> None:
    assert shown("help", PATH=path_of(bare)) == make("help", directory=bare).stdout
    for awk in ("mawk", "original-awk", "busybox"):
        if found := shutil.which(awk):
            (bare.parent / "bin/awk").unlink()
            (bare.parent / "bin/awk").symlink_to(found)
            assert make("help-dev", directory=bare, PATH=path_of(bare)).stdout == shown("help-dev")


def test_nothing_in_it_is_younger_than_macos_make() -> None:
    """GNU make 3.81. What came later is taken for text there, and most of it silently."""
    young = (
        r"!=|::=|\$\(file |\.ONESHELL|\$\(let |\$\(intcmp |^undefine|\.SHELLSTATUS|\$\(guile |&:"
    )
    assert re.findall(young, MAKEFILE, re.M) == []
    assert re.findall(young, "x != date\na b &: c\n.ONESHELL:\n", re.M) == ["!=", "&:", ".ONESHELL"]
