"""What the lab does to the machine it runs on, and says when it can't."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from lab import host
from lab.host import LabError
from lab.images import debian, disk
from lab.machines.accelerator import boots_under

ROOT = Path(__file__).parents[2]


def program(directory: Path, name: str, script: str) -> None:
    directory.mkdir(exist_ok=True)
    path = directory / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def fake_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing installed, an empty cache, and only the programs in ``bin``."""
    programs = tmp_path / "bin"
    program(programs, "dpkg-query", "exit 1")
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return programs


TAKE = "from lab import host; print(host.scratch_directory(), flush=True); input()"


def test_killed_run_leaves_no_disks(fake_host: Path) -> None:
    ours = host.scratch_directory()
    other = subprocess.Popen(
        [sys.executable, "-c", TAKE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout
    theirs = Path(other.stdout.readline().strip())
    (theirs / "gateway.qcow2").touch()
    third = host.scratch_directory()
    assert ours.exists()
    assert theirs.exists()
    other.kill()
    other.communicate()
    fourth = host.scratch_directory()
    assert not theirs.exists()
    assert all(path.exists() for path in (ours, third, fourth))


def test_missing_packages_without_apt(monkeypatch: pytest.MonkeyPatch, fake_host: Path) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(LabError, match="apt-get install ovmf"):
        host.install(["ovmf"])


def test_apt_failure_is_told_with_its_words(fake_host: Path) -> None:
    program(fake_host, "apt-get", 'echo "mirror is on fire"; exit 100')
    program(fake_host, "sudo", 'exec "$@"')
    with pytest.raises(LabError, match=r"(?s)apt-get update.*mirror is on fire"):
        host.install(["ovmf"])


def test_two_that_install_take_turns(fake_host: Path, tmp_path: Path) -> None:
    """apt-get update does not wait for another one: it fails."""
    locked = tmp_path / "locked"
    program(fake_host, "apt-get", f"mkdir {locked} || exit 100; sleep 0.3; rmdir {locked}")
    program(fake_host, "sudo", 'exec "$@"')
    install = [sys.executable, "-c", "from lab import host; host.install(['ovmf'])"]
    two = [subprocess.Popen(install) for _ in range(2)]
    assert [process.wait(30) for process in two] == [0, 0]


def test_what_another_one_installed_meanwhile_is_not_installed_again(
    fake_host: Path, tmp_path: Path
) -> None:
    """It waited for its turn, as long as the other one took."""
    there, turns = tmp_path / "there", tmp_path / "turns"
    program(fake_host, "dpkg-query", f"test ! -e {there} || printf installed")
    apt = f"echo $1 >> {turns}; sleep 0.3; test $1 = update || touch {there}"
    program(fake_host, "apt-get", apt)
    program(fake_host, "sudo", 'exec "$@"')
    install = [sys.executable, "-c", "from lab import host; host.install(['ovmf'])"]
    two = [subprocess.Popen(install) for _ in range(2)]
    assert [process.wait(30) for process in two] == [0, 0]
    assert turns.read_text().split() == ["update", "install"]


def test_nothing_is_installed_that_is_there(fake_host: Path) -> None:
    program(fake_host, "dpkg-query", "printf installed")
    program(fake_host, "apt-get", "exit 100")
    host.install(["ovmf"])


def test_failed_image_leaves_nothing_in_the_cache(fake_host: Path) -> None:
    program(fake_host, "dpkg-query", "printf installed")
    program(
        fake_host, "mmdebstrap", 'echo "no such suite"; eval "last=\\${$#}"; : > "$last"; exit 1'
    )
    with pytest.raises(LabError, match="no such suite"):
        debian.debian_tar(["hello"])
    assert {each.suffix for each in host.cache_directory().iterdir()} == {".lock"}


def test_digest_tells_the_parts_apart() -> None:
    assert host.digest("ab", "c") != host.digest("a", "bc")
    assert host.digest("ab") == host.digest(b"ab")


def test_user_data_arrives_byte_for_byte(tmp_path: Path) -> None:
    host.install(disk.HOST_PACKAGES)
    user_data = tmp_path / "user-data"
    user_data.write_bytes("#cloud-config\n# ü\r\n\ttab \n".encode())
    disk.seed_disk(user_data, "box", tmp_path / "seed.img")
    disk.run("mcopy", "-i", tmp_path / "seed.img", "::user-data", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == user_data.read_bytes()


def test_tool_that_fails_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="mke2fs failed"):
        disk.run("mke2fs", "-q", tmp_path / "no" / "such", "1M")


def test_accelerator_that_runs_no_kernel_is_refused(tmp_path: Path) -> None:
    """/dev/null is no kernel, whatever the processor can do."""
    host.install(["qemu-system-x86"])
    assert not boots_under("tcg", Path("/dev/null"), timeout=5)


def test_who_wants_the_same_waits_and_then_finds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes that need the same tree: one builds, the other gets what it built."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    built = tmp_path / "built"
    build = (
        "import time; from pathlib import Path; from lab import host\n"
        f"built = Path({str(built)!r})\n"
        "with host.alone('tree'):\n"
        "    if not built.exists():\n"
        "        time.sleep(0.3); built.touch(exist_ok=False); print('built')\n"
    )
    two = [
        subprocess.Popen([sys.executable, "-c", build], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = sorted(process.communicate(timeout=30)[0] for process in two)
    assert said == ["", "built\n"]
    assert [process.returncode for process in two] == [0, 0]


def test_what_was_not_used_for_longest_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cache = host.cache_directory()
    for age, name in enumerate(("kept", "old", "older", "oldest")):
        for ending in ("qcow2", "initrd"):
            (cache / f"world-{name}.{ending}").touch()
            os.utime(cache / f"world-{name}.{ending}", (1000 - age, 1000 - age))
        (cache / f"world-{name}.tree").mkdir()
    (cache / "gateway-x.qcow2").touch()
    host.used(cache / "world-oldest.qcow2")
    host.forget_all_but(2, "world-*.qcow2")
    assert {path.stem for path in cache.iterdir()} == {"world-oldest", "world-kept", "gateway-x"}


def test_images_are_made_by_name_and_without_an_environment() -> None:
    """Beside it the environment is installed; as make calls it."""
    bare = [str(Path(sys.base_prefix, "bin", "python3")), "-I", "-S", "-c"]
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); sys.argv = ['x', 'moon'];"
        " from lab.images.__main__ import main; main()"
    )
    done = subprocess.run([*bare, code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "invalid choice: 'moon'" in done.stderr
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert '\nimage-world image-gateway:\n\t"$$PYTHON" -m lab.images $(@:image-%=%)\n' in makefile


@pytest.mark.parametrize(
    ("variable", "text", "line"),
    [
        ("XDG_CACHE_HOME", "rel", "XDG_CACHE_HOME: 'rel' is no directory's whole path"),
        ("HOME", "", "HOME: '' is no directory's whole path"),
        ("XDG_CACHE_HOME", "/dev/null", "/dev/null/lunch-gateway can't be made (Not a directory)"),
    ],
)
def test_where_nothing_can_be_kept(
    variable: str, text: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv(variable, text)
    with pytest.raises(LabError) as refused:
        host.cache_directory()
    assert str(refused.value).startswith(line)


@pytest.mark.parametrize("module", ["lab", "here", "here.cli"])
def test_a_command_that_can_keep_nothing_says_so_in_a_line(module: str) -> None:
    arguments = {"lab": ["run", "--scenario", "dial_in"], "here": ["ops", "status"], "here.cli": []}
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments[module]],
        cwd=ROOT,
        env={"PATH": "/nowhere", "HOME": "/", "XDG_CACHE_HOME": "/dev/null"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode > 0, done.stdout) == (True, "")
    (line,) = done.stderr.splitlines()
    assert "/dev/null/lunch-gateway can't be made (Not a directory); set XDG_CACHE_HOME" in line
