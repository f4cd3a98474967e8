"""What `make up` says is drawn from a recording, and the recording is what it says today."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

import pictures
from pictures import __main__ as command
from pictures import up
from tests.pictures import recording

KEPT = up.newest(pictures.RESULTS)
HEAD = {"version": 2, "width": 20, "command": "make up"}


def cast(path: Path, *lines: str) -> Path:
    events = [[0.5, "o", f"{line}\r\n"] for line in lines]
    path.write_text("".join(f"{json.dumps(each)}\n" for each in [HEAD, *events]))
    return path


def test_it_begins_with_what_is_typed_and_ends_with_what_comes_next() -> None:
    assert KEPT
    first, *lines = up.shown(KEPT)
    assert first == "$ make up REGION=japaneast"
    assert "made stack dev" in lines
    assert any(line.startswith("The gateway answers") for line in lines)
    assert lines[-1].strip().startswith("make logs")
    (machine,) = [line for line in lines if ":VirtualMachine " in line]
    assert "created" in machine
    said = "\n".join(lines)
    assert not re.search(r"/(tmp|home)/|from \$PATH|warning|creating", said)
    texts = list(ElementTree.fromstring(up.draw(KEPT)).itertext())  # noqa: S314 - ours
    assert {line for line in lines if line} <= set(texts)


def test_what_a_cursor_would_have_replaced_is_gone_and_what_is_long_is_wrapped(
    tmp_path: Path,
) -> None:
    path = cast(
        tmp_path / "x-up.cast",
        "@ updating....",
        " +  a:b:C d creating (0s) ",
        " +  a:b:C d created (3s) waiting",
        " +  a:b:C d created (3s) an answer",
        "warning: using pulumi-x from y",
        "",
        "",
        "twenty letters and a few of them",
    )
    assert list(up.shown(path)) == [
        "$ make up",
        " +  a:b:C d created ",
        "(3s)",
        "",
        "twenty letters and a",
        " few of them",
    ]


@pytest.mark.parametrize("text", ["", "[]\n", "{}\n", "no JSON\n", f"{json.dumps(HEAD)}\n5\n"])
def test_what_is_no_recording_is_told_in_one_line(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert up.newest(tmp_path) is None
    path = tmp_path / "x-up.cast"
    path.write_text(text)
    assert command.main(tmp_path / "drawn", tmp_path) == 2
    assert capsys.readouterr().err == f"{path} is no recording: an asciicast was expected\n"


def words(path: Path) -> list[str]:
    """What it says, without what differs from one time to the next; the engine works on several
    things at once, so in no order, and says again what it still waits for. Of a component it may
    never say that it is created: then what it waits for came first (seen once, on a busy host)."""
    own = " +  lunch-gateway:index:"
    text = "\n".join(line for line in up.shown(path) if line and not line.startswith(own))
    text = re.sub(r"  Costs .*", "  Costs", text)
    text = re.sub(r"-dev-[a-z0-9]{8}", "-dev-LABEL", text)
    return sorted({*re.sub(r"\d+(\.\d+)?( min \d+)?", "N", text).split("\n")})


@pytest.mark.engine
def test_it_is_what_the_command_says_today(tmp_path: Path) -> None:
    """A minute: the first `make up`, from nothing."""
    assert KEPT
    now = tmp_path / "now-up.cast"
    recording.write(now, tmp_path)
    told = f"python -m tests.pictures.recording {KEPT.name}, then make pictures"
    assert words(now) == words(KEPT), told
