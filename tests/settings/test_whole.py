"""A folder is there whole, or as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from settings.whole import replacing


def tree(folder: Path) -> dict[str, str | None]:
    return {
        str(path.relative_to(folder)): path.read_text() if path.is_file() else None
        for path in folder.rglob("*")
    }


def put(out: Path, text: str, then_fails: bool = False) -> None:
    with replacing(out) as new:
        (new / "file").write_text(text)
        if then_fails:
            raise ZeroDivisionError


def test_it_is_new_or_replaced_and_for_its_owner(tmp_path: Path) -> None:
    out = tmp_path / "above" / "out"
    for text in ("first", "second"):
        put(out, text)
        assert tree(tmp_path) == {"above": None, "above/out": None, "above/out/file": text}
        assert out.stat().st_mode & 0o777 == 0o700


def test_what_fails_on_the_way_leaves_what_was_there(tmp_path: Path) -> None:
    put(tmp_path / "out", "first")
    before = tree(tmp_path)
    with pytest.raises(ZeroDivisionError):
        put(tmp_path / "out", "second", then_fails=True)
    assert tree(tmp_path) == before


def test_what_can_not_be_moved_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "out", "first")
    before = tree(tmp_path)
    real = Path.rename

    def no_rename(self: Path, target: Path) -> Path:
        if self.name == "new":
            raise OSError("no")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", no_rename)
    with pytest.raises(OSError, match="no"):
        put(tmp_path / "out", "second")
    assert tree(tmp_path) == before


def test_no_directory_is_made_in_a_file_or_in_the_place_of_a_link(tmp_path: Path) -> None:
    file, loop = tmp_path / "file", tmp_path / "loop"
    file.touch()
    loop.symlink_to(loop)
    before = sorted(tmp_path.iterdir())
    for named, why in ((file, "is a file"), (loop, "a link that leads nowhere")):
        for out in (named, named / "sub", named / "sub" / "below"):
            with pytest.raises(OSError, match=f"{why}; name a new directory") as refused:
                put(out, "text")
            assert refused.value.filename == str(named)
    assert sorted(tmp_path.iterdir()) == before


def test_where_nothing_can_be_written_the_name_that_was_given_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(path: str, *_: object) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("os.mkdir", no_room)
    with pytest.raises(PermissionError) as refused:
        put(tmp_path / "out", "text")
    assert (refused.value.filename, refused.value.strerror) == (
        str(tmp_path / "out"),
        "Permission denied",
    )
