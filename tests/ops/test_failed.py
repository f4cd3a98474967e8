"""A failed ``make up`` says what stands, what of it costs, and what ends it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from ops import failed
from ops.cli import OpsError
from ops.pulumi import Pulumi
from tests.ops.conftest import Project

GROUP = ["resources:ResourceGroup", "network:VirtualNetwork", "network:Subnet"]
ADDRESS = [*GROUP, "network:PublicIPAddress"]
INTERFACE = [*ADDRESS, "network:NetworkSecurityGroup", "network:NetworkInterface"]
ALL = [*INTERFACE, "compute:VirtualMachine"]


def resource(kind: str) -> dict[str, Any]:
    return {"type": f"azure-native:{kind}", "custom": True, "id": "/x"}


OTHERS = [
    {"type": "pulumi:pulumi:Stack"},
    {"type": "pulumi:providers:azure-native", "custom": True},
    {"type": "lunch-gateway:index:Gateway"},
]


def said(monkeypatch: pytest.MonkeyPatch, answer: Any) -> list[str]:
    """The report, given what Pulumi exports."""

    def read(_: Pulumi, *arguments: str) -> str:
        assert arguments == ("stack", "export", "--stack", "dev")
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, str) else json.dumps(answer)

    monkeypatch.setattr(Pulumi, "read", read)
    return failed.report(Pulumi({}, "dev")).splitlines()


def with_resources(*kinds: str, pending: tuple[str, ...] = ()) -> dict[str, Any]:
    began = [{"resource": resource(kind), "type": "creating"} for kind in pending]
    return {
        "deployment": {
            "resources": [*OTHERS, *map(resource, kinds)],
            "pending_operations": began,
        }
    }


@pytest.mark.parametrize(
    ("kinds", "price"),
    [
        (GROUP, "stand 3 resources of stack dev; nothing of it costs money"),
        (ADDRESS, "stand 4 resources of stack dev; paid by the hour: the address."),
        (
            ALL,
            "stand 7 resources of stack dev; paid by the hour: the address and the machine with its"
            " disk.",
        ),
    ],
)
def test_what_stands_and_costs(
    monkeypatch: pytest.MonkeyPatch, kinds: list[str], price: str
) -> None:
    first, second, *_ = said(monkeypatch, with_resources(*kinds))
    assert first == "not up; make up STACK=dev goes on where this stopped"
    assert price in second
    assert second.endswith("make down STACK=dev deletes all")


def test_what_was_being_made_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed while Azure made the machine: it is there, for all we know, and costs."""
    lines = said(monkeypatch, with_resources(*INTERFACE, pending=("compute:VirtualMachine",)))
    assert "the machine with its disk" in lines[1]


@pytest.mark.parametrize(
    ("kinds", "word"),
    [(GROUP, "DnsRecordInUse"), (INTERFACE, "SkuNotAvailable"), (ALL, None), (ADDRESS, None)],
)
def test_what_often_stops_there_and_what_to_do(
    monkeypatch: pytest.MonkeyPatch, kinds: list[str], word: str | None
) -> None:
    hints = said(monkeypatch, with_resources(*kinds))[2:]
    assert len(hints) == (word is not None)
    if word:
        assert word in hints[0]
        setting = r"lunch-gateway:(dnsLabel: NAME|vmSize: SIZE) in Pulumi\.dev\.yaml"
        assert re.search(setting, hints[0])


@pytest.mark.parametrize("exported", [{}, {"deployment": None}, with_resources()])
def test_nothing_stands(monkeypatch: pytest.MonkeyPatch, exported: Any) -> None:
    (line,) = said(monkeypatch, exported)
    assert line.startswith("not up, and nothing stands on Azure, so nothing costs; make up")


@pytest.mark.parametrize("error", [OpsError("pulumi stack: locked"), "no JSON"])
def test_who_can_not_know_says_so(monkeypatch: pytest.MonkeyPatch, error: Any) -> None:
    (line,) = said(monkeypatch, error)
    assert "may cost money: make down STACK=dev ends it" in line


@pytest.mark.engine
def test_up_reports(made: Project) -> None:
    """The program fails before anything is made."""
    (made.clone / "__main__.py").write_text("raise SystemExit(1)\n")
    done = made.ops("up", ENGINE="yes")
    assert done.returncode != 0
    assert "not up, and nothing stands on Azure, so nothing costs; make up STACK=dev" in done.stderr
