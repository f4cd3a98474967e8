"""What the command line becomes at the door, and how a command ends."""

from __future__ import annotations

import dataclasses
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from lab import opening, play, side_by_side
from lab.__main__ import main
from lab.command import carry_out, finish
from lab.host import LabError
from lab.machines.expectations import ExpectationFailed, QemuFailed
from lab.opening import LabOptions
from lab.progress import Progress

LAB = Path(__file__).parents[2] / "lab"


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the commands behind the door were asked."""
    asked: list[object] = []

    def run(
        options: LabOptions, chosen: list[str], progress: Progress, broken: Sequence[str] = ()
    ) -> int:
        asked.extend((options, chosen, *broken))
        return 1

    def provisioned(options: LabOptions, progress: Progress) -> int:
        asked.append(options)
        return 0

    monkeypatch.setattr(play, "run", run)
    monkeypatch.setattr(side_by_side, "labs_for", lambda *_: 1)
    monkeypatch.setattr(opening, "provisioned", provisioned)
    return asked


def test_scenarios_are_played_as_they_are_asked_for(asked: list[object]) -> None:
    told = ["--scenario", "split", "--scenario", "attacks"]
    assert main(["run", *told, "--settings", "mine.yaml", "--out", "there", "--fresh"]) == 1
    assert asked == [LabOptions(Path("mine.yaml"), Path("there"), True), ["split", "attacks"]]


def test_what_is_to_be_undone_is_handed_on(asked: list[object]) -> None:
    assert main(["run", "--scenario", "attacks", "--broken", "attacks-flushed-rules"]) == 1
    assert asked[1:] == [["attacks"], "attacks-flushed-rules"]


def test_without_options_all_scenarios(asked: list[object]) -> None:
    assert main(["run"]) == 1
    assert asked == [
        LabOptions(LAB.parent / "settings.example.yaml", LAB.parent / "build" / "lab", False),
        play.names(),
    ]


def test_provisioning_is_asked_for_by_its_name(asked: list[object]) -> None:
    assert main(["provision"]) == 0
    (options,) = asked
    assert isinstance(options, LabOptions)
    assert options.out == LAB.parent / "build" / "provision"


def test_options_stay_as_they_are() -> None:
    options = LabOptions(Path("settings"), Path("out"), False)
    with pytest.raises(dataclasses.FrozenInstanceError):
        options.fresh = True  # type: ignore[misc]


def test_no_command_line_beyond_the_door() -> None:
    found = [path.name for path in LAB.rglob("*.py") if "Namespace" in path.read_text("utf-8")]
    assert found == []


@pytest.mark.parametrize(
    ("raised", "status", "said"),
    [
        (LabError("no qemu"), 2, "the lab can't go on, in phase 'boot': no qemu\n"),
        (QemuFailed("broken"), 75, "the lab can't go on, in phase 'boot': broken\n"),
        (ExpectationFailed("shut"), 1, "FAILED in phase 'boot': shut\nevidence: there\n"),
        (KeyboardInterrupt(), 130, "interrupted in phase 'boot'\n"),
    ],
)
def test_a_command_ends_in_one_message(
    raised: BaseException, status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def command(progress: Progress) -> int:
        with progress.phase("boot", 1):
            raise raised

    assert carry_out(command, Path("there")) == status
    assert capsys.readouterr().err == said


def test_a_mistake_of_our_own_is_raised(capsys: pytest.CaptureFixture[str]) -> None:
    def command(progress: Progress) -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        carry_out(command, Path("there"))
    assert "a mistake of the lab's own" in capsys.readouterr().err


def test_options_may_say_their_own_function() -> None:
    class Told:
        """Without a directory: not every command leaves evidence."""

        @staticmethod
        def function(options: object, progress: Progress) -> int:
            return 0 if isinstance(options, Told) and progress.phases == 0 else 3

    assert finish(Told()) == 0


def test_evidence_is_named_where_there_is_some(capsys: pytest.CaptureFixture[str]) -> None:
    def command(progress: Progress) -> int:
        raise ExpectationFailed("shut")

    assert [carry_out(command, out) for out in (Path("there"), None)] == [1, 1]
    said = "FAILED in phase '': shut\n"
    assert capsys.readouterr().err == f"{said}evidence: there\n{said}"


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What was played, by whichever of the two ways."""
    taken: list[object] = []

    def several(_options: object, chosen: list[str], labs: int, _progress: object) -> int:
        taken.append((chosen, labs))
        return 0

    def one(_options: object, chosen: list[str], *_: object) -> int:
        taken.append(chosen)
        return 0

    monkeypatch.setattr(side_by_side, "run", several)
    monkeypatch.setattr(play, "run", one)
    return taken


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("--labs 2", (play.names(), 2)),
        ("--labs 3 --scenario split --scenario ikev2", (["split", "ikev2"], 2)),
        ("--labs 2 --scenario split", ["split"]),
        ("--labs 1", play.names()),
        ("--labs 2 --scenario first_boot", ["first_boot"]),
        ("--labs 2 --scenario split --scenario attacks --broken a", ["split", "attacks"]),
    ],
)
def test_the_door_knows_both(taken: list[object], words: str, expected: object) -> None:
    assert main(["run", *words.split()]) == 0
    assert taken == [expected]
