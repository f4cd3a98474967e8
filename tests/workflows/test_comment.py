"""The text of the bot's comment, whatever stands in the files that it shows."""

from __future__ import annotations

import re

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
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert command.main([clone.git("rev-parse", "main"), alone]) == 0
    said = capsys.readouterr().out
    assert said.startswith(MARK)
    assert "Not compared, so nothing is known of the guest" in said
    assert "no commit in common" in said
    assert NOTHING not in said


def test_in_a_workflow_only_a_hash_is_a_commit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A branch may be called anything, and by anybody."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    for name in ("main; id", "HEAD"):
        assert command.main([COMMIT, name]) == 1
        assert capsys.readouterr().err.startswith("::error::COMMIT is not a commit's 40")


@pytest.mark.parametrize(
    ("arguments", "called"), [(["no-such", "HEAD"], "BASE"), (["HEAD", "--help^"], "HEAD")]
)
def test_by_hand_a_commit_has_any_name_of_the_clones(
    arguments: list[str],
    called: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    assert command.main(["--", *arguments]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"{called}: ")
    assert "is no commit of this clone; expected a branch" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (1, "The changed file that was rendered gives the same guest with `defaults`."),
        (2, "The 2 changed files that were rendered give the same guest with `defaults`."),
    ],
)
def test_one_file_is_one(files: int, words: str) -> None:
    changed = tuple(f"{ROOTFS}{number}" for number in range(files))
    assert words in comment(Verdict(COMMIT, COMMIT, changed, same=("defaults",)))
