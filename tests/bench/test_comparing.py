"""Two runs, measurement by measurement."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import terminal
from bench.figures import Change, changes
from bench.records import Run, differences
from tests.bench.made_up import ABOUT, full, record
from tests.bench.test_records import written
from tests.lab.test_command import python

SAMPLE = Path(__file__).parent / "sample"


def run(*goodputs: float, first_seed: int = 1, line: str = "lossy-1") -> Run:
    records = [
        record("forward", line, seed, goodput_mbps=goodput)
        for seed, goodput in enumerate(goodputs, first_seed)
    ]
    return Run(dict(ABOUT), records)


def only(before: Run, after: Run) -> Change:
    (change,) = changes(before, after)
    return change


def test_by_pairs_where_the_seeds_agree() -> None:
    change = only(run(1.0, 2.0, 4.0), run(2.0, 4.0, 4.0))
    assert (change.key, change.ratio.value) == ("goodput_mbps", 2.0)
    assert terminal.change(change).split()[-10:] == (
        "goodput_mbps 2.00 4.00 2.000 by 3 pairs, 1 to 2".split()
    )


def test_of_medians_where_they_do_not() -> None:
    change = only(run(1.0, 2.0, 4.0), run(3.0, first_seed=9))
    assert terminal.change(change).endswith("2.00     3.00    1.500  of medians")


def test_a_run_against_itself_has_not_changed() -> None:
    whole = full()
    found = list(changes(whole, whole))
    assert len(found) > 100
    assert {change.ratio.value for change in found} == {1.0}
    assert {change.ratio.pairs for change in found} <= {(1.0,) * 3, (1.0,)}


def test_only_what_both_have() -> None:
    assert list(changes(run(1.0), run(1.0, line="clean"))) == []
    assert list(changes(run(1.0), run(1.0), ["load_time_s"])) == []
    page = Run({}, [record(load="page", load_time_s=4.0)])
    assert only(page, page).key == "load_time_s"
    keys = [change.key for change in changes(page, page, ["limit_mbps", "load_time_s"])]
    assert keys == ["limit_mbps", "load_time_s"]


def test_what_differs_between_the_runs_themselves() -> None:
    other = {**ABOUT, "kernel": "7.3.5", "command": "another", "lines": {}}
    assert differences(ABOUT, other) == ["kernel: 7.3.4+deb13-amd64, then 7.3.5"]
    assert differences(ABOUT, {}) == []


def test_rows_stand_under_their_header() -> None:
    row = terminal.change(only(run(1.0), run(2.0)))
    for word, title in (("forward", "way"), ("goodput_mbps", "figure"), ("far", "at")):
        assert row.index(word) == terminal.CHANGES_HEADER.index(title)


def test_on_the_command_line_with_committed_records() -> None:
    """They were made by the doubles; see what they are about."""
    before, after = (str(SAMPLE / name) for name in ("before.jsonl", "after.jsonl"))
    done = python("bench", "compare", before, after)
    assert done.returncode == 0
    assert done.stderr == ""
    kernel, header, *rows = done.stdout.splitlines()
    assert kernel == "kernel: 7.3.4+deb13-amd64, then 7.3.5+deb13-amd64"
    assert header == terminal.CHANGES_HEADER.rstrip()
    assert len(rows) == 5
    assert [row.partition("by 3 pairs")[1] or row[-10:] for row in rows] == [
        "by 3 pairs",
        "by 3 pairs",
        "by 3 pairs",
        "of medians",
        "by 3 pairs",
    ]
    done = python("bench", "compare", before, after, "--figure", "cpu_s_per_gb")
    assert all("cpu_s_per_gb" in row for row in done.stdout.splitlines()[2:])


@pytest.mark.parametrize("figure", [(), ("--figure=neighbours_mbps",)])
def test_nothing_in_common(figure: tuple[str, ...], tmp_path: Path) -> None:
    one = written(tmp_path / "one.jsonl", run(1.0))
    other = written(tmp_path / "other.jsonl", run(1.0, line="lossy-1" if figure else "clean"))
    done = python("bench", "compare", str(one), str(other), *figure)
    assert done.returncode == 2
    assert done.stderr == f"{one} and {other} have no such figure in common\n"


@pytest.mark.parametrize("command", ["run", "report", "compare"])
def test_every_command_explains_itself(command: str) -> None:
    """argparse fails at a help that it can't format only when somebody asks for it."""
    done = python("bench", command, "--help")
    assert done.returncode == 0
    assert done.stderr == ""
    assert f"usage: python -m bench {command}" in done.stdout
