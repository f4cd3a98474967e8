"""What a person is told: the values in a profile and on a page, read as a device and a reader do,
without any of the code that wrote them."""

from __future__ import annotations

import plistlib
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from lab.machines.expectations import ExpectationFailed
from lab.phones.models import IPHONE, Model
from lab.phones.phone import Credentials

CIPHERS = {"AES-256-GCM": "aes256gcm16", "AES-256": "aes256", "AES-128-GCM": "aes128gcm16"}
FUNCTIONS = {"SHA2-256": "prfsha256", "SHA2-384": "prfsha384"}
GROUPS = {14: "modp2048", 19: "ecp256", 20: "ecp384"}
"""Apple's words in strongSwan's."""


@dataclass(frozen=True)
class Told:
    """Everything that a phone needs to dial in."""

    server: str
    called: str
    """What the gateway has to call itself; with L2TP nothing asks."""
    credentials: Credentials
    model: Model


def ikev2_profile(path: Path) -> Told:
    """Returns what an Apple device takes from a profile for IKEv2."""
    told = _payload(path)["IKEv2"]
    ike = told["IKESecurityAssociationParameters"]
    child = told["ChildSecurityAssociationParameters"]
    function, group = FUNCTIONS[ike["IntegrityAlgorithm"]], GROUPS[ike["DiffieHellmanGroup"]]
    model = Model(
        ike=f"{CIPHERS[ike['EncryptionAlgorithm']]}-{function}-{group}",
        esp=CIPHERS[child["EncryptionAlgorithm"]],
        source_port=0,
    )
    credentials = Credentials("", told["LocalIdentifier"], told["SharedSecret"])
    return Told(told["RemoteAddress"], told["RemoteIdentifier"], credentials, model)


def l2tp_profile(path: Path) -> Told:
    """Returns what an Apple device takes from a profile for L2TP."""
    told = _payload(path)
    ppp, key = told["PPP"], told["IPSec"]["SharedSecret"].decode("ascii")
    credentials = Credentials(key, ppp["AuthName"], ppp["AuthPassword"])
    return Told(ppp["CommRemoteAddress"], "", credentials, IPHONE)


def _payload(path: Path) -> dict[str, Any]:
    (payload,) = plistlib.loads(path.read_bytes())["PayloadContent"]
    return dict(payload)


def page(path: Path) -> dict[str, str]:
    """Returns what a page shows to be typed, by what it is: server, user, password, psk."""
    reader = _Page()
    reader.feed(path.read_text("utf-8"))
    return reader.values


class _Page(HTMLParser):
    """Collects the text of each ``code.value`` by the block that it stands in."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._block = ""
        self._in_value = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where a value begins."""
        has = dict(attrs)
        if (has.get("id") or "").startswith("value-"):
            self._block = str(has["id"]).removeprefix("value-")
        self._in_value = tag == "code" and has.get("class") == "value"

    def handle_endtag(self, tag: str) -> None:
        """Note where it ends."""
        self._in_value = False

    def handle_data(self, data: str) -> None:
        """Take what stands in it."""
        if self._in_value:
            self.values[self._block] = self.values.get(self._block, "") + data


def agree(profile: Told, shown: dict[str, str]) -> None:
    """Raises `ExpectationFailed` if a page tells something else than a profile."""
    has = {
        "server": profile.server,
        "user": profile.credentials.user,
        "password": profile.credentials.password,
        "psk": profile.credentials.psk,
    }
    if wrong := [key for key, value in has.items() if value and shown.get(key) != value]:
        raise ExpectationFailed(f"page and profile differ in {', '.join(wrong)}")
