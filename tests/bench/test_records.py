"""A file of records: what goes in comes out, and what is wrong is told in one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench import records
from bench.records import Run
from lab.command import Mistake
from tests.bench.made_up import ABOUT, full, record
from tests.lab.test_command import python


def written(path: Path, run: Run) -> Path:
    records.append(path, run.about)
    for each in run.records:
        records.append(path, each.told())
    return path


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    run = full()
    path = written(tmp_path / "records.jsonl", run)
    assert records.read(path) == run
    assert len(path.read_text().splitlines()) == 1 + len(run.records)


def test_a_record_is_there_as_soon_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    for number, told in enumerate([ABOUT, record().told(), record(seed=2).told()]):
        records.append(path, told)
        assert len(records.read(path).records) == number


def test_a_record_is_one_flat_object_without_what_was_not_seen() -> None:
    told = record(hour="12:15", rtts_ms=[1.5], cpu_s_per_gb=None).told()
    assert told == {
        "line": "lossy-1",
        "gateway_at": "far",
        "flows": 1,
        "direction": "down",
        "load": "bulk",
        "hour": "12:15",
        "way": "gateway-l2tp",
        "seed": 1,
        "repeat": 0,
        "place": 0,
        "goodput_mbps": 0.0,
        "limit_mbps": 9.5,
        "rtts_ms": [1.5],
    }


def test_a_figure_that_older_files_have_not_and_a_newer_one(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    records.append(path, ABOUT)
    records.append(path, {**record().told(), "a_newer_figure": 1.5})
    (read,) = records.read(path).records
    assert read.figures["a_newer_figure"] == 1.5
    assert "cpu_s_per_gb" not in read.figures


def test_what_may_be_null_may_be_absent(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    records.append(path, {"version": 1})
    records.append(path, {key: value for key, value in GOOD.items() if key != "hour"})
    assert records.read(path).records == [record()]


GOOD = record().told()
ABOUT_TEXT = json.dumps({"version": 1})


def file(*told: Any) -> str:
    return "".join(f"{each if isinstance(each, str) else json.dumps(each)}\n" for each in told)


def but(**changed: Any) -> dict[str, Any]:
    return {**GOOD, **changed}


WRONG = {
    "empty": ("", "is empty: a file of records was expected"),
    "cut off": (file(ABOUT_TEXT, GOOD)[:-9], ":2: cut off: remove what stands there, and `python"),
    "cut off in the first": (ABOUT_TEXT[:-2], ":1: cut off"),
    "another version": (file({"version": 2}), ":1: of version 2, and this benchmark reads 1"),
    "a version in words": (file({"version": "1"}), ":1: of version '1'"),
    "results.json": (file("[", "{}", "]"), ":1: no JSON"),
    "a list": (file([1]), ":1: an object was expected"),
    "no version": (file(GOOD), ':1: no "version", so this is no file of records'),
    "settings": (file({"version": 1, "settings": 5}), '"settings" and each of "lines" must be'),
    "lines": (file({"version": 1, "lines": {"x": 5}}), '"settings" and each of "lines" must be'),
    "all lines": (file({"version": 1, "lines": 7}), '"settings" and each of "lines" must be'),
    "no JSON": (file(ABOUT_TEXT, GOOD, "{'way': 1}", GOOD), ":3: no JSON"),
    "nothing between two": (file(ABOUT_TEXT, "", GOOD), ":2: no JSON"),
    "not a number": (file(ABOUT_TEXT, '{"seed": NaN}'), ":2: NaN is no number"),
    "twice": (file(ABOUT_TEXT, GOOD, GOOD), ":3: this was measured before, with the same"),
    "a key that is gone": (
        file(ABOUT_TEXT, {key: GOOD[key] for key in GOOD if key != "way"}),
        ":2: way must be a name, not None",
    ),
    "line": (file(ABOUT_TEXT, but(line=[])), "line must be a name, not []"),
    "place": (file(ABOUT_TEXT, but(gateway_at="here")), "gateway_at must be near or far, not 'h"),
    "list": (file(ABOUT_TEXT, but(load=["bulk"])), "load must be bulk, page, today or https"),
    "hour": (file(ABOUT_TEXT, but(hour="noon")), "hour must be null or like 12:15, not 'noon'"),
    "flows": (file(ABOUT_TEXT, but(flows=0)), "flows must be a whole number from 1, not 0"),
    "seed": (file(ABOUT_TEXT, but(seed=1.5)), "seed must be a whole number, not 1.5"),
    "true": (file(ABOUT_TEXT, but(repeat=True)), "repeat must be a whole number, not True"),
    "words": (file(ABOUT_TEXT, but(goodput_mbps="8")), "goodput_mbps must be a number, not '8'"),
    "negative": (file(ABOUT_TEXT, but(goodput_mbps=-1)), "goodput_mbps must be a number, not -1"),
    "limit": (file(ABOUT_TEXT, but(limit_mbps=0)), "limit_mbps must be a number above 0, not 0"),
    "a list for one": (file(ABOUT_TEXT, but(load_time_s=[1])), "load_time_s must be a number, n"),
    "one for a list": (file(ABOUT_TEXT, but(rtts_ms=4)), "rtts_ms must be a list of numbers, not"),
    "words in a list": (file(ABOUT_TEXT, but(rtts_ms=["4"])), "rtts_ms must be a list of numbers"),
    "huge": (file(ABOUT_TEXT, but(seed=10**400)), "seed must be a whole number, not 1000"),
    "deep": (file(ABOUT_TEXT, "[" * 100_000), ":2: "),
    "infinite": (file(ABOUT_TEXT, json.dumps(GOOD).replace("9.5", "1e999")), "limit_mbps must"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_in_one_sentence(name: str, tmp_path: Path) -> None:
    text, complaint = WRONG[name]
    path = tmp_path / "records.jsonl"
    path.write_text(text)
    with pytest.raises(Mistake) as raised:
        records.read(path)
    assert str(raised.value).startswith(str(path))
    assert complaint in str(raised.value)
    assert "\n" not in str(raised.value)


def test_what_is_no_file_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match="No such file"):
        records.read(tmp_path / "nowhere")
    with pytest.raises(Mistake, match="Is a directory"):
        records.read(tmp_path)
    (tmp_path / "image").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(Mistake, match="is no text"):
        records.read(tmp_path / "image")


@pytest.mark.parametrize(
    "arguments",
    [
        ("report", "BAD"),
        ("report", "GOOD", "--against", "BAD"),
        ("compare", "BAD", "GOOD"),
        ("compare", "GOOD", "BAD"),
        ("run", "--into", "BAD"),
    ],
)
def test_every_command_says_so_and_ends_with_2(arguments: tuple[str, ...], tmp_path: Path) -> None:
    bad, good = tmp_path / "bad.jsonl", written(tmp_path / "good.jsonl", full())
    bad.write_text(file({"version": 9}))
    files = {"BAD": str(bad), "GOOD": str(good)}
    out = () if arguments[0] == "compare" else ("--out", str(tmp_path / "out"))
    done = python("bench", *(files.get(each, each) for each in arguments), *out)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        f"{bad}:1: of version 9, and this benchmark reads 1: use the commit that wrote it\n"
    )
    assert not (tmp_path / "out").exists()
