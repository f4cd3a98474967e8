"""The first ``make up`` makes everything; every later one finds it, or says what is gone."""

from __future__ import annotations

import re
import stat

import pytest
import yaml

from ops.stack import typed_secret
from settings.guest import parse
from tests.ops.conftest import Project

pytestmark = pytest.mark.engine


def test_first_use_makes_the_stack_and_good_secrets(project: Project) -> None:
    said = project.good("preview")
    assert "made stack dev" in said
    secrets = project.secrets()
    assert list(secrets["users"]) == ["phone"]
    parse(secrets)  # they keep the rules that pulumi up will hold them to
    assert re.fullmatch(r"([a-hj-km-np-z2-9]{5}-){4}[a-hj-km-np-z2-9]{5}", secrets["psk"])
    assert re.fullmatch(
        r"([a-hj-km-np-z2-9]{5}-){3}[a-hj-km-np-z2-9]{5}", secrets["users"]["phone"]
    )
    assert stat.S_IMODE(project.passphrase.stat().st_mode) == 0o600
    assert stat.S_IMODE(project.state.stat().st_mode) == 0o700


def test_no_secret_on_a_command_line_in_the_environment_or_in_plain_text(project: Project) -> None:
    said = project.good("preview")
    secrets = project.secrets()
    everything = said + project.recorded() + project.settings.read_text()
    everything += "".join(
        file.read_text(errors="replace") for file in project.state.rglob("*") if file.is_file()
    )
    assert "config\nset\n--secret\npsk" in project.recorded()  # it was looked at
    for secret in (secrets["psk"], secrets["users"]["phone"], project.passphrase.read_text()):
        assert secret not in everything


def test_no_secret_is_made_twice() -> None:
    assert len({typed_secret(4) for _ in range(1000)}) == 1000


def test_the_second_use_changes_nothing(made: Project) -> None:
    before = made.settings.read_text(), made.passphrase.read_text()
    assert "made" not in made.good("preview")
    assert (made.settings.read_text(), made.passphrase.read_text()) == before


def test_own_settings_survive(made: Project) -> None:
    settings = yaml.safe_load(made.settings.read_text())["config"]
    assert settings["lunch-gateway:tags"] == {"purpose": "lunch"}


@pytest.mark.parametrize("kept", [set(), {"psk"}, {"users"}], ids=str)
def test_an_interrupted_first_use_goes_on(made: Project, kept: set[str]) -> None:
    """Killed after the stack was made, or between its two secrets."""
    before = made.secrets()
    forget(made, {"psk", "users"} - kept)
    assert "generated" in made.good("preview")
    after = made.secrets()
    assert all(after[key] == before[key] for key in kept)
    assert all(after[key] != before[key] for key in {"psk", "users"} - kept)


def forget(project: Project, keys: set[str]) -> None:
    content = yaml.safe_load(project.settings.read_text())
    for key in keys:
        del content["config"][f"lunch-gateway:{key}"]
    project.settings.write_text(yaml.safe_dump(content))


@pytest.mark.parametrize("down_before", [False, True], ids=["up", "down"])
def test_lost_secrets_are_not_replaced_behind_the_users_back(
    used: Project, down_before: bool
) -> None:
    if down_before:
        used.good("down", ENGINE="yes")
    forget(used, {"psk"})
    before = used.settings.read_text()
    for command in ("up", "preview"):
        line = used.refused(command)
        assert "was used before, but lunch-gateway:psk is not in Pulumi.dev.yaml any more" in line
        assert line.endswith("give every phone its new page: make new-key STACK=dev\n")
    assert used.settings.read_text() == before


def test_a_lost_settings_file_is_a_loss_too(used: Project) -> None:
    used.settings.unlink()
    line = used.refused("up")
    assert "lunch-gateway:psk and lunch-gateway:users is not in Pulumi.dev.yaml" in line
    assert line.endswith("make new-key STACK=dev and make user ADD=NAME STACK=dev\n")
    # It can still be taken down, and what the message names puts an end to it.
    used.good("down", ENGINE="yes")
    used.good("new-key")
    used.good("user", "--add", "hanako")
    used.good("up")
    assert list(used.secrets()["users"]) == ["hanako"]


def test_a_new_stack_in_the_default_region_hears_of_nearer_ones(project: Project) -> None:
    near = project.good("preview", "--stack", "tokyo", "--region", "japaneast")
    assert "From Japan that is far" not in near
    far = project.good("preview")
    assert "note: it will stand in westus2, the default. From Japan that is far" in far
    assert "make up STACK=tokyo REGION=japaneast" in far
    assert far.index("From Japan") < far.index("made stack")
    assert "From Japan" not in project.good("preview")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--region", "at lantis!"], "REGION: 'at lantis!' is not a region; expected one such as"),
        (
            ["--like", "nope"],
            "LIKE: there is no stack nope; make status lists those that are there",
        ),
        (["--like", "dev"], "LIKE: stack dev is this one; name another, or leave LIKE out"),
    ],
    ids=str,
)
def test_a_wrong_word_makes_no_stack(project: Project, arguments: list[str], line: str) -> None:
    for command in ("preview", "up"):
        assert line in project.refused(command, *arguments)
        assert not list(project.state.rglob("dev.json"))
    assert "azure-native:location: westus2" in project.settings.read_text()


def test_a_lost_passphrase_is_not_replaced(made: Project) -> None:
    made.passphrase.unlink()
    line = made.refused("up")
    assert "passphrase is gone" in line
    assert "PULUMI_CONFIG_PASSPHRASE" in line
    assert not made.passphrase.exists()


def test_a_passphrase_that_others_could_read_is_closed(made: Project) -> None:
    made.passphrase.chmod(0o644)
    made.good("preview")
    assert stat.S_IMODE(made.passphrase.stat().st_mode) == 0o600


def test_a_passphrase_of_the_users_own(project: Project) -> None:
    project.good("preview", PULUMI_CONFIG_PASSPHRASE="own words")
    assert not project.passphrase.exists()
    wrong = project.ops("up", PULUMI_CONFIG_PASSPHRASE="other words", ENGINE="yes")
    assert wrong.returncode != 0
    assert "incorrect passphrase" in wrong.stdout + wrong.stderr


def test_a_backend_of_the_users_own(project: Project) -> None:
    elsewhere = project.root / "elsewhere"
    elsewhere.mkdir()
    project.good("preview", PULUMI_BACKEND_URL=f"file://{elsewhere}")
    assert list(elsewhere.rglob("dev.json"))
    assert not project.state.exists()


def test_a_new_stack_in_a_region(project: Project) -> None:
    project.good("preview", "--stack", "tokyo", "--region", "japaneast")
    settings = yaml.safe_load((project.clone / "Pulumi.tokyo.yaml").read_text())["config"]
    assert settings["azure-native:location"] == "japaneast"


def test_a_stack_does_not_move(used: Project) -> None:
    line = used.refused("up", "--region", "japaneast")
    assert "stack dev stands in westus2; one stack is one region" in line
    assert "make up STACK=dev-japaneast REGION=japaneast" in line
    used.good("preview", "--region", "West US 2")  # the same, as Azure shows it


def test_a_stack_like_another(made: Project) -> None:
    made.good("preview", "--stack", "dev-japaneast", "--region", "japaneast", "--like", "dev")
    assert made.secrets("dev-japaneast") == made.secrets()
    settings = yaml.safe_load((made.clone / "Pulumi.dev-japaneast.yaml").read_text())["config"]
    assert settings["azure-native:location"] == "japaneast"


def test_a_runner_takes_the_configuration_over_each_time(used: Project) -> None:
    """The second time the stack stands, and its settings file was lost with the last runner."""
    shared = {"CI": "true"} | used.exports
    like = ("up", "--stack", "dev-japaneast", "--like", "dev")
    for region, engine in (("japaneast", "yes"), ("japaneast", "no"), ("", "no")):
        used.good(*like, "--region", region, **shared, ENGINE=engine)
        file = used.clone / "Pulumi.dev-japaneast.yaml"
        settings = yaml.safe_load(file.read_text())["config"]
        assert settings["azure-native:location"] == "japaneast"
        assert used.secrets("dev-japaneast") == used.secrets()
        file.unlink()


@pytest.mark.parametrize("name", ["", "-x", "a b", "../dev", "a/b/c/d", "x" * 101, "dev;id"])
def test_names_that_are_none(project: Project, name: str) -> None:
    line = project.refused("up", f"--stack={name}")
    assert "is not a stack's name" in line


def test_a_ci_machine_keeps_no_state(project: Project) -> None:
    line = project.refused("up", CI="true")
    assert "a state kept here would be lost" in line
    assert "PULUMI_BACKEND_URL" in line


def test_a_ci_machine_generates_nothing(project: Project) -> None:
    elsewhere = project.root / "elsewhere"
    elsewhere.mkdir()
    line = project.refused("up", CI="true", PULUMI_BACKEND_URL=f"file://{elsewhere}")
    assert "what is generated on a CI machine is lost with it" in line
    assert "secure:" not in project.settings.read_text()
