"""Values are read from profiles and pages as devices and people read them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from here import told
from here.__main__ import OWN
from lab.machines.expectations import ExpectationFailed
from lab.phones.phone import Credentials

ROOT = Path(__file__).parents[2]
SETTINGS = yaml.safe_load(OWN.read_text())


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("told") / "pages"
    source = ["--settings", str(OWN), "--server", "a.example.test"]
    command = [sys.executable, "-m", "profiles", *source, "--out", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    return out


@pytest.mark.parametrize("user", ["alice", "bob"])
def test_every_character_comes_through(pages: Path, user: str) -> None:
    password = SETTINGS["users"][user]
    ikev2 = told.ikev2_profile(pages / user / f"{user}-ikev2.mobileconfig")
    l2tp = told.l2tp_profile(pages / user / f"{user}-l2tp.mobileconfig")
    assert ikev2.credentials == Credentials("", user, password)
    assert (ikev2.server, ikev2.called) == ("a.example.test", "a.example.test")
    assert ikev2.model.ike == "aes256gcm16-prfsha256-ecp256"
    assert l2tp.credentials == Credentials(SETTINGS["psk"], user, password)
    shown = told.page(pages / user / f"{user}.html")
    assert shown == {
        "server": "a.example.test", "user": user, "password": password, "psk": SETTINGS["psk"]
    }  # fmt: skip
    told.agree(ikev2, shown)
    told.agree(l2tp, shown)
    other = replace(ikev2, server="b.example.test")
    with pytest.raises(ExpectationFailed, match="differ in server"):
        told.agree(other, shown)


def test_the_settings_hold_every_character_that_may_stand_in_them() -> None:
    printable = {chr(number) for number in range(32, 127)}
    special = {each for each in printable if not each.isalnum()}
    passwords = "".join(SETTINGS["users"].values())
    assert special - set(passwords) == set()
    assert special - set(SETTINGS["psk"]) == set("\"'\\")
