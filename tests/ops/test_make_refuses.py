"""What make refuses before it does anything: whoever misspells a name means another gateway."""

from __future__ import annotations

import re

import pytest

from tests.ops.conftest import ROOT
from tests.ops.making import MAKEFILE, OF_AN_OUTER_MAKE, listed, make


def refused(*arguments: str) -> str:
    """The one line that it ends with."""
    done = make(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    (said,) = done.stderr.splitlines()
    return said


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["down", "stack=tokyo"], "stack: no such variable; did you mean STACK?"),
        (["down", "Stack=tokyo"], "Stack: no such variable; did you mean STACK?"),
        (["up", "region=japaneast"], "region: no such variable; did you mean REGION?"),
        (["price", "CURENCI=JPY"], "CURENCI: no such variable; did you mean CURRENCY?"),
        (["up", "TITLE=a stack=b", "stack=tokyo"], "stack: no such variable; did you mean STACK?"),
        (["up", "COLOUR=red"], "COLOUR: no such variable; make help lists all"),
        (["down", "tokyo"], "tokyo: no such command; did you mean STACK=tokyo?"),
        (["forget", "tokyo"], "tokyo: no such command; did you mean STACK=tokyo?"),
        (["tokyo", "down"], "tokyo: no such command; did you mean STACK=tokyo?"),
        (["user", "hanako"], "hanako: no such command; did you mean ADD=hanako?"),
        (["user", "o'brien"], "o'brien: no such command; did you mean ADD=o'brien?"),
        (["statsu"], "statsu: no such command; did you mean status?"),
        (["UP"], "UP: no such command; did you mean up?"),
        (["tokyo's"], "tokyo's: no such command; make help lists all"),
        (["up", "REFRESH=no"], "REFRESH: expected REFRESH=yes, or nothing; this is REFRESH=no"),
        (["down", "UNLOCK=0"], "UNLOCK: expected UNLOCK=yes, or nothing; this is UNLOCK=0"),
    ],
    ids=str,
)
def test_a_misspelled_name_stops_it(arguments: list[str], line: str) -> None:
    assert f" *** {line}.  Stop." in refused(*arguments)


def test_without_python_it_refuses_as_well() -> None:
    said = refused("down", "stack=tokyo", "PYTHON=/nowhere/o'python")
    assert "stack: no such variable; make help lists all" in said


def test_a_shell_may_ask_what_there_is() -> None:
    """As bash and zsh do to complete a word."""
    for asked in (["-npq", "__BASH_MAKE_COMPLETION__=1", ".DEFAULT"], ["-nsp", ".PHONY"]):
        assert "\nselftest:" in make(*asked).stdout


def test_the_known_variables_are_those_that_are_used_and_told() -> None:
    recipes = MAKEFILE[MAKEFILE.index("# Which gateway.") :]
    used = {*re.findall(r"\$\$\{?([A-Z]{2,})\b", recipes)}
    decided = {*re.findall(r"(?:filter[a-z-]* \w+,|if )\$\(([A-Z]{2,})\)", recipes)}
    asked = used | decided - {"MAKECMDGOALS"}
    assert asked >= {"STACK", "REFRESH", "HERE", "SEED"}
    assert sorted(asked) == sorted(listed("VARIABLES"))
    told = make("help").stdout + make("help-dev").stdout
    assert [name for name in listed("VARIABLES") if f"{name}=" not in told] == []
    assert set(listed("VARIABLES")) < set(OF_AN_OUTER_MAKE)


def test_the_documents_use_known_variables() -> None:
    texts = [path.read_text() for path in (*ROOT.glob("README*.md"), *ROOT.glob("docs/*.md"))]
    texts += [path.read_text() for path in ROOT.glob(".github/**/*.md")]
    given = re.findall(r"\bmake [a-z-]+((?: [A-Za-z]+=\S+)+)", "\n".join(texts))
    names = {name for words in given for name in re.findall(r" ([A-Za-z]+)=", words)}
    assert names >= {"STACK", "REGION"}
    assert names - set(listed("VARIABLES")) == set()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["up", "HERE=yes", "STACK=a"], "HERE: expected HERE=yes without STACK, "),
        (["up", "HERE=no"], "HERE: expected HERE=yes without STACK, "),
        (["up", "PHONE=192.0.2.1"], "PHONE: only a gateway on this computer listens at 192.0.2.1"),
    ],
    ids=str,
)
def test_who_means_this_computer_never_gets_azure(arguments: list[str], line: str) -> None:
    done = make("--dry-run", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    (said,) = done.stderr.splitlines()
    assert line in said


@pytest.mark.parametrize("target", ["try", "profiles"])
def test_settings_that_are_not_there_are_not_set_up_for(target: str) -> None:
    done = make(target, "SETTINGS=/nowhere/my lunch.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    (said,) = done.stderr.splitlines()
    assert "SETTINGS: there is no file /nowhere/my lunch.yaml that can be read" in said
