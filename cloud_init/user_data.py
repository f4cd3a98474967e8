"""The cloud-config that carries the guest: data, then one YAML dump."""

from __future__ import annotations

import base64
import bz2
import io
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from cloud_init.files import ROOTFS, GuestFile, guest_files
from settings.guest import Settings, SettingsError

MAX_BYTES = 65_535
"""What Azure takes as customData, before its base64 (azure-docs, "Custom data")."""

PACKAGES = (
    "linux-image-amd64",  # from backports: rootfs/base/etc/apt/preferences.d/lunch-gateway
    "charon-systemd",
    "strongswan-swanctl",
    "libstrongswan-standard-plugins",  # AES-GCM
    "nftables",
    "dnsmasq-base",
)
ORIGIN = "Made by lunch-gateway; why things are as they are stands in its cloud_init/rootfs/."
L2TP_PACKAGES = ("xl2tpd", "ppp")
SPLIT_PACKAGES = (
    "haproxy",
    # They build bbr-phone.c and give it to the kernel.
    *("gcc-bpf", "bpftool"),
)

# The image's own timers would fight for apt's lock during the first boot.
MASK_APT_TIMERS = (
    *("systemctl", "mask", "--now", "--runtime"),
    *("apt-daily.timer", "apt-daily-upgrade.timer"),
)


PROGRAMS = "/var/lib/lunch-gateway/programs.tar.bz2"
"""Guest path of the archive that holds what lies under ``/usr/local``, but for `UNPACKER`."""
UNPACKER = "/usr/local/sbin/gateway-prepare"


def user_data(settings: Settings, rootfs: Path = ROOTFS) -> str:
    """The whole user-data (on Azure: customData) for these settings.

    The same settings always give the same bytes, on every computer: bzip2 has one
    implementation; deflate has several, each with bytes of its own. ``rootfs`` holds
    the layers that the guest's files come from.

    Raises:
        GuestFileError: a file of the tree can't be rendered.
        SettingsError: the text is longer than `MAX_BYTES`.
    """
    files = list(guest_files(settings, rootfs))
    packed = [file for file in files if _is_packed(file)]
    written = [_write_file(file) for file in files if not _is_packed(file)]
    text = _text(settings, [*written, _write_archive(packed)])
    size = len(text.encode())
    if size > MAX_BYTES:
        raise SettingsError(
            [
                f"users: the rendered guest has {size} bytes, Azure takes {MAX_BYTES};"
                " remove some users"
            ]
        )
    return text


def readable(settings: Settings, rootfs: Path = ROOTFS) -> str:
    """The same guest with every file in plain sight, for people to read and compare, however
    long. For a text without secrets pass ``settings.redacted()``."""
    return _text(settings, list(map(_write_file, guest_files(settings, rootfs))))


def _text(settings: Settings, files: list[dict[str, str]]) -> str:
    config = _cloud_config(settings, files)
    return f"#cloud-config\n# {ORIGIN}\n" + yaml.dump(
        config, Dumper=_Dumper, sort_keys=False, width=100
    )


def _is_packed(file: GuestFile) -> bool:
    return file.path.startswith("/usr/local/") and file.path != UNPACKER


def _write_archive(files: Iterable[GuestFile]) -> dict[str, str]:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for file in files:
            content = file.content.encode()
            entry = tarfile.TarInfo(file.path.lstrip("/"))
            entry.mode, entry.size = file.mode, len(content)
            tar.addfile(entry, io.BytesIO(content))
    packed = base64.b64encode(bz2.compress(archive.getvalue())).decode("ascii")
    return {"path": PROGRAMS, "permissions": "0600", "encoding": "b64", "content": packed}


def _cloud_config(settings: Settings, files: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "bootcmd": [["cloud-init-per", "once", "quiet-apt", *MASK_APT_TIMERS]],
        "ssh_pwauth": False,
        "apt": {
            "preserve_sources_list": True,
            # cloud-init fills in the image's mirror and release.
            "sources": {"backports": {"source": "deb $MIRROR $RELEASE-backports main"}},
        },
        # cloud-init updates apt's lists by itself before it installs.
        "packages": _packages(settings),
        "write_files": files,
        "runcmd": [["gateway-prepare"]],
        "power_state": {
            "mode": "reboot",
            "message": "into the mainline kernel",
            "condition": ["test", "-e", "/run/lunch-gateway/prepared"],
        },
    }


def _packages(settings: Settings) -> list[str]:
    return [
        *PACKAGES,
        *(L2TP_PACKAGES if "l2tp" in settings.protocols else ()),
        *(SPLIT_PACKAGES if settings.acceleration == "split" else ()),
    ]


def _write_file(file: GuestFile) -> dict[str, str]:
    return {"path": file.path, "permissions": f"{file.mode:04o}", "content": file.content}


class _Dumper(yaml.SafeDumper):
    """Writes text of several lines as it stands, so that a reviewer can read the guest."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)
