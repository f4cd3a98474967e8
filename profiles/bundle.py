"""The files that one person gets, by name."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from profiles import apple, linux, windows
from profiles.account import Account


@dataclass(frozen=True)
class File:
    """One file, as it is written and as the page carries it along."""

    name: str
    content: bytes
    media_type: str

    @property
    def text(self) -> str:
        """Return it for people to read."""
        return self.content.decode("utf-8-sig").replace("\r\n", "\n")

    @property
    def base64(self) -> str:
        """Return it for a data: URL."""
        return base64.b64encode(self.content).decode("ascii")


def files(account: Account) -> dict[str, File]:
    """Everything but the page, by what it is for; what the gateway or a client can't do
    is left out."""
    made: dict[str, File] = {}
    if "ikev2" in account.protocols:
        made |= {
            "ikev2": _apple(account, "ikev2"),
            "on_demand": _apple(account, "ikev2", "on_demand"),
            "nothing_beside": _apple(account, "ikev2", "nothing_beside"),
        }
        if linux.can_ikev2(account):
            made["nm_ikev2"] = _keyfile(f"{account.user}-ikev2", linux.ikev2(account))
    if "l2tp" in account.protocols:
        script = f"{account.user}-l2tp.ps1"
        made |= {
            "l2tp": _apple(account, "l2tp"),
            "nm_l2tp": _keyfile(f"{account.user}-l2tp", linux.l2tp(account)),
            # What no browser opens or runs by itself.
            "powershell": File(
                script, windows.powershell(account, script), "application/octet-stream"
            ),
        }
    return made


def _apple(account: Account, protocol: str, *ways: str) -> File:
    parts = [f"{account.user}-{protocol}", *(way.replace("_", "-") for way in ways)]
    content = apple.mobileconfig(account, protocol, **dict.fromkeys(ways, True))
    return File(f"{'-'.join(parts)}.mobileconfig", content, apple.MEDIA_TYPE)


def _keyfile(name: str, content: bytes) -> File:
    return File(f"{name}.nmconnection", content, "application/octet-stream")
