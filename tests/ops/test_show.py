"""What ``make output`` shows where no person looks: nothing of a login."""

from __future__ import annotations

from typing import Any

import pytest

from ops.pulumi import Pulumi
from ops.show import phone_settings
from tests.ops.conftest import Project


@pytest.mark.parametrize("ci", ["", "true"])
@pytest.mark.parametrize("users", [1, ["xenia"]], ids=["a number", "from before"])
def test_without_a_terminal_no_name_and_no_secret(
    users: Any, ci: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And on a runner, whose log strangers may read, not even the server's."""
    asked: list[tuple[str, ...]] = []

    def outputs(_: Pulumi, *options: str) -> dict[str, Any]:
        asked.append(options)
        return {"server": "vpn.example", "users": users, "passwords": "[secret]"}

    monkeypatch.setattr(Pulumi, "outputs", outputs)
    said = phone_settings(Pulumi({"CI": ci}, "dev"))
    assert asked == [()]  # without --show-secrets
    assert ("server                   vpn.example" in said) == (not ci)
    assert ("vpn.example" in said) == (not ci)
    assert "shown on a terminal only: make output STACK=dev" in said
    assert "xenia" not in said


@pytest.mark.engine
def test_a_runners_log_names_nobody(used: Project) -> None:
    """Strangers may read it. And nobody is there to notice a machine that schedules forgot."""
    done = used.ops("up", CI="true", **used.exports)
    assert done.returncode == 0, done.stderr
    assert "Azure: logged in" in done.stdout
    for name in ("Lunch money", "4711", "gateway.example", "phone  "):
        assert name not in done.stdout + done.stderr
    assert "lunch-gateway:shutdownTime is not set" in done.stderr
    used.pulumi("config", "set", "shutdownTime", "13:30", "--stack", "dev")
    assert used.ops("up", CI="true", **used.exports).stderr.count("shutdownTime") == 0
