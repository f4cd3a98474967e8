"""`ops/pulumi.py` is the one place that starts Pulumi's command, and how it asks it."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path

import pytest

from ops.cli import OpsError
from ops.pulumi import Pulumi
from tests.ops.conftest import ROOT

PRODUCT = ("ops", "profiles", "gateway", "settings", "cloud_init", "lab", "bench")


def starts_it(source: str) -> bool:
    """Whether a list, or a text that is a command line, begins with the command's name."""
    lists = (
        node.elts[0]
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.List | ast.Tuple) and node.elts
    )
    lines = (
        node.func.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in ("split", "which")
    )
    found = [node.value for node in (*lists, *lines) if isinstance(node, ast.Constant)]
    return any(str(text).split()[:1] == ["pulumi"] for text in found)


def test_nothing_else_starts_it() -> None:
    files = [file for room in PRODUCT for file in (ROOT / room).rglob("*.py")]
    assert ROOT / "profiles/stack.py" in files
    assert [file for file in files if starts_it(file.read_text())] == []
    assert 'which("pulumi"' in (ROOT / "ops/pulumi.py").read_text()


@pytest.mark.parametrize(
    "code",
    ['run(["pulumi", "up"])', '"pulumi stack output".split()', 'run(("pulumi", *more))'],
)
def test_a_second_one_is_found(code: str) -> None:
    assert starts_it(code)


@pytest.fixture
def pulumi(tmp_path: Path) -> Pulumi:
    """Prints what its file ``says`` holds, and writes its arguments down."""
    program = tmp_path / "pulumi"
    program.write_text(
        f"#!{sys.executable}\nimport os, pathlib, sys\nhere = pathlib.Path({str(tmp_path)!r})\n"
        '(here / "asked").write_text(" ".join(sys.argv[1:]))\n'
        '(here / "caller").write_text(os.environ.get("LUNCH_GATEWAY_CALLER", ""))\n'
        'print((here / "says").read_text())\n'
    )
    program.chmod(0o755)
    return Pulumi({"PATH": str(tmp_path)}, "team/lunch-gateway/dev", tmp_path)


def says(pulumi: Pulumi, text: str) -> None:
    (pulumi.directory / "says").write_text(text)


def test_it_is_asked_without_questions_back(pulumi: Pulumi) -> None:
    says(pulumi, '{"server": "x"}')
    assert pulumi.outputs("--show-secrets") == {"server": "x"}
    asked = (pulumi.directory / "asked").read_text()
    assert asked == (
        "stack output --show-secrets --stack team/lunch-gateway/dev --json --non-interactive"
    )


@pytest.mark.parametrize("text", ["[]", "a-secret {"])
def test_what_is_no_map_ends_in_one_line_without_quoting_it(pulumi: Pulumi, text: str) -> None:
    says(pulumi, text)
    with pytest.raises(OpsError, match="no JSON") as error:
        pulumi.outputs()
    assert "a-secret" not in str(error.value)


def test_a_stack_with_an_organisation_keeps_its_settings_under_its_own_name(pulumi: Pulumi) -> None:
    assert pulumi.settings_file.name == "Pulumi.dev.yaml"


def test_the_program_is_told_who_called(pulumi: Pulumi) -> None:
    says(pulumi, json.dumps({}))
    assert pulumi.run("up") == 0
    assert (pulumi.directory / "caller").read_text() == "make"
