"""The text of the bot's comment, whatever stands in the files that it shows."""

from __future__ import annotations

import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.ci import comment as command
from ops.ci.comment import LONGEST, MARK, comment, unjudged
from ops.ci.guests import EXAMPLE, ROOTFS
from ops.ci.verdict import Verdict, judge
from tests.workflows.conftest import NOTHING, Repository, add

COMMIT = "0123456789abcdef" * 2 + "01234567"


def with_difference(text: str) -> Verdict:
    both = {"/etc/x": "a"}, {"/etc/x": text}
    return Verdict(COMMIT, COMMIT, (f"{ROOTFS}etc/x",), different={"defaults": both})


pieces = st.sampled_from(["```", "``````", "~~~", "\n", " ", MARK, "\u202e", "\0", "\r", "\udc80"])
hostile = st.lists(pieces, min_size=1, max_size=20).map("".join)


@given(difference=hostile, name=hostile)
def test_nothing_breaks_out_of_the_comments_blocks(difference: str, name: str) -> None:
    verdict = Verdict(
        *(COMMIT, COMMIT, (name, f"{ROOTFS}{name}")),
        failed={"defaults": difference},
        different={"quic: allow": ({"/x": ""}, {f"/{name}": f"x{difference}"})},
    )
    for text in (comment(verdict), unjudged(COMMIT, difference)):
        outside, fence = [], ""
        for line in text.split("\n"):
            mark = re.match(r"`{3,}", line)
            if not fence and mark:
                fence = mark[0]
            elif fence and re.fullmatch(rf" {{0,3}}{fence}`* *", line):
                fence = ""
            elif not fence:
                outside.append(line)
        assert not fence
        assert [line for line in outside if MARK in line] == [MARK]
        assert not [line for line in outside if "~~~" in line or "```" in line]
        assert not set("\u202e\0\r\udc80") & set(text)


def test_a_long_comment_is_cut_and_says_so() -> None:
    paths = tuple(f"{folder}{n:04}" for folder in ("cloud_init/", ROOTFS) for n in range(2000))
    verdict = Verdict(
        *(COMMIT, COMMIT, paths, {"defaults": "x" * 9_000}, ("quic: allow",)),
        different={EXAMPLE: ({"/etc/x": ""}, {"/etc/x": "x" * (LONGEST + 5)})},
    )
    text = comment(verdict)
    assert len(text) < 65_536
    assert text.count("more characters, not shown.") == 4


@pytest.mark.parametrize("end", ["", "\n"], ids=["taken away", "added"])
def test_a_lines_end_is_a_difference(end: str) -> None:
    both = {"/etc/x": "a\nb" + "\n" * (not end)}, {"/etc/x": "a\nb" + end}
    text = comment(Verdict(COMMIT, COMMIT, (f"{ROOTFS}x",), different={"defaults": both}))
    assert f"\n{'+' if end else '-'}\n" in text


def test_too_many_lines_are_not_compared() -> None:
    text = comment(with_difference("\n".join(map(str, range(5_000)))))
    assert "1 lines before, 5000 after: too many to compare" in text


def test_a_difference_is_shown_once(clone: Repository) -> None:
    text = clone.said(lambda: add(clone.rootfs("base/etc/nftables.conf"), "changed_4711=1\n"))
    assert text.count("+changed_4711=1") == 1


def test_commits_that_can_t_be_compared(
    clone: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clone.git("checkout", "--quiet", "--orphan", "alone")
    alone = clone.commit()
    monkeypatch.setattr(command, "judge", lambda base, head: judge(base, head, clone.path))
    monkeypatch.setattr(sys, "argv", ["x", clone.git("rev-parse", "main"), alone])
    assert command.main() == 0
    said = capsys.readouterr().out
    assert said.startswith(MARK)
    assert "Not compared, so nothing is known of the guest" in said
    assert "no commit in common" in said
    assert NOTHING not in said


def test_what_is_no_commit_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["x", COMMIT, "main; id"])
    assert command.main() == 1
    assert "COMMIT is not a commit's 40" in capsys.readouterr().err
