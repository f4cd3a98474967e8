"""A disk that has forgotten what set it up, made of a small one."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from here import forgetting
from lab.host import install
from lab.images import disk

ROOT = Path(__file__).parents[2]
SETUP = ROOT / "cloud_init/rootfs/base/usr/local/sbin/gateway-setup"
SECRET = "a secret of seventeen letters"
LIST = "/etc/apt/sources.list.d/backports.list"
WRITTEN = ("/etc/ppp/chap-secrets", "/etc/nftables.conf")
REMEMBERED = (
    "/etc/cloud/cloud-init.disabled",
    "/etc/swanctl/conf.d/own-addresses.conf",
    "/var/lib/cloud/sem/bootper.quiet-apt.once",
    "/var/lib/lunch-gateway/scrubbed",
)
STAYS = ("/etc/cloud/cloud.cfg", "/etc/strongswan.d/charon.conf", "/usr/sbin/pppd")
WANTS = "/etc/systemd/system/multi-user.target.wants"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A disk like the gateway's: the root file system in the last partition."""
    install(disk.HOST_PACKAGES)
    root = tmp_path_factory.mktemp("made")
    tree, image, whole = root / "tree", root / "image", root / "whole"
    for path in (
        *WRITTEN,
        LIST,
        *REMEMBERED,
        *STAYS,
        "/var/lib/cloud/data/x",
        f"{WANTS}/cron.service",
    ):
        file = tree / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(SECRET)
    (tree / WANTS.lstrip("/") / "strongswan.service").symlink_to("/lib/strongswan.service")
    disk.run("mke2fs", "-q", "-t", "ext4", "-d", tree, image, "16M")
    whole.write_bytes(bytes(24 << 20))
    table = "label: gpt\nstart=2048, size=2048\nstart=4096, size=32768\n"
    subprocess.run(["/usr/sbin/sfdisk", "--quiet", whole], input=table, text=True, check=True)
    disk.run("dd", f"if={image}", f"of={whole}", "bs=512", "seek=4096", "conv=notrunc")
    disk.to_qcow2(whole, root / "made.qcow2")
    return root / "made.qcow2"


@pytest.fixture(scope="module")
def copied(made: Path) -> Path:
    target = made.with_name("copy.qcow2")
    written = [{"path": path, "content": ""} for path in WRITTEN]
    told = {"write_files": written, "apt": {"sources": {"backports": {"source": "deb x"}}}}
    forgetting.copy(made, target, yaml.safe_load(yaml.safe_dump(told)))
    return target


def there(image: Path, path: str) -> bool:
    raw = image.with_suffix(".raw")
    disk.run("qemu-img", "convert", "-O", "raw", image, raw)
    said = disk.run("debugfs", "-R", f"stat {path}", f"{raw}?offset={4096 * 512}")
    return "Inode:" in said


def test_packages_stay_and_the_rest_is_gone(made: Path, copied: Path) -> None:
    links = (f"{WANTS}/strongswan.service", f"{WANTS}/cron.service")
    everything = (*WRITTEN, LIST, *REMEMBERED, *STAYS, *links)
    assert all(there(made, path) for path in everything)
    assert [path for path in everything if there(copied, path)] == [*STAYS, links[1]]


def test_no_secret_stays_in_a_block_that_belongs_to_nobody(made: Path, copied: Path) -> None:
    def times(image: Path) -> int:
        return image.read_bytes().count(SECRET.encode())

    assert times(made) > len(STAYS) + 1
    # In those that stay, and in the other daemon's unit.
    assert times(copied) == len(STAYS) + 1


def test_it_forgets_every_daemon_that_a_first_boot_enables() -> None:
    """Else one would answer IKE before the new set-up has begun."""
    units = re.findall(r'units="(.*)"', SETUP.read_text())
    named = {unit for line in units for unit in line.split() if unit != "$units"}
    assert named
    assert {*named, "nftables.service", "gateway-setup.service"} == set(forgetting.UNITS)
