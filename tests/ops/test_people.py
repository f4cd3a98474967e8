"""``make user``: one person more, one less."""

from __future__ import annotations

import re

import pytest

from settings.guest import parse
from tests.ops.conftest import Project

pytestmark = pytest.mark.engine


def test_one_more(made: Project) -> None:
    before = made.secrets()["users"]
    said = made.good("user", "--add", "hanako")
    after = made.secrets()["users"]
    password = after.pop("hanako")
    assert after == before
    assert len(password) >= 16
    assert re.fullmatch(r"([a-hj-km-np-z2-9]{5}-){3}[a-hj-km-np-z2-9]{5}", password)
    parse(made.secrets())  # it keeps the rules that make up will hold it to
    assert "added hanako with a new password: in Pulumi.dev.yaml, encrypted" in said
    assert "next: make up, which replaces the machine (some minutes without VPN" in said
    assert "writes the page for hanako's phone" in said


def test_the_password_is_seen_by_nobody(made: Project) -> None:
    said = made.good("user", "--add", "hanako")
    assert 'config\nset\n--secret\n--path\nusers["hanako"]\n' in made.recorded()  # it was looked at
    password = made.secrets()["users"]["hanako"]
    assert password not in said + made.recorded() + made.settings.read_text()


@pytest.mark.parametrize("name", ["h.suzuki", "hanako@example.org", "a-b_c.d", "0"])
def test_names_with_signs_in_them(made: Project, name: str) -> None:
    made.good("user", "--add", name)
    assert set(made.secrets()["users"]) == {"phone", name}
    made.good("user", "--remove", name)
    assert set(made.secrets()["users"]) == {"phone"}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--add", "phone"], "ADD: phone is a user already; make output shows the password"),
        (["--add", "Phone"], "ADD: phone and Phone differ in case only"),
        (["--add", "a b"], "ADD: user name 'a b' is not usable"),
        (["--add", 'x"]'], "ADD: user name"),
        (["--add", "花子"], "ADD: user name '花子' is not usable"),
        (["--add", "lunch-gateway"], "ADD: user lunch-gateway is called like the gateway itself"),
        (["--remove", "taro"], "REMOVE: taro is no user of stack dev; phone is"),
        (["--remove", "phone"], "REMOVE: phone is the only user"),
        ([], "say who: make user ADD=NAME, or make user REMOVE=NAME"),
        (["--add", "a", "--remove", "b"], "one at a time: make user ADD=NAME, and then make"),
    ],
    ids=str,
)
def test_a_mistake_changes_nothing(made: Project, arguments: list[str], expected: str) -> None:
    before = made.settings.read_text()
    assert expected in made.refused("user", *arguments)
    assert made.settings.read_text() == before


def test_one_less_still_knows_the_shared_key(made: Project) -> None:
    made.good("user", "--add", "hanako")
    before = made.secrets()
    said = made.good("user", "--remove", "phone")
    assert list(made.secrets()["users"]) == ["hanako"]
    assert made.secrets()["psk"] == before["psk"]
    assert "removed phone from Pulumi.dev.yaml" in said
    assert "phone still knows the shared key of L2TP" in said
    assert "make new-key, before make up" in said


def test_one_less_without_l2tp_knows_nothing_any_more(made: Project) -> None:
    made.pulumi("config", "set", "--path", "protocols[0]", "ikev2", "--stack", "dev")
    made.good("user", "--add", "hanako")
    assert "shared key" not in made.good("user", "--remove", "phone")


def test_another_stack_is_named_in_every_next_step(made: Project) -> None:
    made.good("preview", "--stack", "tokyo", "--region", "japaneast")
    said = made.good("user", "--add", "hanako", "--stack", "tokyo")
    assert "make up STACK=tokyo" in said
    assert "hanako" not in made.secrets()["users"]
    said = made.good("user", "--remove", "hanako", "--stack", "tokyo")
    assert "make new-key STACK=tokyo" in said


def test_the_next_update_brings_the_page(used: Project) -> None:
    used.good("user", "--add", "hanako")
    used.good("up", ENGINE="yes")
    assert (used.clone / "build/profiles/dev/hanako/hanako.html").exists()


def test_a_ci_machine_changes_nobody(used: Project) -> None:
    before = used.settings.read_text()
    line = used.refused("user", "--add", "hanako", CI="true", **used.exports)
    assert "what is changed on a CI machine is lost with it; run make user STACK=dev" in line
    assert used.settings.read_text() == before


def test_users_that_are_no_map(made: Project) -> None:
    made.pulumi("config", "rm", "users", "--stack", "dev")
    made.pulumi("config", "set", "--secret", "users", "--stack", "dev", given="a-password")
    line = made.refused("user", "--add", "hanako")
    assert "lunch-gateway:users of stack dev is no map of user name to password" in line
    assert "a-password" not in line
