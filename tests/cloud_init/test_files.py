"""The tree of files: complete, filled in, with the right modes."""

from __future__ import annotations

import ast
import re
import string
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from cloud_init import files
from cloud_init.files import (
    ROOTFS,
    SECRET_FILES,
    GuestFileError,
    guest_files,
)
from settings.guest import Settings, parse
from tests.cloud_init.conftest import EVERY_FILE, brought_by
from tests.cloud_init.rendered import by_path
from tests.cloud_init.strategies import MINIMAL, settings_maps

REPOSITORY = ROOTFS.parents[1]
TEMPLATES = sorted(ROOTFS.rglob("*.tmpl"))


def test_what_git_holds_is_what_lands(raw: dict[str, Any]) -> None:
    """An editor's backup or a stray cache in rootfs/ would be shipped too."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "cloud_init/rootfs"],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    layers = [name.split("/", 3) for name in listed.split("\0") if name]
    beside = [names.pop() for names in layers if len(names) == 3]
    assert beside == ["README.md"]
    tracked = {f"/{names[3]}" for names in layers if len(names) == 4}
    complete = by_path(parse({**raw, **EVERY_FILE}))
    assert {name.removesuffix(".tmpl") for name in tracked} == set(complete)


def says_only(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def told_by(code: str, said: bool = True) -> str:
    """What it does; `said` is whether what it only says, to readers, counts."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if not said and isinstance(body, list) and len(body) > 1:
            keep = isinstance(node, ast.Module) and "__doc__" in code
            first, rest = body[: int(keep)], body[int(keep) :]
            vars(node)["body"] = first + [each for each in rest if not says_only(each)]
    return ast.dump(tree)


def test_comments_stay_in_the_repository(raw: dict[str, Any]) -> None:
    """And nothing else does: no word of a user's, no first line of a script."""
    settings = parse({**raw, **EVERY_FILE, "users": {"alice": "#alice-secret-4711"}})
    landed = by_path(settings)
    assert '"#alice-secret-4711"' in landed["/etc/ppp/chap-secrets"].content
    assert landed["/usr/local/sbin/gateway-setup"].content.startswith("#!")
    left = [
        f"{path}: {line}"
        for path, file in landed.items()
        for number, line in enumerate(file.content.splitlines())
        if re.match(r"\s*//" if path.endswith(".c") else r"\s*(#|//)", line)
        and not (number == 0 and line.startswith("#!"))
    ]
    assert not left
    for path, file in landed.items():
        if path.endswith(".py") or file.content.startswith("#!/usr/bin/python3"):
            (source,) = ROOTFS.glob(f"*{path}")
            assert told_by(file.content) == told_by(source.read_text(), said=False), path
            first = ast.get_docstring(ast.parse(file.content))
            assert bool(first) == ("__doc__" in file.content), "--help prints it"
    # What looks like a comment inside one would be lost.
    scripts = {path: file for path, file in landed.items() if not path.endswith(".c")}
    assert not [path for path, file in scripts.items() if "<<" in file.content]


def test_git_knows_what_is_executable() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--stage", "cloud_init/rootfs"],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    wrong = [
        line
        for line in listed.splitlines()
        if line.startswith("100755") != any(place in line for place in EXECUTABLE)
    ]
    assert wrong == []


EXECUTABLE = ("/sbin/", "/ip-up.d/", "/ip-down.d/", "/hooks/", "/postinst.d/")


def test_modes(settings: Settings) -> None:
    modes = {path: file.mode for path, file in by_path(settings).items()}
    assert {path for path, mode in modes.items() if mode == 0o600} == set(SECRET_FILES)
    assert {path for path, mode in modes.items() if mode == 0o755} == {
        path for path in modes if any(place in path for place in EXECUTABLE)
    }
    assert set(modes.values()) <= {0o600, 0o644, 0o755}


def test_only_the_secret_files_hold_secrets(settings: Settings) -> None:
    """Found by what differs when only the secrets do."""
    ours, redacted = by_path(settings), by_path(settings.redacted())
    assert {path for path in ours if ours[path] != redacted[path]} == set(SECRET_FILES)


def test_every_secret_file_says_why() -> None:
    assert all(len(reason) > 10 for reason in SECRET_FILES.values())


def names_in(template: Path) -> set[str]:
    return set(string.Template(template.read_text(encoding="utf-8")).get_identifiers())


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_a_reason_and_valid_placeholders(template: Path) -> None:
    assert names_in(template), "without a placeholder it should be a literal file"
    assert string.Template(template.read_text(encoding="utf-8")).is_valid()


def test_every_value_is_used_by_a_template(settings: Settings) -> None:
    used = {name for template in TEMPLATES for name in names_in(template)}
    assert set(files._template_values(settings)) == used


MISTAKES: dict[str, tuple[str, bytes, str]] = {
    "no value": ("x.tmpl", b"${no_such}", "names 'no_such', a value that does not exist"),
    "bare": ("x.tmpl", b"$no_such", "names 'no_such', a value that does not exist"),
    "open": ("x.tmpl", b"${psk", "Invalid placeholder"),
    "dollar": ("x.tmpl", b"100 $", "Invalid placeholder"),
    "latin": ("x", b"caf\xe9", "not UTF-8 text"),
    "python": ("x.py", b"def", "invalid syntax"),
    "nul": ("x.py", b"a = '\0'", "null bytes"),
    "deep": ("x.py", b"a" + b".a" * 50_000, ""),
}


@pytest.mark.parametrize(("name", "content", "complaint"), MISTAKES.values(), ids=list(MISTAKES))
def test_a_mistake_in_a_file_is_said_in_one_line(
    name: str, content: bytes, complaint: str, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "base/etc").mkdir(parents=True)
    (tmp_path / "base/etc" / name).write_bytes(content)
    with pytest.raises(GuestFileError) as caught:
        list(guest_files(settings, tmp_path))
    path, _, why = str(caught.value).partition(": ")
    assert path == f"/etc/{name}"
    assert complaint in why
    assert why
    assert "\n" not in why


def test_a_literal_file_keeps_its_dollars(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base/x.sh").write_text("echo ${psk} $$\n")
    assert [file.content for file in guest_files(settings, tmp_path)] == ["echo ${psk} $$\n"]


@given(settings_maps())
def test_every_file_is_whole_lines_of_ascii(raw: dict[str, Any]) -> None:
    for file in guest_files(parse(raw)):
        assert file.path.startswith("/")
        assert not file.path.endswith(".tmpl")
        assert file.content.isascii()
        assert "\r" not in file.content
        assert not re.search(r"[ \t]$", file.content, re.M), file.path
        assert re.search(r"[^\n]\n\Z", file.content), file.path


@pytest.mark.parametrize("acceleration", ["split", "off"])
@pytest.mark.parametrize("quic", ["allow", "reject"])
@pytest.mark.parametrize("modp1024", ["allow", "reject"])
def test_what_is_not_wanted_is_left_out(acceleration: str, quic: str, modp1024: str) -> None:
    wanted = {"acceleration": acceleration, "quic": quic, "modp1024": modp1024}
    paths = set(by_path(parse(MINIMAL | wanted)))
    complete = set(by_path(parse(MINIMAL | EVERY_FILE)))
    left_out = complete - paths
    assert left_out == set().union(
        () if acceleration == "split" else brought_by("split"),
        () if (acceleration, quic) == ("split", "reject") else brought_by("quic-rejected"),
        () if modp1024 == "allow" else brought_by("modp1024"),
    )
