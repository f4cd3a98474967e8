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

ORIGIN = "Made by lunch-gateway; why things are as they are stands in its cloud_init/rootfs/."
# The image's own timers would fight for apt's lock from the first minute on.
MASK_APT_TIMERS = (
    *("systemctl", "mask", "--now", "--runtime"),
    *("apt-daily.timer", "apt-daily-upgrade.timer"),
)
# Power that is cut before all our files are on the disk must not leave half of them: cloud-init
# believes that it has written them, unless it loses its own marks.
WRITE_AGAIN = (
    *("sh", "-c"),
    "test -e /var/lib/lunch-gateway/written || rm -f /var/lib/cloud/instance/sem/config_*",
)

# Half of this text is mostly YAML too, and cloud-init says nothing. These words end it, and are
# looked for in what cloud-init has understood; by a pattern that does not find itself.
WHOLE = ("true", "the user-data is whole")
SAY_IF_CUT_OFF = (
    *("sh", "-c"),
    "! test -e /var/lib/cloud/instance/cloud-config.txt ||"
    " grep -q 'is[ ]whole' /var/lib/cloud/instance/cloud-config.txt ||"
    " echo 'gateway-setup: FAILED: the user-data did not arrive whole; replace the machine'",
)

# Azure's agent collects logs five minutes after the start, and the user-data with them
# (ovf-env.xml; waagent 2.12, logcollector's manifests). Before it begins.
NO_LOG_COLLECTOR = (
    *("sh", "-c"),
    "! test -e /etc/waagent.conf || { sed -i '/^Logs.Collect=/d' /etc/waagent.conf &&"
    " echo Logs.Collect=n >>/etc/waagent.conf; }",
)

# The unit goes on by itself, whatever happens to cloud-init; so all depends on this. On a machine
# that gets no processor for minutes systemd does not answer in time ("Reload daemon failed:
# Connection timed out"), and cloud-init runs this once.
BEGIN = (
    *("sh", "-c"),
    "until systemctl daemon-reload && systemctl enable --no-reload gateway-setup.service &&"
    " systemctl start --no-block gateway-setup.service; do sleep 10; done",
)

PROGRAMS = "/var/lib/lunch-gateway/programs.tar.bz2"
"""Guest path of the archive that holds our programs and units, see `_is_packed`."""
UNPACKER = "/etc/systemd/system/gateway-setup.service"
PACKED = ("/usr/local/", "/etc/systemd/system/")


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
    text = _text([*written, _write_archive(packed)])
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
    return _text(list(map(_write_file, guest_files(settings, rootfs))))


def _text(files: list[dict[str, str]]) -> str:
    config = _cloud_config(files)
    return f"#cloud-config\n# {ORIGIN}\n" + yaml.dump(
        config, Dumper=_Dumper, sort_keys=False, width=100
    )


def _is_packed(file: GuestFile) -> bool:
    """All of it plain would be more than Azure takes. What could open a door or hold a secret stays
    in plain sight, and is there before anything of ours runs."""
    return file.path.startswith(PACKED) and file.path != UNPACKER


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


def _cloud_config(files: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "bootcmd": [
            list(each) for each in (MASK_APT_TIMERS, NO_LOG_COLLECTOR, WRITE_AGAIN, SAY_IF_CUT_OFF)
        ],
        "ssh_pwauth": False,
        "write_files": files,
        "runcmd": [list(BEGIN), list(WHOLE)],
    }


def _write_file(file: GuestFile) -> dict[str, str]:
    return {"path": file.path, "permissions": f"{file.mode:04o}", "content": file.content}


class _Dumper(yaml.SafeDumper):
    """Writes text of several lines as it stands, so that a reviewer can read the guest."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)
