"""What the guest will accept, read back from the files that it is given: a profile is right
if it says the same, whatever the settings said."""

from __future__ import annotations

import re

from cloud_init.files import guest_files
from cloud_init.settings import Settings


def _text(settings: Settings, path: str) -> str:
    (found,) = (file.content for file in guest_files(settings) if file.path == path)
    return found


def l2tp_passwords(settings: Settings) -> dict[str, str]:
    """Password by user name, unescaped as pppd(8) says: a backslash escapes what follows."""
    line = re.compile(r'"([^"\\]+)" \S+ "((?:[^"\\]|\\.)*)" \*', re.M)
    found = line.findall(_text(settings, "/etc/ppp/chap-secrets"))
    return {user: re.sub(r"\\(.)", r"\1", password) for user, password in found}


def l2tp_key(settings: Settings) -> str:
    """The pre-shared key, between quotes that nothing can escape."""
    text = _text(settings, "/etc/ipsec.d/lunch-gateway.secrets")
    (key,) = re.findall(r'^: PSK "([^"]*)"$', text, re.M)
    return str(key)
