"""A pull request's comment: main's own verdict on the guest, from files that may be anybody's.

It prints Markdown.
"""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ops.ci.github import complain, in_workflow
from ops.ci.guests import Guest
from ops.ci.tree import checked_commit, resolved
from ops.ci.verdict import HARMLESS, Verdict, judge
from ops.cli import OpsError

MARK = "<!-- guest-diff -->"
"""By which the next run finds the comment that it replaces."""

LONGEST = 50_000
"""Characters of the difference. GitHub takes 65,536 in a comment."""

LISTED = 4_000
"""Characters of each list beside it, of which there are at most three."""

MOST_LINES = 3_000
"""Of a file whose difference is shown; the guest's longest has some 250."""


def comment(verdict: Verdict) -> str:
    """The comment's text. Nothing in a file or its name can end the block it stands in."""
    head = verdict.head[:9]
    if not verdict.changed:
        return _page(
            verdict.head,
            f"Compared with {verdict.base[:9]}, from where it parted, {head} changes nothing: no"
            " file differs that can shape the guest (any but"
            f" {', '.join(f'`{name}`' for name in HARMLESS)}). No running gateway is replaced.",
        )
    return _page(
        verdict.head,
        f"Compared with {verdict.base[:9]}, from where it parted. Rendered by `main`'s code, from"
        f" files alone, with secrets redacted; nothing of {head} was run.",
        *_code(verdict),
        *_failed(verdict),
        *_different(verdict),
        *_same(verdict),
    )


def unjudged(commit: str, why: str) -> str:
    """The comment's text where there is no verdict."""
    words = "**Not compared, so nothing is known of the guest.** The reviewer judges every file."
    return _page(commit, words, _block([why]))


def _page(commit: str, *paragraphs: str) -> str:
    about = f"Of commit {commit[:9]} and no later one."
    return "\n\n".join((f"{MARK}\n### Inside the guest", about, *paragraphs)) + "\n"


def _code(verdict: Verdict) -> Iterator[str]:
    if verdict.code:
        yield (
            "**Not rendered:** these files differ, can shape the guest and are code, which is not"
            " run here. What they change, this comment does not know: the reviewer judges them."
        )
        yield _block(verdict.code)


def _failed(verdict: Verdict) -> Iterator[str]:
    if verdict.failed:
        yield (
            f"**Could not be rendered** with {_choices(verdict.failed)}, so nothing is known of"
            " the guest there: the reviewer judges these files, too. Why:"
        )
        yield _block(dict.fromkeys(verdict.failed.values()))
        yield _block(verdict.data)


def _different(verdict: Verdict) -> Iterator[str]:
    if verdict.different:
        yield (
            f"**The guest differs** with {_choices(verdict.different)}: an update **replaces the"
            " machine**. Each difference is shown once, under the first settings that have it."
        )
        yield _block(difference(verdict.different), "diff", LONGEST)


def _same(verdict: Verdict) -> Iterator[str]:
    if verdict.same:
        yield (
            f"{_rendered(len(verdict.data))} the same guest with"
            f" {_choices(verdict.same)}. Other settings were not looked at."
        )
        if not verdict.different and not verdict.failed:
            yield _block(verdict.data)


def _rendered(files: int) -> str:
    """Return how the sentence on so many files begins."""
    if files == 1:
        return "The changed file that was rendered gives"
    return f"The {files} changed files that were rendered give"


def _choices(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def difference(different: Mapping[str, tuple[Guest, Guest]]) -> Iterator[str]:
    """Lines that show, by file, how two guests differ; what several choices share, once."""
    seen = set()
    for choice, (before, after) in different.items():
        for path in sorted({*before, *after}):
            both = before.get(path), after.get(path)
            if both[0] != both[1] and (path, both) not in seen:
                seen.add((path, both))
                yield f"# {path} ({choice})"
                yield from _hunks(*([] if text is None else text.split("\n") for text in both))


def _hunks(before: list[str], after: list[str]) -> Iterable[str]:
    # The time for a hostile pair grows with the square of its length.
    if max(len(before), len(after)) > MOST_LINES:
        return [f"{len(before)} lines before, {len(after)} after: too many to compare"]
    # Without the two lines of names, which stand above.
    return [*difflib.unified_diff(before, after, lineterm="")][2:]


def _block(lines: Iterable[str], language: str = "", longest: int = LISTED) -> str:
    """A fenced block; what is cut off is counted."""
    text = "\n".join(line.replace("\n", " ") for line in lines)
    shown = printable(text[:longest])
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", shown)), default=0))
    rest = f"\n{len(text) - longest} more characters, not shown." if len(text) > longest else ""
    return f"{fence}{language}\n{shown}\n{fence}{rest}"


def printable(text: str) -> str:
    """Return a text without what could fool a terminal or a reader's eye (CVE-2021-42574)."""
    return "".join(
        c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m ops.ci.comment", description=__doc__)
    parser.add_argument("base", metavar="BASE", help="the branch that it is to go into")
    parser.add_argument("head", metavar="HEAD", help="the pull request's commit")
    options = parser.parse_args(arguments)
    try:
        base, head = _commits(options.base, options.head)
    except OpsError as error:
        return complain(error)
    try:
        text = comment(judge(base, head))
    except OpsError as error:
        text = unjudged(head, str(error))
    print(text, end="")
    return 0


def _commits(base: str, head: str) -> tuple[str, str]:
    """Full hashes. In a workflow nothing else will do, for a stranger names branches and tags."""
    if in_workflow():
        return base, checked_commit(head)
    return resolved(base, "BASE"), resolved(head, "HEAD")


if __name__ == "__main__":
    sys.exit(main())
