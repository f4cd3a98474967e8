"""``python -m cloud_init render``, as a user meets it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from cloud_init import __main__ as command
from cloud_init.files import SECRET_FILES, guest_files
from cloud_init.user_data import user_data
from settings.guest import Settings
from tests.cloud_init.conftest import EXAMPLE

REPOSITORY = EXAMPLE.parent
SECRET = "Xsecret-that-must-not-show"


def render(
    settings: Path, out: Path, *options: str, umask: int = 0o022
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-W", "error", "-m", "cloud_init", "render"),
            *("--settings", str(settings), "--out", str(out), *options),
        ],
        cwd=REPOSITORY,
        capture_output=True,
        encoding="utf-8",
        umask=umask,
        timeout=20,
        check=False,
    )


def tree(directory: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(directory)): (
            path.stat().st_mode & 0o7777,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in directory.rglob("*")
    }


def refusal(settings: Path, out: Path) -> str:
    """The one line with which a run failed, having left everything as it was."""
    before = tree(out.parent)
    done = render(settings, out)
    assert done.returncode == 2
    assert done.stdout == ""
    assert tree(out.parent) == before
    (line,) = done.stderr.splitlines()
    assert SECRET not in line
    assert "Traceback" not in line
    return line


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_the_tree_is_the_guest(tmp_path: Path, settings: Settings, umask: int) -> None:
    done = render(EXAMPLE, tmp_path / "new/out", umask=umask)
    out = tmp_path / "new/out"
    said = f"{out}/user-data boots the machine; {out}/rootfs has the files in it\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, said, "")
    written = tree(tmp_path / "new/out")
    assert written.pop("user-data") == (0o600, user_data(settings).encode())
    assert written.pop(command.MARKER)[0] == 0o644
    assert {mode for mode, content in written.values() if not content} >= {0o755}
    files = {f"rootfs{file.path}": file for file in guest_files(settings)}
    directories = {
        str(parent) for name in files for parent in Path(name).parents if parent != Path()
    }
    assert written.keys() == files.keys() | directories
    for name, file in files.items():
        assert written[name] == (file.mode, file.content.encode())
    assert {written[name][0] for name in directories} == {0o755}


def test_secret_files_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    render(EXAMPLE, tmp_path / "out", umask=0)
    for name in ("user-data", *(f"rootfs{path}" for path in SECRET_FILES)):
        assert (tmp_path / "out" / name).stat().st_mode & 0o077 == 0


def test_rendering_again_replaces_the_tree_and_leaves_nothing_stale(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert render(EXAMPLE, out).returncode == 0
    first = tree(out)
    (out / "rootfs/etc/stale").write_text("of an older version")
    (out / "user-data").write_text("changed")
    assert render(EXAMPLE, out).returncode == 0
    assert tree(out) == first
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_empty_directory_and_a_link_to_one_will_do(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to("empty")
    assert render(EXAMPLE, tmp_path / "link").returncode == 0
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "empty/user-data").exists()


@pytest.mark.parametrize("name", ["precious.txt", "user-data", "rootfs"])
def test_a_directory_of_somebody_else_is_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / name).write_text("mine")
    assert "did not write" in refusal(EXAMPLE, tmp_path / "home")


def test_a_file_put_beside_ours_is_left_alone(tmp_path: Path) -> None:
    assert render(EXAMPLE, tmp_path / "out").returncode == 0
    (tmp_path / "out/notes.txt").write_text("mine")
    assert "did not write" in refusal(EXAMPLE, tmp_path / "out")


def test_a_file_in_place_of_the_directory(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    assert "Not a directory" in refusal(EXAMPLE, tmp_path / "out")


def test_a_link_to_itself(tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to("out")
    done = render(EXAMPLE, tmp_path / "out")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "Traceback" not in line


@pytest.mark.parametrize("step", ["_write", "user_data", "guest_files"])
def test_a_failure_on_the_way_leaves_what_was_there(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    out = tmp_path / "out"
    command.render(settings, out)
    before = tree(tmp_path)
    monkeypatch.setattr(command, step, fail)
    with pytest.raises(OSError, match="No space left"):
        command.render(settings.redacted(), out)
    assert tree(tmp_path) == before


def test_redacted_shows_no_secret(tmp_path: Path, settings: Settings) -> None:
    assert render(EXAMPLE, tmp_path / "out", "--redacted").returncode == 0
    assert render(EXAMPLE, tmp_path / "full").returncode == 0
    text = (tmp_path / "out/user-data").read_text(encoding="utf-8")
    assert text == user_data(settings.redacted())
    redacted, full = tree(tmp_path / "out"), tree(tmp_path / "full")
    different = {name for name in full if full[name] != redacted[name]}
    assert different == {"user-data", *(f"rootfs{path}" for path in SECRET_FILES)}
    for secret in (settings.psk, *settings.users.values()):
        assert not any(secret.encode() in content for _, content in redacted.values())


BAD_FILES = {
    "": "empty",
    "just text": "not a map",
    "- a\n- list": "not a map",
    "a: 1\n---\nb: 2\n": "line 2: a second map of settings",
    "psk: [unclosed": "line 1, column 6: the [ here has no ]",
    f"psk: *{SECRET}": "line 1: an asterisk",
    f"psk: !{SECRET}": "line 1: an exclamation mark",
    f"psk: '{SECRET}": "line 1, column 6: the quote here has no end",
    f'psk: "\\q{SECRET}"': "line 1, column 8",
    f"psk: {SECRET}: x": "line 1",
    f"\tpsk: {SECRET}": "line 1",
    f"psk: {SECRET}\nusers: {SECRET}\n  alice: x": "line 3",
    f"psk: {SECRET}\npsk: {SECRET}": "line 2: 'psk' stands here a second time",
    f"users:\n  a: {SECRET}\n  a: {SECRET}": "line 3: a name stands here a second time",
    f"? [{SECRET}]\n: x": "line 1, column 3",
    "psk: 2001-99-99": "line 1, column 6",
    f"mtu: {'9' * 5000}": "line 1, column 6",
    f"psk: \x07{SECRET}": "line 1: a character that can't be printed",
    "[" * 5000: "nested too deeply",
}


@pytest.mark.parametrize(("text", "words"), BAD_FILES.items(), ids=lambda text: text[:20])
def test_a_bad_file_is_one_line_without_what_stands_in_it(
    tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / "settings.yaml").write_text(text, encoding="utf-8")
    line = refusal(tmp_path / "settings.yaml", tmp_path / "out")
    assert line.startswith(f"{tmp_path}/settings.yaml: ")
    assert words in line


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_bytes(b"psk: \xff\xfe")
    assert "not UTF-8" in refusal(tmp_path / "settings.yaml", tmp_path / "out")


def test_a_missing_file_and_a_directory(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "none.yaml", tmp_path / "out")
    assert "a directory" in refusal(tmp_path, tmp_path / "out")


def test_bad_settings_are_a_line_each(tmp_path: Path) -> None:
    bad = SECRET + 'ü"'
    raw = {"psk": bad, "users": {"alice": f"{bad}1", "b b": f"{bad}2"}, "mtu": 1, "x": bad}
    file = tmp_path / "settings.yaml"
    file.write_text(yaml.safe_dump(raw), encoding="utf-8")
    done = render(file, tmp_path / "out")
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert [line.split(": ")[1] for line in lines] == ["x", "psk", "users", "users", "mtu"]
    assert SECRET not in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + EXAMPLE.read_bytes())
    assert render(file, tmp_path / "out", "--example").returncode == 0


@pytest.mark.parametrize("arguments", [[], ["render"], ["render", "--settings", "x"], ["draw"]])
def test_wrong_usage_is_explained(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        command.main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m cloud_init" in capsys.readouterr().err


def test_it_takes_well_under_a_second_and_no_pulumi(tmp_path: Path) -> None:
    """Measured in the child's own CPU time: other work on this machine does not count."""
    before = os.times()
    started = time.monotonic()
    assert render(EXAMPLE, tmp_path / "out").returncode == 0
    after = os.times()
    used = after.children_user + after.children_system
    used -= before.children_user + before.children_system
    assert used < 0.5, f"{used:.2f} s of CPU, {time.monotonic() - started:.2f} s in all"
    script = (
        "import sys, cloud_init.__main__ as command\n"
        f"command.main(['render', '--settings', {str(EXAMPLE)!r}, '--out', sys.argv[1]])\n"
        "sys.exit(sorted(name for name in sys.modules if name.startswith(('pulumi', 'grpc'))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "out")],
        cwd=REPOSITORY,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.stderr.strip() in ("", "[]")
