"""Which kept disk fits which machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from here import kept
from lab import host, provision
from lab.images.debian import BootFiles


@pytest.fixture(autouse=True)
def _image(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    on_an_image(monkeypatch, tmp_path, "first")


def on_an_image(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, identity: str) -> None:
    image = BootFiles(tmp_path / "gateway-1.qcow2", identity=identity)
    for module in (kept, provision):
        monkeypatch.setattr(module, "gateway_image", lambda: image)


def data(mtu: int = 1280, **other: str) -> bytes:
    files = [
        {"path": "/etc/ppp/options", "content": f"mtu {mtu}"},
        {"path": "/etc/apt/preferences.d/x", "content": other.get("apt_file", "a")},
        {"path": "/etc/lunch-gateway/packages/base", "content": other.get("packages", "ppp")},
    ]
    told = {"write_files": files}
    return b"#cloud-config\n" + yaml.safe_dump(told).encode()


def left(custom_data: bytes) -> str:
    return kept.start(custom_data).left


def disk(tmp_path: Path) -> Path:
    made = tmp_path / "made"
    made.write_bytes(b"a disk")
    return made


def test_without_any_it_is_a_whole_first_boot() -> None:
    assert left(data()) == kept.WHOLE


def test_the_same_bytes_need_none_and_the_same_packages_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.keep_set_up(disk(tmp_path), data())
    copied: list[Any] = []

    def copy(made: Path, target: Path, told: Any) -> None:
        copied.append((made, told))
        target.touch()

    monkeypatch.setattr("here.forgetting.copy", copy)
    assert left(data()) == kept.SAME
    for other in (data(packages="ppp\nnftables"), data(apt_file="b")):
        assert left(other) == kept.WHOLE
    assert left(data(1300)) == left(data(1310)) == kept.LESS
    ((made, told),) = copied
    assert made.read_bytes() == b"a disk"
    assert told == yaml.safe_load(data())


def test_on_an_image_made_anew_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the disk nor, of ours or of the lab's, its packages: it holds what is different from
    another image, and no disk comes of it on this one."""
    monkeypatch.setattr("here.forgetting.copy", lambda _made, target, _told: target.touch())
    kept.keep_set_up(disk(tmp_path), data())
    labs = provision.disk_of(data(packages="nginx"))
    labs.touch()
    labs.with_suffix(kept.USER_DATA).write_bytes(data(packages="nginx"))
    on_an_image(monkeypatch, tmp_path, "second")
    for asked in (data(), data(1300), data(1300, packages="nginx")):
        assert left(asked) == kept.WHOLE
    on_an_image(monkeypatch, tmp_path, "first")
    assert [left(data()), left(data(1300, packages="nginx"))] == [kept.SAME, kept.LESS]


def test_what_is_cut_off_meanwhile_is_left_to_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a directory that `lab.host` removes when nobody holds it any more."""
    written: list[Path] = []

    def cut_off(_made: Path, target: Path, _told: Any) -> None:
        written.append(target)
        raise KeyboardInterrupt

    monkeypatch.setattr("here.forgetting.copy", cut_off)
    with pytest.raises(KeyboardInterrupt):
        kept.keep_packages(disk(tmp_path), data())
    (partial,) = written
    assert partial.parent.parent == host.cache_directory()
    assert partial.parent.name.startswith("run-")
    assert not partial.parent.exists()
    assert left(data()) == kept.WHOLE


def test_what_is_no_cloud_config_is_left_to_cloud_init() -> None:
    assert left(b"\x00\xff: [") == kept.WHOLE
