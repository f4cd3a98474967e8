"""What ``pulumi config set --path`` makes of names with dots and of digits is explained.

The values are those that Pulumi 3.259 wrote for the commands beside them.
"""

from __future__ import annotations

import shlex
from datetime import date
from typing import Any

import pytest

from settings.paths import dotted, path
from settings.tags import tags
from settings.users import users
from settings.values import BadValue
from tests.settings.refused import problems

SECRET = "alice-example-4711-long-enough"


@pytest.mark.parametrize(
    ("made", "quoted", "away"),
    [
        # --path users.alice.smith
        ({"alice": {"smith": SECRET}}, "alice.smith", "users.alice"),
        # --path users.bob@example.org
        ({"bob@example": {"org": SECRET}}, "bob@example.org", "users.bob@example"),
        # --path users.a.b.c, all digits and without --secret
        ({"a": {"b": {"c": 12345678}}}, "a.b.c", "users.a"),
    ],
)
def test_a_user_with_a_dot(made: dict[str, Any], quoted: str, away: str) -> None:
    (line,) = problems(users=made)
    assert "the password must be text in quotes, and this is a map" in line
    assert f"""pulumi config set --secret --path 'users["{quoted}"]',""" in line
    assert line.endswith(f"pulumi config rm --path {away}")
    assert SECRET not in line
    assert "12345678" not in line


@pytest.mark.parametrize("parts", [{}, {SECRET: None}, {"not a name": "x"}, {"a": [SECRET]}])
def test_what_is_no_name_below_a_user_is_not_shown(parts: dict[str, Any]) -> None:
    """A password between braces is a key to YAML."""
    (line,) = problems(users={"alice": parts})
    assert """--path 'users["alice.NAME"]'""" in line
    assert SECRET not in line


# --path users.alice 12345678, and true: without --secret
@pytest.mark.parametrize("made", [12345678, 1.5, True, None])
def test_a_password_of_digits(made: Any) -> None:
    (line,) = problems(users={"alice": made})
    assert line.startswith("users: user alice: the password must be text in quotes")
    assert line.endswith("Set it again: pulumi config set --secret --path users.alice")
    assert str(made) not in line


def test_a_list_in_the_place_of_a_password() -> None:
    # --path 'users.alice[0]'
    (line,) = problems(users={"alice": [SECRET]})
    assert line.startswith(
        "users: user alice: the password must be text in quotes, and this is a list"
    )
    assert line.endswith("after pulumi config rm --path users.alice")
    assert SECRET not in line


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (7, "a number"),
        (True, "true or false"),
        (1.5, "a number"),
        (date(2026, 11, 27), "a date"),
        (None, "nothing"),
    ],
)
def test_a_name_that_yaml_takes_for_something_else(name: Any, kind: str) -> None:
    """In a file, that is: --path users.7 writes a text."""
    (line,) = problems(users={name: SECRET})
    assert line == f"users: the 1st name is no text to YAML but {kind}; write it in quotes"


def test_a_list_of_users_is_explained() -> None:
    # --path 'users[0]'
    (line,) = problems(users=[SECRET])
    assert line.endswith("{alice: …}: pulumi config set --secret --path users.alice")
    assert SECRET not in line


@pytest.mark.parametrize(
    ("key", "made", "meant"),
    [
        # --path dnsServers.0 8.8.8.8
        ("dnsServers", {"0": "8.8.8.8"}, "--path 'dnsServers[0]' 8.8.8.8"),
        ("protocols", {"0": "ikev2"}, "--path 'protocols[0]' ikev2"),
        ("reachableNetworks", {"0": "10.1.0.0/24"}, "--path 'reachableNetworks[0]'"),
    ],
)
def test_a_list_that_became_a_map(key: str, made: Any, meant: str) -> None:
    (line,) = problems(**{key: made})
    assert meant in line


def test_a_tag_with_a_dot() -> None:
    # --path tags.cost.centre 42
    with pytest.raises(BadValue) as refused:
        tags({"cost": {"centre": 42}})
    (line,) = refused.value.in_stack
    assert """pulumi config set --path 'tags["cost.centre"]' …""" in line
    assert line.endswith("pulumi config rm --path tags.cost")


@pytest.mark.parametrize("name", ["a", "7", "a.b", "b@c", "a-b"])
def test_a_path_survives_the_shell(name: str) -> None:
    (word,) = shlex.split(path("users", name))
    assert word == (f'users["{name}"]' if "." in name else f"users.{name}")


@pytest.mark.parametrize("name", ["a\nb", "it's", "$(id)", "", 'a"b'])
def test_what_no_shell_should_see_is_not_written(name: str) -> None:
    assert path("tags", name) == "tags.NAME"


def test_names_below() -> None:
    assert list(dotted("a", {"b": {"c": "x", "d": 1}, "e": None})) == ["a.b.c", "a.b.d"]


@pytest.mark.parametrize("name", ["alice.smith", "bob@example.org", "7"])
def test_the_names_themselves_are_allowed(name: str) -> None:
    assert users({name: SECRET}) == {name: SECRET}
