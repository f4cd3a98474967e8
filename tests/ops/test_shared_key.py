"""Who was removed still knows L2TP's shared key: that is said, and a new one is one command."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.ops.conftest import Project

pytestmark = pytest.mark.engine

ASKED_FOR_CONFIGURATION = "config\n--show-secrets\n"


def add(project: Project, name: str) -> None:
    path = f"users.{name}"
    options = ("--secret", "--path", path, "--stack", "dev")
    project.pulumi("config", "set", *options, given="4-word-pass-phrase")


def add_at_once(project: Project, *names: str) -> None:
    people = [f"--secret=users.{name}=4-word-pass-phrase" for name in names]
    project.pulumi("config", "set-all", "--path", *people, "--stack", "dev")


def remove(project: Project, *names: str) -> None:
    people = [f"users.{name}" for name in names]
    project.pulumi("config", "rm-all", "--path", *people, "--stack", "dev")


def protocols(project: Project, *names: str) -> None:
    listed = [f"--plaintext=protocols[{place}]={name}" for place, name in enumerate(names)]
    project.pulumi("config", "set-all", "--path", *listed, "--stack", "dev")


@pytest.fixture
def left(used: Project) -> Project:
    """It is up; after that its first user was removed, and alice came."""
    add(used, "alice")
    remove(used, "phone")
    return used


def warned(project: Project, command: str = "up", **environment: str) -> str:
    """All that it says besides its result. It goes on to Pulumi's own command."""
    done = project.ops(command, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"\n{command}\n--" in "\n" + project.recorded()
    return done.stderr


# A new key.


def test_a_new_key(used: Project) -> None:
    before = used.secrets()
    said = used.good("new-key")
    after = used.secrets()
    assert re.fullmatch(r"([a-hj-km-np-z2-9]{5}-){4}[a-hj-km-np-z2-9]{5}", after["psk"])
    assert after["psk"] != before["psk"]
    assert after["users"] == before["users"]
    assert "generated psk: in Pulumi.dev.yaml, encrypted" in said
    for step in ("make up STACK=dev", "make profiles STACK=dev", "make output STACK=dev"):
        assert step in said
    assert "some minutes without VPN" in said
    assert "IKEv2 need no change" in said
    assert len(said.splitlines()) <= 4


def test_a_new_key_is_seen_by_nobody(used: Project) -> None:
    said = used.good("new-key")
    assert "config\nset\n--secret\npsk\n" in used.recorded()  # it was looked at
    assert used.secrets()["psk"] not in said + used.recorded() + used.settings.read_text()


def test_the_next_update_brings_the_new_key(left: Project) -> None:
    """By the real engine. The warning's own advice ends it."""
    assert "make new-key STACK=dev, then make up STACK=dev" in warned(left, "preview")
    left.good("new-key")
    assert "removed" not in warned(left, ENGINE="yes")
    shown = left.pulumi("stack", "output", "psk", "--show-secrets", "--stack", "dev")
    assert shown.strip() == left.secrets()["psk"]


def refused_and_kept(project: Project, **environment: str) -> str:
    before = project.settings.read_text()
    line = project.refused("new-key", **environment)
    assert project.settings.read_text() == before
    return line


def test_a_ci_machine_makes_no_key(used: Project) -> None:
    line = refused_and_kept(used, CI="true", **used.exports)
    assert "what is generated on a CI machine is lost with it" in line
    assert "make new-key STACK=dev on your own machine" in line
    assert "commit Pulumi.dev.yaml" in line


def test_no_key_where_no_phone_uses_it(used: Project) -> None:
    protocols(used, "ikev2")
    line = refused_and_kept(used)
    assert "lunch-gateway:protocols of stack dev is without l2tp" in line
    protocols(used, "ikev2", "l2tp")
    used.good("new-key")


def test_a_lost_key_is_made_anew_whoever_needs_it(used: Project) -> None:
    """`make up` refuses to make one, since phones may know it, and names this command."""
    protocols(used, "ikev2")
    used.pulumi("config", "rm", "psk", "--stack", "dev")
    assert "make new-key STACK=dev" in used.refused("up")
    used.good("new-key")
    used.good("up")


def test_no_key_where_the_passphrase_is_lost(used: Project) -> None:
    used.passphrase.unlink()
    assert "passphrase is gone" in refused_and_kept(used)


# Somebody has gone.


@pytest.mark.parametrize("command", ["up", "preview"])
def test_who_has_gone_is_named(left: Project, command: str) -> None:
    said = warned(left, command)
    assert said.startswith("warning: removed since the last update: phone. ")
    assert "knows the shared\nkey of L2TP" in said
    assert said.endswith("make new-key STACK=dev, then make up STACK=dev\n")
    assert len(said.splitlines()) == 3


def test_no_secret_is_shown(left: Project) -> None:
    """Neither those that the gateway has nor those that it is to get."""
    options = ("--json", "--show-secrets", "--stack", "dev")
    passwords = json.loads(left.pulumi("stack", "output", "passwords", *options))
    configured = left.secrets()
    done = left.ops("up")
    assert "update: phone. " in done.stderr
    seen = done.stdout + done.stderr + left.recorded()
    for secret in (passwords["phone"], configured["users"]["alice"], configured["psk"]):
        assert secret not in seen


def test_many_who_have_gone(used: Project) -> None:
    add_at_once(used, "bob", "carol", "dave", "eve")
    used.good("up", ENGINE="yes")
    remove(used, "phone", "eve", "dave", "carol")
    said = warned(used)
    assert "update: carol, dave, eve, 1 more. " in said
    assert len(said.splitlines()) == 3
    public = warned(used, CI="true", **used.exports)
    assert "update: 4 users. " in public


def test_public_logs_name_nobody(left: Project) -> None:
    said = warned(left, CI="true", **left.exports)
    assert said.startswith("warning: removed since the last update: 1 user. ")
    assert "phone" not in said
    assert "make new-key STACK=dev" in said


# Nobody has, or it does not matter.


def test_nobody_has_gone(used: Project) -> None:
    """Nor is Pulumi asked more than it was before there was a warning."""
    add(used, "alice")
    assert warned(used) == ""
    # For the region, for the last words, and for the pages.
    assert used.recorded().count("\noutput\n") == 3
    assert ASKED_FOR_CONFIGURATION not in used.recorded()


def test_nothing_is_deployed(made: Project) -> None:
    add(made, "alice")
    remove(made, "phone")
    assert warned(made) == ""


def test_what_was_deployed_is_gone(left: Project) -> None:
    left.good("down", ENGINE="yes")
    assert warned(left) == ""


def test_the_key_has_changed_by_hand(left: Project) -> None:
    options = ("--secret", "psk", "--stack", "dev")
    left.pulumi("config", "set", *options, given="1234567890123456")
    assert warned(left) == ""


def test_the_update_ends_l2tp(left: Project) -> None:
    protocols(left, "ikev2")
    assert warned(left) == ""


def change_outputs(project: Project, change: Callable[[dict[str, Any]], object]) -> None:
    """In the stack's state, as another program would have left it."""
    (file,) = project.state.glob(".pulumi/stacks/lunch-gateway/dev.json")
    state = json.loads(file.read_text())
    (stack,) = state["checkpoint"]["latest"]["resources"]
    change(stack["outputs"])
    file.write_text(json.dumps(state))


def test_l2tp_was_not_deployed(left: Project) -> None:
    change_outputs(left, lambda outputs: outputs["protocols"].remove("l2tp"))
    assert warned(left) == ""


@pytest.mark.parametrize("output", ["passwords", "protocols", "psk"])
def test_an_older_stack_lacks_an_output(left: Project, output: str) -> None:
    change_outputs(left, lambda outputs: outputs.pop(output))
    # Which an update mends, so that its pages can be written; here nothing is updated.
    assert warned(left, "preview") == ""


def test_users_that_are_no_map_are_left_to_the_update(left: Project) -> None:
    left.pulumi("config", "rm", "users", "--stack", "dev")
    left.pulumi("config", "set", "--secret", "users", "--stack", "dev", given="alice")
    assert warned(left) == ""
