"""What the guest will accept, read back from the files that it is given: a profile is right
if it says the same, whatever the settings said."""

from __future__ import annotations

import re

from cloud_init.files import guest_files
from settings.guest import Settings


def _text(settings: Settings, path: str) -> str:
    (found,) = (file.content for file in guest_files(settings) if file.path == path)
    return found


def l2tp_passwords(settings: Settings) -> dict[str, str]:
    """Password by user name, unescaped as pppd(8) says: a backslash escapes what follows."""
    line = re.compile(r'"([^"\\]+)" \S+ "((?:[^"\\]|\\.)*)" \*', re.M)
    found = line.findall(_text(settings, "/etc/ppp/chap-secrets"))
    return {user: re.sub(r"\\(.)", r"\1", password) for user, password in found}


def l2tp_key(settings: Settings) -> str:
    """The pre-shared key of all."""
    ((_, key),) = _secrets(settings, "/etc/swanctl/conf.d/l2tp-secret.conf")
    return key


def ikev2_passwords(settings: Settings) -> dict[str, str]:
    """Key by the identity that a client may announce, in strongSwan's words: "email:a@b"."""
    found = _secrets(settings, "/etc/swanctl/conf.d/ikev2-secrets.conf")
    return {identity: key for identities, key in found for identity in identities}


def _secrets(settings: Settings, path: str) -> list[tuple[list[str], str]]:
    """Owners and key of each secret, as swanctl.conf(5) reads them: between double quotes
    as it is, and after 0x in hexadecimal."""
    blocks = re.findall(r"ike-[\w-]+ \{(.*?)\n *\}", _text(settings, path), re.S)
    assert blocks
    return [
        (re.findall(r'^ *id[\w-]* = "?([^"\n]+)"?$', block, re.M), _key(block)) for block in blocks
    ]


def _key(block: str) -> str:
    (quoted, digits), *others = re.findall(
        r'^ *secret = (?:"([^"\\\n]+)"|0x([0-9a-f]+))$', block, re.M
    )
    assert not others
    return str(quoted) or bytes.fromhex(digits).decode("ascii")
