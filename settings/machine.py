"""What a deployment may choose about the machine around the guest: the readers of those keys.

`gateway.config` reads a stack's; a settings file may hold them too, and is held to them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from settings import amounts, azure_values
from settings.ssh_key import ssh_public_key
from settings.table import table
from settings.tags import tags
from settings.values import BadValue

_READERS: Mapping[str, Callable[[Any], Any]] = {
    "dnsLabel": azure_values.dns_label,
    "vmSize": azure_values.vm_size,
    "diskType": azure_values.disk_type,
    "image": azure_values.image,
    "sshPublicKey": ssh_public_key,
    "tags": tags,
    "readyTimeout": amounts.ready_timeout,
    "shutdownTime": azure_values.shutdown_time,
    "shutdownTimeZone": azure_values.time_zone,
}

MACHINE_KEYS = frozenset(_READERS)


def read(key: str, value: Any) -> Any:
    """Returns the usable value of one key. Nothing, or an empty text, is its default; where that
    is an empty text too, so is what is returned: nobody chose.

    Raises:
        BadValue: it can't be used.
    """
    if value is None or value == "":
        value = table()[key].default
    return value if value == "" else _READERS[key](value)


def faults(raw: Mapping[str, Any]) -> list[str]:
    """Returns a line for everything that is wrong with these keys in raw configuration values."""
    found = []
    good = {}
    for key in _READERS:
        try:
            good[key] = read(key, raw.get(key))
        except BadValue as bad:
            found += [f"{key}: {fault}" for fault in bad.faults]
    if raw.get("diskType") and {"diskType", "vmSize"} <= good.keys():
        try:
            azure_values.disk_fits(good["diskType"], good["vmSize"])
        except BadValue as bad:
            found.append(f"diskType: {bad}")
    return found
