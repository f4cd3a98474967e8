"""The machine's console and self-test through Azure, on a double of az."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ops import vm
from ops.__main__ import main
from ops.pulumi import Pulumi

MACHINE = "/subscriptions/4711/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/vm"
STANDS = [{"name": "dev", "resourceCount": 9}]
Az = Any


@pytest.fixture
def outputs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """Those of a stack that stands, as Pulumi would tell them."""
    said = {"server": "gateway.example", "vm": MACHINE}
    monkeypatch.setattr(Pulumi, "require", lambda _: None)
    monkeypatch.setattr(Pulumi, "json", lambda *_: STANDS)
    monkeypatch.setattr(Pulumi, "outputs", lambda *_: said)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("CI", "PULUMI_BACKEND_URL", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    return said


@pytest.fixture
def az(outputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Az:
    """Prints what it is told to, and writes down what it was asked."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")

    def install(says: str, status: int = 0) -> None:
        (tmp_path / "says").write_text(says)
        program = tmp_path / "bin/az"
        asked = f"printf '%s\\n' \"$@\" > {tmp_path}/asked"
        program.write_text(f"#!/bin/sh\n{asked}\ncat {tmp_path}/says\nexit {status}\n")
        program.chmod(0o755)

    return install


def asked(tmp_path: Path) -> list[str]:
    return (tmp_path / "asked").read_text().splitlines()


def answer(printed: str, wrong: str = "") -> str:
    """Azure's, as Microsoft's run-command extension for Linux words it."""
    message = f"Enable succeeded: \n[stdout]\n{printed}\n[stderr]\n{wrong}"
    return json.dumps({"value": [{"code": "ProvisioningState/succeeded", "message": message}]})


def test_the_console(az: Az, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    az("[  12.3] gateway-setup: FAILED\n")
    assert main(["logs"]) == 0
    shown = capfd.readouterr()
    assert shown.out == "[  12.3] gateway-setup: FAILED\n"
    assert "Look for FAIL, and for gateway-setup: FAILED or waiting" in shown.err
    assert asked(tmp_path) == ["vm", "boot-diagnostics", "get-boot-log", "--ids", MACHINE]


def test_a_machine_without_a_console(az: Az, capfd: pytest.CaptureFixture[str]) -> None:
    az("", status=3)
    assert main(["logs"]) == 1
    last = capfd.readouterr().err.splitlines()[-1]
    assert last.startswith("logs: az gave no log; a machine that was just made has none")
    assert f"az vm start --ids {MACHINE}" in last


@pytest.mark.parametrize("status", [0, 1])
def test_the_selftest(
    status: int, az: Az, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    az(answer(f"ok    kernel 7.3\nWARN  updates\ngateway-selftest-status={status}\n"))
    assert main(["selftest"]) == status
    assert capsys.readouterr().out == "ok    kernel 7.3\nWARN  updates\n"
    assert asked(tmp_path) == [
        *("vm", "run-command", "invoke", "--command-id", "RunShellScript"),
        *("--scripts", vm.SCRIPT, "--ids", MACHINE, "--output", "json"),
    ]


def test_the_script_ends_as_the_selftest_does(tmp_path: Path) -> None:
    """What Azure's shell would do with it, here with a self-test that fails."""
    selftest = tmp_path / "gateway-selftest"
    selftest.write_text("#!/bin/sh\necho FAIL\nexit 3\n")
    selftest.chmod(0o755)
    command = ["/bin/sh", "-c", vm.SCRIPT]
    path = {"PATH": str(tmp_path)}
    said = subprocess.run(command, env=path, capture_output=True, text=True, check=True).stdout
    assert said == "FAIL\ngateway-selftest-status=3\n"


@pytest.mark.parametrize(
    ("says", "status", "expected"),
    [
        ("", 1, "Azure could not ask the machine; is it running, and are you logged in?"),
        ("<html>", 0, "Azure could not ask the machine"),
        ("{}", 0, "az said something else: {}"),
        ('{"value": []}', 0, 'az said something else: {"value": []}'),
        (answer("", "gateway-selftest: not found\n"), 0, "did not run: gateway-selftest: not"),
    ],
    ids=["failed", "no JSON", "empty", "no result", "no self-test"],
)
def test_no_result_is_said_in_one_line(
    says: str, status: int, expected: str, az: Az, capsys: pytest.CaptureFixture[str]
) -> None:
    az(says, status)
    assert main(["selftest"]) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("selftest: ")
    assert expected in last


def test_a_machine_that_hangs(
    az: Az, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(vm, "PATIENCE", 0.2)
    az("")
    program = tmp_path / "bin/az"
    program.write_text("#!/bin/sh\nsleep 5\n")
    assert main(["selftest"]) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == "selftest: the machine gave no answer for 0.2 s; try make logs"


@pytest.mark.parametrize("command", ["logs", "selftest"])
def test_there_is_no_machine(
    command: str, az: Az, outputs: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    az("")
    del outputs["vm"]
    assert main([command]) == 1
    assert capsys.readouterr().err.startswith(
        f"{command}: stack dev has no machine; make up STACK=dev"
    )


@pytest.mark.parametrize("command", ["logs", "selftest"])
def test_without_az(
    command: str,
    outputs: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert main([command]) == 1
    assert capsys.readouterr().err.startswith(f"{command}: Azure's command az is missing")
