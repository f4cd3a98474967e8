"""Every way in which a secret may stand in a file without being encrypted."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, quote_plus


def spellings(secret: str) -> set[bytes]:
    """Plain, as JSON, Go's JSON, YAML and URLs write it, each also within JSON and in base64
    at any of its three offsets, and in hexadecimal."""
    plain = {secret, *_json(secret), secret.replace("'", "''")}
    plain |= {quote(secret), quote(secret, safe=""), quote_plus(secret)}
    plain |= {twice for once in list(plain) for twice in _json(once)}
    found = {text.encode() for text in plain}
    for text in plain:
        found |= _base64(text.encode())
        found.add(text.encode().hex().encode())
    return found


def _json(text: str) -> set[str]:
    """As Python and, with its care for HTML, Go writes it."""
    python = json.dumps(text)[1:-1]
    go = python
    for character in "<>&":
        go = go.replace(character, f"\\u{ord(character):04x}")
    return {python, go}


def _base64(data: bytes) -> set[bytes]:
    """Of whatever stands before and after it, only the characters that this alone decides."""
    found = set()
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + data + b"\0\0")
        first = (before * 8 + 5) // 6
        last = (before + len(data)) * 8 // 6
        inside = encoded[first:last]
        found |= {inside, inside.replace(b"+", b"-").replace(b"/", b"_")}
    return found


def leaks(files: Iterable[Path], secrets: Iterable[str]) -> list[str]:
    """Where which secret stands, by its place in the list: it is not printed once more."""
    wanted = {number: spellings(secret) for number, secret in enumerate(secrets)}
    return [
        f"{path}: secret {number}"
        for path in files
        for data in [path.read_bytes()]
        for number, ways in wanted.items()
        if any(way in data for way in ways)
    ]
