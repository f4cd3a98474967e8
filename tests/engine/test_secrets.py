"""No secret in plain text in anything that the engine prints or writes.

One stack goes through its life, an error included, with the engine's own log at the
highest level that Pulumi keeps free of values. Then every file is searched.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from here.azure.control import Fault
from tests.engine.conftest import ALICE, BOB, PSK
from tests.engine.spellings import leaks, spellings
from tests.engine.world import PASSPHRASE, Stack

SEARCHED = [PSK, ALICE, BOB, PASSPHRASE]
LOGGED = ["--logtostderr", "--logflow", "-v=8", "--debug"]


def written(stack: Stack) -> list[Path]:
    """Everything below the test's directory but the program itself: what was said, event
    logs, state with history and backups, configuration, and the double's own notes."""
    everything = (path for path in stack.world.directory.rglob("*") if path.is_file())
    return [
        path
        for path in everything
        if not {"gateway", "cloud_init", "ops", "settings", ".venv", "__main__.py", "schema.json"}
        & set(path.parts)
    ]


@pytest.fixture(scope="module")
def lived(life: Stack) -> Stack:
    assert life.preview("--diff", *LOGGED).code == 0
    assert life.up("--diff", *LOGGED).code == 0
    life.configure({"mtu": "1300"}, {"users.bob": BOB})
    assert life.preview("--diff", "--json").code == 0
    life.world.control(Fault(verb="create", kind="VirtualMachine", accepted=True))
    assert life.up(*LOGGED).code != 0
    assert life.up("--diff").code == 0
    assert life.refresh("--diff", *LOGGED).code == 0
    for asked in (["stack"], ["stack", "export"], ["stack", "output", "--json"], ["config"]):
        assert life.world.run(*asked, "-s", life.name).code == 0
    assert life.destroy(*LOGGED).code == 0
    return life


def test_no_secret_is_written_anywhere(lived: Stack) -> None:
    files = written(lived)
    kinds = {path.name for path in files}
    assert {"cloud.json", "Pulumi.dev.yaml", "dev.json.bak"} <= kinds
    assert any(path.name.endswith("-events.json") for path in files)
    assert any(".history" in str(path) or "history" in path.parts for path in files)
    assert leaks(files, SEARCHED) == []


def test_the_state_holds_the_secrets_encrypted(life: Stack, lived: Stack) -> None:
    assert life.up().code == 0
    state = next(path for path in written(life) if path.name == "dev.json")
    assert state.read_text().count("ciphertext") >= 3
    assert leaks([state], SEARCHED) == []


def test_the_search_finds_what_pulumi_shows_on_demand(life: Stack, lived: Stack) -> None:
    """`--show-secrets`, and a trace, which holds all that goes to the provider. Neither is
    searched above: who asks for it gets it, and docs/engine.md says so."""
    shown = life.world.directory.with_name("shown")
    shown.mkdir()
    with life.world.start("stack", "export", "-s", life.name, "--show-secrets") as process:
        (shown / "state").write_text(process.communicate()[0])
    trace = f"file:{shown / 'trace'}"
    life.configure({"mtu": "1310"})
    assert life.up("--tracing", trace).code == 0
    found = leaks(sorted(shown.iterdir()), SEARCHED)
    for name in ("state", "trace"):
        assert {f"{shown / name}: secret {number}" for number in range(3)} <= set(found)


@pytest.mark.parametrize("number", range(3))
def test_the_search_finds_every_spelling(number: int, tmp_path: Path) -> None:
    for way in spellings(SEARCHED[number]):
        planted = tmp_path / "planted"
        planted.write_bytes(b"\x00before" + way + b"after\xff")
        assert leaks([planted], SEARCHED) == [f"{planted}: secret {number}"]
