"""What ``make up`` ends with, and the pages that it writes."""

from __future__ import annotations

import re
import shutil

import pytest

from tests.ops.conftest import Project
from tests.ops.test_commands import on_a_terminal

pytestmark = pytest.mark.engine


def test_the_end_of_up_on_a_terminal(used: Project) -> None:
    """It names the pages, since they are what comes next, and shows no secret."""
    said = on_a_terminal(used, "up", TITLE="x").replace("\r\n", "\n")
    lines = said[said.index("The gateway answers") :].splitlines()
    assert lines[2].split() == [
        *("Phone's", "page", "build/profiles/dev/phone/phone.html"),
        *("AirDrop", "or", "mail", "it,", "nothing", "else"),
    ]
    for command in ("make down", "make user ADD=hanako", "make status", "make logs"):
        assert re.search(rf"^  {command} ", said, re.M)
    secrets = used.secrets()
    assert secrets["psk"] not in said
    assert secrets["users"]["phone"] not in said


def test_the_end_of_up_in_a_log_names_nobody(used: Project) -> None:
    state = {"CI": "true", **used.exports}
    assert "phone.html" not in used.good("up")
    shutil.rmtree(used.clone / "build")
    said = used.good("up", **state)
    assert "The gateway answers" in said
    assert "phone.html" not in said
    assert "gateway.example" not in said
    assert not (used.clone / "build").exists()  # they hold passwords


def test_a_gateway_that_nobody_asked_is_not_said_to_answer(used: Project) -> None:
    used.pulumi("config", "set", "readyTimeout", "0", "--stack", "dev")
    said = used.good("up")
    assert "The gateway was not asked (readyTimeout 0)" in said
    assert "answers" not in said


def test_pages_that_can_not_be_written_do_not_hide_the_gateway(used: Project) -> None:
    shutil.rmtree(used.clone / "build")
    (used.clone / "build/profiles/dev").mkdir(parents=True)
    (used.clone / "build/profiles/dev/diary").write_text("dear diary")
    done = used.ops("up")
    assert done.returncode == 0
    assert "Server          gateway.example" in done.stdout
    assert re.fullmatch(
        r"the pages are not written \(.*build/profiles/dev: holds files .*\);"
        r" make profiles STACK=dev\n",
        done.stderr,
    )


def test_what_devices_call_the_connection(used: Project) -> None:
    page = used.clone / "build/profiles/dev/phone/phone.html"
    for command in ("up", "profiles"):
        used.good(command, "--title", f"lunch-by-{command}")
        assert f"lunch-by-{command}" in page.read_text()


def test_profiles_of_a_settings_file_need_no_pulumi(project: Project) -> None:
    (project.root / "bin/pulumi").unlink()
    (project.clone / "own.yaml").write_text(
        "psk: 0123456789abcdef\nusers: {alice: 1234567890123456xyz0}\n"
    )
    path = {"PATH": "/usr/bin:/bin"}
    project.good("profiles", "--settings", "own.yaml", "--server", "vpn.example.org", **path)
    assert (project.clone / "build/profiles/own/alice/alice.html").exists()
    line = project.refused("profiles", **path)
    assert "Pulumi's command is missing" in line


def test_up_may_ask_azure_what_stands_first(used: Project) -> None:
    used.good("up", "--refresh")
    assert "\nup\n--yes\n--suppress-outputs\n--refresh\n" in used.recorded()


def test_a_machine_made_anew(used: Project) -> None:
    said = used.good("replace")
    options = "--yes\n--suppress-outputs\n--replace\n**::lunch-gateway-vm\n--stack\ndev\n"
    assert f"\nup\n{options}" in used.recorded()
    assert "The gateway answers" in said


def test_no_machine_to_make_anew(made: Project) -> None:
    line = made.refused("replace")
    assert "is not up, so there is no machine to replace; make up STACK=dev" in line
    assert "\nup\n" not in made.recorded()
