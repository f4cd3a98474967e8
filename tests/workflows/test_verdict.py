"""What can shape the guest never passes in silence: the bot's verdict is main's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ops.ci.comment import comment
from ops.ci.guests import CHOICES, EXAMPLE, ROOTFS, guests
from ops.ci.verdict import judge
from tests.workflows.conftest import NOTHING, ROOT, Repository, add

FILES = sorted(
    path.relative_to(ROOT / ROOTFS).as_posix()
    for path in (ROOT / ROOTFS).glob("*/**/*")
    if path.is_file()
)


def on_guest(name: str) -> str:
    """Where a file of a layer lands."""
    return "/" + name.partition("/")[2].removesuffix(".tmpl")


def choices(text: str, heading: str) -> set[str]:
    """Those that stand in the comment's paragraph with this heading."""
    (paragraph,) = [each for each in text.split("\n\n") if heading in each]
    return {choice for choice in CHOICES if f"`{choice}`" in paragraph}


# What can shape the guest never passes in silence.


@pytest.mark.parametrize("name", FILES)
def test_every_file_of_the_guest_speaks(name: str, clone: Repository) -> None:
    text = clone.said(lambda: add(clone.rootfs(name), "changed_4711=1\n"))
    assert NOTHING not in text
    assert f"# {on_guest(name)} (" in text
    assert "\n+changed_4711=1\n" in text
    assert "an update **replaces the machine**" in text


OPTIONS = {
    "l2tp+modp1024/etc/swanctl/conf.d/modp1024.conf": {"modp1024: allow"},
    "split+quic-rejected/etc/lunch-gateway/quic.nft": {*CHOICES}
    - {"acceleration: off", "quic: allow"},
    "l2tp/etc/xl2tpd/xl2tpd.conf.tmpl": {*CHOICES} - {"protocols: [ikev2]"},
    "ikev2/etc/swanctl/conf.d/ikev2.conf.tmpl": {*CHOICES} - {"protocols: [l2tp]"},
    "split/etc/haproxy/haproxy.cfg": {*CHOICES} - {"acceleration: off"},
    "base/etc/nftables.conf": {*CHOICES},
}


@pytest.mark.parametrize("name", OPTIONS)
def test_it_says_with_which_settings(name: str, clone: Repository) -> None:
    text = clone.said(lambda: add(clone.rootfs(name), "changed_4711=1\n"))
    assert choices(text, "**The guest differs**") == OPTIONS[name]
    if same := {*CHOICES} - OPTIONS[name]:
        assert choices(text, "the same guest with") == same
        assert "Other settings were not looked at." in text


def test_every_choice_makes_another_guest() -> None:
    """But quic alone would be no choice without the split, which the defaults have."""
    found = dict(guests(ROOT))
    assert not [guest for guest in found.values() if isinstance(guest, str)]
    assert len({str(guest) for guest in found.values()}) == len(CHOICES) == 10


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda at: (at / ROOTFS / "base/etc/new.conf").write_text("x\n"), "# /etc/new.conf ("),
        (lambda at: (at / ROOTFS / FILES[0]).unlink(), f"# {on_guest(FILES[0])} ("),
        (lambda at: (at / ROOTFS / "base/usr/local/sbin/gateway-ready").chmod(0o644), "-mode 0755"),
        (lambda at: add(at / EXAMPLE, "sshSource: 203.0.113.9/32\n"), "203.0.113.9"),
    ],
    ids=["new", "gone", "mode", "example"],
)
def test_other_changes_speak(
    change: Callable[[Path], object], path: str, clone: Repository
) -> None:
    text = clone.said(lambda: change(clone.path))
    assert NOTHING not in text
    assert path in text


CODE = (
    *("cloud_init/files.py", "cloud_init/new.py", "gateway/config.py", "constraints.txt"),
    *("__main__.py", ".github/workflows/preview.yml", "yaml.py", ".gitattributes", "docs.py"),
    *("README.md.py", "cloud_init/rootfs.py", "Pulumi.dev.yaml"),
)


@pytest.mark.parametrize("name", CODE)
def test_code_is_named_and_never_judged(name: str, clone: Repository) -> None:
    def change() -> None:
        (clone.path / name).touch()
        add(clone.path / name, "raise SystemExit('was run')\n")

    text = clone.said(change)
    assert NOTHING not in text
    assert "**Not rendered:**" in text
    assert f"\n{name}\n" in text
    assert "the reviewer judges them" in text


def test_code_and_data_together(clone: Repository) -> None:
    """A renderer that hides what the files would show is not asked."""

    def change() -> None:
        (clone.path / "cloud_init/files.py").write_text("def guest_files(*_): return ()\n")
        add(clone.rootfs("base/etc/nftables.conf"), "changed_4711=1\n")

    text = clone.said(change)
    assert "\n+changed_4711=1\n" in text
    assert "\ncloud_init/files.py\n" in text


def test_nothing_is_said_only_of_what_cannot_shape_the_guest(clone: Repository) -> None:
    text = clone.said(lambda: add(clone.path / "docs/automation.md", "x\n"))
    assert f"{clone.git('rev-parse', 'HEAD')[:9]} {NOTHING}" in text
    assert NOTHING in Repository(clone.path).said(lambda: None)


def test_a_remark_is_no_other_guest_but_not_nothing(clone: Repository) -> None:
    text = clone.said(lambda: add(clone.rootfs("base/etc/nftables.conf"), "# 4711\n"))
    assert NOTHING not in text
    assert choices(text, "the same guest with") == {*CHOICES}
    assert f"\n{ROOTFS}base/etc/nftables.conf\n" in text
    assert "replaces" not in text


def test_what_main_did_meanwhile_is_not_the_pull_requests(clone: Repository) -> None:
    def change() -> None:
        clone.git("checkout", "--quiet", "main")
        add(clone.rootfs("base/etc/nftables.conf"), "main_4711=1\n")
        clone.commit()
        clone.git("checkout", "--quiet", "theirs")
        add(clone.rootfs("split/etc/haproxy/haproxy.cfg"), "theirs_4711=1\n")

    change()
    head = clone.commit()
    text = comment(judge(clone.git("rev-parse", "main"), head, clone.path))
    assert "theirs_4711" in text
    assert "main_4711" not in text
