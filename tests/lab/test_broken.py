"""`--broken`: what guards is undone first, and its check has to see that."""

from __future__ import annotations

import shlex
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lab import broken, play
from lab.broken import Edit
from lab.host import LabError
from lab.progress import Checks, Progress
from tests.lab.players import USERS, laid_out
from tests.lab.test_scenarios import PROMISED

CHECK = "attacks-mistake-in-the-rules"
OTHER = "attacks-other-address"


def test_what_can_be_undone_belongs_to_checks_that_are_promised() -> None:
    """All of the attacks', and those of the limits that guard something of ours."""
    undone = {check for name in play.names() for check in broken.undoings(name)}
    assert undone <= PROMISED
    assert {check for check in PROMISED if check.startswith("attacks-")} <= undone


def test_what_two_checks_share_is_undone_once() -> None:
    both = [f"attacks-split-without-its-{name}" for name in ("rule", "route")]
    assert len(broken.edits(["attacks"], both)) == 1


@pytest.mark.parametrize("scenario", ["attacks", "carrier"])
def test_a_check_that_nobody_knows_is_told(scenario: str) -> None:
    with pytest.raises(LabError, match=r"--broken nothing: .*expected one of"):
        broken.edits([scenario], ["nothing"])


UNDONE = [(name, check) for name in play.names() for check in broken.undoings(name)]


@pytest.mark.parametrize(("scenario", "check"), UNDONE, ids=[check for _, check in UNDONE])
def test_what_was_undone_is_looked_at_and_not_much_beside_it(
    scenario: str, check: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    lab, _ = laid_out(tmp_path)
    checks = Checks(Progress(), only=[check])
    play.load(scenario)(lab, USERS, checks)
    names = {result["name"] for result in checks.results}
    assert check in names
    assert len(names) <= 6


def test_the_gateways_file_is_changed_and_all_begin_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab, told = laid_out(tmp_path)
    monkeypatch.setattr(lab.gateway, "read", lambda _path: "one two two")
    broken.undo(lab, [Edit("/etc/file", "two", "three")])
    assert told.written["/run/undone"] == "one three two"
    steps = [line for line in told.told if "/etc/file" in line or "daemon-reload" in line]
    assert ["cat /run/undone >/etc/file" in steps[0], "restart nftables" in steps[1]] == [True] * 2
    with pytest.raises(LabError, match="/etc/file does not say 'four' any more"):
        broken.undo(lab, [Edit("/etc/file", "four")])


@pytest.mark.parametrize(
    ("red", "status", "said"),
    [
        ([CHECK], 0, ""),
        ([], 1, f"STAYED GREEN: {CHECK}"),
        ([CHECK, OTHER], 1, f"FAILED: {OTHER}"),
        ([OTHER], 1, f"FAILED: {OTHER}"),
    ],
)
def test_the_checks_that_were_undone_must_be_red_and_no_others(
    red: list[str],
    status: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lab, _ = laid_out(tmp_path)
    undone: list[Any] = []

    @contextmanager
    def opened(*_: Any) -> Any:
        yield lab, SimpleNamespace()

    def examine(_lab: Any, _gateway: Any, _chosen: Any, _users: Any, checks: Checks) -> Any:
        for name in (CHECK, OTHER):
            checks.add(name, name not in red, "")
        return {}

    monkeypatch.setattr("lab.opening.opened", opened)
    monkeypatch.setattr("lab.opening.credentials", lambda _: [])
    monkeypatch.setattr(play, "_examine", examine)
    monkeypatch.setattr(broken, "undo", lambda _lab, changes: undone.extend(changes))
    options: Any = SimpleNamespace(settings=Path())
    assert play.run(options, ["attacks"], Progress(), [CHECK]) == status
    assert said in capsys.readouterr().err
    assert [edit.old for edit in undone] == ["ExecStop="]


def test_each_command_of_the_documents_is_one_that_there_is() -> None:
    text = (Path(play.__file__).parent / "scenarios" / "attacks" / "README.md").read_text()
    (command,) = [line.strip() for line in text.splitlines() if " --broken " in line]
    words = shlex.split(command)
    assert broken.edits(["attacks"], [words[words.index("--broken") + 1]])
