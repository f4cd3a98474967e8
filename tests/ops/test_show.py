"""What ``make output`` shows where no person looks: nothing of a login."""

from __future__ import annotations

from typing import Any

import pytest

from ops.pulumi import Pulumi
from ops.show import phone_settings


@pytest.mark.parametrize("users", [1, ["xenia"]], ids=["a number", "from before"])
def test_without_a_terminal_no_name_and_no_secret(
    users: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ...]] = []

    def outputs(_: Pulumi, *options: str) -> dict[str, Any]:
        asked.append(options)
        return {"server": "vpn.example", "users": users, "passwords": "[secret]"}

    monkeypatch.setattr(Pulumi, "outputs", outputs)
    said = phone_settings(Pulumi({"CI": "true"}, "dev"))
    assert asked == [()]  # without --show-secrets
    assert "server                   vpn.example" in said
    assert "account, password, shared secret: shown on a terminal only: make output" in said
    assert "xenia" not in said
