"""The readers of our profiles, from Debian 13: NetworkManager's own library and nmcli,
and libplist's plistutil. They live in a tree of their own, since installing NetworkManager
on a machine would let it take over that machine's network."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.cloud_init.guest_tree import debian_tree

PACKAGES = (
    *("gir1.2-nm-1.0", "libplist-utils", "python3-gi"),
    *("network-manager", "network-manager-l2tp", "network-manager-strongswan"),
)

ENTER = """
set -eu
mount --rbind /proc "$1/proc"
mount --rbind /dev "$1/dev"
mount -t tmpfs tmpfs "$1/tmp"
cd /
exec env -i PATH=/usr/sbin:/usr/bin LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 \\
    chroot "$1" python3 -c "$2"
"""

# Reads a question a line, writes an answer a line: starting it costs more than asking it.
READER = r"""
import base64, json, subprocess, sys
import gi
gi.require_version("NM", "1.0")
from gi.repository import GLib, NM

def plist(content):
    open("/tmp/x", "wb").write(content)
    done = subprocess.run(["plistutil", "-i", "/tmp/x", "-f", "xml"], capture_output=True)
    if done.returncode or done.stderr:
        raise ValueError(done.stderr.decode())
    return done.stdout.decode()

def nmcli(content):
    done = subprocess.run(
        ["nmcli", "--offline", "connection", "modify", "connection.autoconnect", "yes"],
        input=content, capture_output=True)
    if done.returncode or done.stderr:
        raise ValueError(done.stderr.decode())
    return done.stdout.decode()

def keyfile(content):
    said = []
    def listen(file, connection, kind, data, *_):
        if kind == NM.KeyfileHandlerType.WARN:
            said.append(str(NM.KeyfileHandlerData.warn_get(data)))
        return False
    file = GLib.KeyFile()
    file.load_from_data(content.decode(), len(content), GLib.KeyFileFlags.NONE)
    connection = NM.keyfile_read(file, "/", NM.KeyfileHandlerFlags.NONE, listen, None)
    connection.verify()
    vpn = connection.get_setting_vpn()
    return {
        "id": connection.get_id(), "uuid": connection.get_uuid(), "said": said,
        "type": connection.get_connection_type(), "service": vpn.get_service_type(),
        "ipv4": connection.get_setting_ip4_config().get_method(),
        "ipv6": connection.get_setting_ip6_config().get_method(),
        "data": {key: vpn.get_data_item(key) for key in vpn.get_data_keys()},
        "secrets": {key: vpn.get_secret(key) for key in vpn.get_secret_keys()},
    }

for line in sys.stdin:
    how, content = json.loads(line)
    try:
        answer = {"read": globals()[how](base64.b64decode(content))}
    except Exception as error:
        answer = {"refused": repr(error)}
    print(json.dumps(answer), flush=True)
"""


class Refused(Exception):
    """A program would not take a file."""


@dataclass(frozen=True)
class Reader:
    """Asks the programs in the tree."""

    process: subprocess.Popen[str]

    def keyfile(self, content: bytes) -> dict[str, Any]:
        """What libnm, with which NetworkManager reads its keyfiles, finds in one."""
        read: dict[str, Any] = self._ask("keyfile", content)
        return read

    def nmcli(self, content: bytes) -> str:
        """The keyfile as ``nmcli --offline connection modify`` writes it again."""
        return str(self._ask("nmcli", content))

    def plist(self, content: bytes) -> bytes:
        """The property list as plistutil writes it again."""
        return str(self._ask("plist", content)).encode()

    def _ask(self, how: str, content: bytes) -> Any:
        assert self.process.stdin
        assert self.process.stdout
        print(
            json.dumps([how, base64.b64encode(content).decode()]),
            file=self.process.stdin,
            flush=True,
        )
        line = self.process.stdout.readline()
        assert line, "the reader in the Debian tree ended"
        answer = json.loads(line)
        if "refused" in answer:
            raise Refused(answer["refused"])
        return answer["read"]


@contextmanager
def reader() -> Generator[Reader]:
    """The tree, entered with chroot in a namespace whose mounts end with it."""
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    command = ["unshare", "--mount", "--kill-child", *as_root]
    with subprocess.Popen(
        [*command, "sh", "-c", ENTER, "enter", str(debian_tree(PACKAGES)), READER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Reader(process)
