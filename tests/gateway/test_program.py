"""``__main__.py`` as Pulumi runs it, with good and with bad configurations."""

from __future__ import annotations

import re

import pulumi
import pytest

from tests.gateway.program_run import PSK, ROOT, SECRETS, Run, run_program


def test_it_is_short() -> None:
    assert len((ROOT / "__main__.py").read_text().splitlines()) <= 30


def test_it_exports_what_its_owner_needs(default_run: Run) -> None:
    assert set(default_run.outputs) == {
        "server", "address", "vm", "region", "protocols", "modp1024", "users", "psk", "passwords",
        "guest", "next",
    }  # fmt: skip


@pytest.mark.parametrize(
    "bad",
    [
        {"psk": PSK[:10]},
        {"users": {}},
        {"vmSize": "tiny"},
        {"azure-native:location": "?"},
        {"x": "1"},
    ],
    ids=str,
)
def test_a_mistake_ends_it_before_the_first_resource(bad: dict[str, str]) -> None:
    """RunError is what Pulumi's language host shows without a traceback."""
    run = run_program(SECRETS | bad)
    assert isinstance(run.error, pulumi.RunError)
    assert str(run.error).count("\n") == 0
    assert run.requests == []
    assert run.outputs == {}
    assert PSK[:10] not in str(run.error) + "".join(run.log)


def test_too_many_users_for_azure_end_it_before_the_first_resource() -> None:
    crowd = {f"user-{number:04}": f"of {number:097}" for number in range(600)}
    run = run_program({**SECRETS, "users": crowd})
    assert isinstance(run.error, pulumi.RunError)
    assert re.fullmatch(
        r"lunch-gateway:users: the rendered guest has \d+ bytes, Azure takes 65535;"
        " remove some users",
        str(run.error),
    )
    assert run.requests == []
    assert run.outputs == {}


def test_it_is_the_same_at_every_run(default_run: Run) -> None:
    """No clock and no chance: a second preview would show a change."""
    again = run_program(SECRETS)
    assert {r.raw.name: r.inputs for r in again.requests} == {
        r.raw.name: r.inputs for r in default_run.requests
    }
    assert again.outputs == default_run.outputs
