"""The SSH public key that Azure asks for, and the one to give it when nobody has any.

Azure creates no Linux VM without a password or a public key. A first-time user needs
neither: `NOBODYS_KEY` is a key that lets nobody in.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from settings.values import BadValue, in_stack

NOBODYS_PHRASE = "lunch-gateway: nobody holds the private key of this public key"
NOBODYS_COUNTER = 1
NOBODYS_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDSsVhVOwh3s2Max+jFpYfMx7cWJseAWwwQb3uaVadYm"
"""The SHA-256 of ``"<phrase> #<counter>"``, taken as an ed25519 point. It was not made
from a private key, and finding one is the discrete logarithm problem. The counter is
the first that gives a point on the curve which is not of small order;
tests/settings/test_ssh_key.py derives all that again."""

MIN_RSA_BITS = 2048
"""Azure refuses shorter (azure-docs, "Create and use an SSH key pair for Linux VMs")."""

_ALLOWED = f"ssh-ed25519, or ssh-rsa of at least {MIN_RSA_BITS} bits"


def ssh_public_key(value: Any) -> str:
    """Read one line of an OpenSSH public key file.

    Messages never quote the value: what lands here by mistake may be a private key.
    """
    words = value.split() if isinstance(value, str) else []
    if len(words) == 1 and words[0].endswith(".pub"):
        raise BadValue(
            "the text is the name of a file; what stands in that file is wanted, its one line"
            + in_stack(': pulumi config set sshPublicKey "$(cat FILE.pub)"')
        )
    one_line = bool(words) and value.strip().isprintable()
    if not one_line or len(words) < 2 or words[0] not in ("ssh-ed25519", "ssh-rsa"):
        raise BadValue(
            "the text is not one line of an OpenSSH public key (the file whose name ends in .pub);"
            f" allowed: {_ALLOWED}"
        )
    try:
        fields = _fields(base64.b64decode(words[1], validate=True))
    except (binascii.Error, ValueError):
        raise BadValue(f"the {words[0]} key is damaged; copy the whole line of its file") from None
    _check_fields(words[0], fields)
    return " ".join(words)


def _check_fields(kind: str, fields: list[bytes]) -> None:
    """RFC 8709 section 4 and RFC 4253 section 6.6 say which fields a key has."""
    lengths_fit = len(fields) == (2 if kind == "ssh-ed25519" else 3)
    if not lengths_fit or fields[0] != kind.encode():
        raise BadValue(f"the {kind} key is damaged; copy the whole line of its file")
    if kind == "ssh-ed25519" and len(fields[1]) != 32:
        raise BadValue(f"the ssh-ed25519 key has {len(fields[1])} bytes instead of 32")
    if kind == "ssh-rsa":
        bits = int.from_bytes(fields[2], "big").bit_length()
        if bits < MIN_RSA_BITS:
            raise BadValue(f"the ssh-rsa key has {bits} bits; allowed: {_ALLOWED}")


def _fields(blob: bytes) -> list[bytes]:
    """The length-prefixed fields of RFC 4251's "string" type.

    Raises:
        ValueError: a length does not fit what follows it.
    """
    fields = []
    while blob:
        size = int.from_bytes(blob[:4], "big")
        if len(blob) < 4 + size:
            raise ValueError("truncated")
        fields.append(blob[4 : 4 + size])
        blob = blob[4 + size :]
    return fields
