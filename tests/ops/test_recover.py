"""What `ops.recover` takes over. tests/engine/test_interrupted.py runs it for real."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from here.azure.kinds import KINDS
from ops.recover import IDS, RecoverError, adopt, main, put_back, subscription
from tests.gateway.program_run import SECRETS, run_program

GROUP = "/subscriptions/s/resourceGroups/g"


def resource(kind: str, **inputs: str) -> dict[str, Any]:
    token = next(token for token in IDS if token.endswith(f":{kind}"))
    return {"urn": f"urn:{kind}", "type": token, "inputs": {"resourceGroupName": "g", **inputs}}


def pending(what: str, found: dict[str, Any]) -> dict[str, Any]:
    return {"type": what, "resource": found}


def test_it_knows_every_type_that_the_program_makes() -> None:
    run = run_program(SECRETS)
    assert run.error is None
    made = {str(request.raw.type) for request in run.resources}
    assert "azure-native:compute:VirtualMachine" in made
    assert {token for token in made if token.startswith("azure-native:")} <= set(IDS)


def test_its_ids_are_those_of_the_double() -> None:
    """Two who wrote them down separately."""
    assert {token: kind.path for token, kind in KINDS.items()} == dict(IDS)


def test_what_was_being_created_is_taken_over_with_its_id() -> None:
    machine = resource("VirtualMachine", vmName="m")
    state = {
        "resources": [{**resource("ResourceGroup"), "id": GROUP}],
        "pending_operations": [
            pending("creating", machine),
            pending("deleting", resource("Subnet")),
            pending("creating", resource("ResourceGroup")),
            pending("creating", {"urn": "urn:p", "type": "pulumi:providers:x", "inputs": {}}),
        ],
    }
    assert adopt(state) == {"urn:VirtualMachine": machine["inputs"]}
    taken = state["resources"][-1]
    assert taken["id"] == f"{GROUP}/providers/Microsoft.Compute/virtualMachines/m"
    assert taken["outputs"] == {}
    assert len(state["resources"]) == 2
    assert "pending_operations" not in state


def test_inputs_are_put_back_as_they_were_asked_for() -> None:
    state = {"resources": [{"urn": "a", "inputs": {"x": 1, "default": 2}}, {"urn": "b"}]}
    put_back(state, {"a": {"x": 1}})
    assert state == {"resources": [{"urn": "a", "inputs": {"x": 1}}, {"urn": "b"}]}


def test_a_stack_where_nothing_is_in_doubt_needs_no_subscription() -> None:
    assert adopt({"resources": [], "pending_operations": None}) == {}


def test_without_a_subscription_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("ARM_SUBSCRIPTION_ID", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RecoverError, match="az login"):
        subscription({})
    monkeypatch.setenv("ARM_SUBSCRIPTION_ID", "mine")
    assert subscription({}) == "mine"


def test_a_command_that_fails_ends_it_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["dev"]) == 1
    assert capsys.readouterr().err.startswith("error: Pulumi's command is missing; install it")
    program = tmp_path / "pulumi"
    program.write_text("#!/bin/sh\necho 'error: no stack named dev' >&2\nexit 255\n")
    program.chmod(0o755)
    assert main(["dev"]) == 1
    assert capsys.readouterr().err == "error: pulumi stack: no stack named dev\n"
