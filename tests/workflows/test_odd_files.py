"""Files of a pull request that want to be something else lead to a line in the comment, never
to a traceback, and never to silence."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.ci.guests import EXAMPLE
from ops.ci.tree import LARGEST
from tests.workflows.conftest import NOTHING, Repository, add


def linked(clone: Repository) -> None:
    clone.rootfs("base/etc/nftables.conf").unlink()
    clone.rootfs("base/etc/nftables.conf").symlink_to("/etc/passwd")


ODD: dict[str, tuple[Callable[[Repository], object], str]] = {
    "link": (linked, "etc/nftables.conf: a symbolic link"),
    "huge": (
        lambda c: c.rootfs("base/etc/x").write_text("x" * (LARGEST + 1)),
        f"etc/x: {LARGEST + 1} bytes; expected at most {LARGEST}",
    ),
    "larger than Azure takes": (
        lambda c: c.rootfs("base/etc/x").write_text("x" * 70_000),
        "Azure takes",
    ),
    "binary": (
        lambda c: c.rootfs("base/etc/x").write_bytes(b"\x7fELF\xff\0"),
        "/etc/x: not UTF-8 text",
    ),
    "template": (
        lambda c: add(c.rootfs("l2tp/etc/xl2tpd/xl2tpd.conf.tmpl"), "${no_such}\n"),
        "/etc/xl2tpd/xl2tpd.conf.tmpl: names 'no_such', a value that does not exist",
    ),
    "python": (lambda c: c.rootfs("base/etc/x.py").write_text("def"), "/etc/x.py: invalid syntax"),
    "no layer": (
        lambda c: c.rootfs("x").write_text("x\n"),
        "/x: x is no layer",
    ),
    "twice": (
        lambda c: c.rootfs("split/etc/nftables.conf.tmpl").write_text("x\n"),
        "/etc/nftables.conf: brought twice, as base/etc/nftables.conf and as split/etc/",
    ),
    "name": (
        lambda c: c.rootfs("base/etc/a\nb").write_text("x"),
        "etc/a b: the name is not printable",
    ),
    "many": (
        lambda c: [c.rootfs(f"base/etc/{n}").write_text("") for n in range(1001)],
        "files; expected at most 1000",
    ),
    "example": (lambda c: add(c.path / EXAMPLE, "newKey: 1\n"), "newKey: no such setting"),
    "no example": (lambda c: (c.path / EXAMPLE).unlink(), f"{EXAMPLE}: No such file"),
    "bomb": (
        lambda c: add(c.path / EXAMPLE, "x: " + "[" * 5_000 + "\n"),
        f"{EXAMPLE}: nested too deeply",
    ),
}


@pytest.mark.parametrize(("change", "why"), ODD.values(), ids=list(ODD))
def test_what_can_t_be_rendered_is_said(
    change: Callable[[Repository], object], why: str, clone: Repository
) -> None:
    text = clone.said(lambda: change(clone))
    assert NOTHING not in text
    assert "**Could not be rendered**" in text
    assert "Traceback" not in text
    assert "the renderer ended with status" not in text
    lines = [line for line in text.splitlines() if why in line]
    assert lines
    assert all(line.startswith(f"{clone.git('rev-parse', 'HEAD')[:9]}: ") for line in lines)


def test_a_link_is_not_followed(clone: Repository, tmp_path: Path) -> None:
    """Nor a folder that is one, and nothing is read from where it leads."""
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/x.conf").write_text("secret-4711\n")

    def change() -> None:
        shutil.rmtree(clone.rootfs("base/etc"))
        clone.rootfs("base/etc").symlink_to(tmp_path / "secret")

    text = clone.said(change)
    assert "cloud_init/rootfs/base/etc: a symbolic link" in text
    assert "secret-4711" not in text


def test_a_renderer_that_does_not_end_is_said(
    clone: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.ci.guests.TIMEOUT", 0.01)
    text = clone.said(lambda: add(clone.path / EXAMPLE, "mtu: 1300\n"))
    assert f"{clone.git('rev-parse', 'HEAD')[:9]}: the renderer took more than 0.01 s\n" in text
    assert NOTHING not in text


def test_yaml_whose_parts_hold_each_other_takes_no_time(clone: Repository) -> None:
    """Each nine times, thirty deep. What may hold another is refused before it is put together."""
    parts = [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 30)]
    bomb = "\n".join(["a0: &a0 {k: 1}", *parts, ""])
    text = clone.said(lambda: add(clone.path / EXAMPLE, bomb))
    assert "an ampersand (&) in front is a mark to YAML" in text
    assert NOTHING not in text


def test_a_renderer_that_dies_is_said(
    clone: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("ops.ci.guests.PROJECT_DIRECTORY", tmp_path)
    text = clone.said(lambda: add(clone.rootfs("base/etc/nftables.conf"), "x\n"))
    assert "the renderer ended with status 1: " in text
    assert "**Could not be rendered**" in text
    assert NOTHING not in text
