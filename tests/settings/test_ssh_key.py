"""The key that lets nobody in is what its comment says, by an independent derivation."""

from __future__ import annotations

import base64
import hashlib
import struct

import pytest

from settings import ssh_key
from settings.values import BadValue

# RFC 8032 section 5.1: the field and the curve -x^2 + y^2 = 1 + d x^2 y^2.
P = 2**255 - 19
D = -121665 * pow(121666, P - 2, P) % P
Point = tuple[int, int]
NEUTRAL: Point = (0, 1)


def decompress(data: bytes) -> Point | None:
    """RFC 8032 section 5.1.3; None if the bytes are no point."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    return (P - x if x % 2 != sign else x, y)


def add(a: Point, b: Point) -> Point:
    (x1, y1), (x2, y2) = a, b
    product = D * x1 * x2 * y1 * y2 % P
    return (
        (x1 * y2 + x2 * y1) * pow(1 + product, P - 2, P) % P,
        (y1 * y2 + x1 * x2) * pow(1 - product, P - 2, P) % P,
    )


def usable(data: bytes) -> bool:
    """A point on the curve that is not of small order (8 times it is not neutral)."""
    point = decompress(data)
    if point is None:
        return False
    for _ in range(3):
        point = add(point, point)
    return point != NEUTRAL


def candidate(counter: int) -> bytes:
    return hashlib.sha256(f"{ssh_key.NOBODYS_PHRASE} #{counter}".encode()).digest()


def test_the_derivation_knows_the_base_point() -> None:
    """RFC 8032: y = 4/5, x even. Its encoding is well known, which checks this file."""
    base = decompress(bytes.fromhex("58" + "66" * 31))
    assert base is not None
    assert base[1] == 4 * pow(5, P - 2, P) % P
    assert hex(base[0]).startswith("0x216936d3cd6e53fe")
    assert usable(bytes.fromhex("58" + "66" * 31))
    assert not usable((1).to_bytes(32, "little"))


def test_nobodys_key_is_the_first_hash_that_is_a_point() -> None:
    first = next(counter for counter in range(100) if usable(candidate(counter)))
    assert first == ssh_key.NOBODYS_COUNTER
    name = b"ssh-ed25519"
    blob = struct.pack(">I", len(name)) + name + struct.pack(">I", 32) + candidate(first)
    assert f"ssh-ed25519 {base64.b64encode(blob).decode()}" == ssh_key.NOBODYS_KEY


def encoded(*fields: bytes) -> str:
    return base64.b64encode(b"".join(struct.pack(">I", len(f)) + f for f in fields)).decode()


def rsa(bits: int) -> str:
    modulus = (1 << bits - 1 | 1).to_bytes(bits // 8 + 1, "big")
    exponent = b"\1\0\1"
    return f"ssh-rsa {encoded(b'ssh-rsa', exponent, modulus)}"


@pytest.mark.parametrize("key", [ssh_key.NOBODYS_KEY, rsa(2048), rsa(4096)])
def test_usable_keys(key: str) -> None:
    assert ssh_key.ssh_public_key(f"  {key} alice@home\n") == f"{key} alice@home"


@pytest.mark.parametrize(
    ("key", "complaint"),
    [
        (rsa(1024), "the ssh-rsa key has 1024 bits"),
        (f"ssh-ed25519 {encoded(b'ssh-ed25519', bytes(31))}", "has 31 bytes instead of 32"),
        (f"ssh-ed25519 {encoded(b'ssh-rsa', bytes(32))}", "is damaged"),
        (f"ssh-ed25519 {encoded(b'ssh-ed25519')}", "is damaged"),
        ("ssh-ed25519 AAAA", "is damaged"),
        ("ssh-ed25519 AAA", "is damaged"),
        ("ssh-ed25519 !!!!", "is damaged"),
        (ssh_key.NOBODYS_KEY[:-4], "is damaged"),
        ("ssh-ed25519", "not one line"),
        (f"{ssh_key.NOBODYS_KEY}\n{ssh_key.NOBODYS_KEY}", "not one line"),
        (f"{ssh_key.NOBODYS_KEY}\r{ssh_key.NOBODYS_KEY}", "not one line"),
        (f"{ssh_key.NOBODYS_KEY} a\0b", "not one line"),
        (f"{ssh_key.NOBODYS_KEY} \u200b", "not one line"),
        (f"ecdsa-sha2-nistp256 {encoded(b'ecdsa-sha2-nistp256', b'x')}", "not one line"),
        (7, "not one line"),
    ],
)
def test_unusable_keys(key: object, complaint: str) -> None:
    with pytest.raises(BadValue, match=complaint):
        ssh_key.ssh_public_key(key)


def test_a_private_key_is_not_quoted() -> None:
    pasted = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n"
    with pytest.raises(BadValue) as caught:
        ssh_key.ssh_public_key(pasted)
    assert "b3Blbn" not in str(caught.value)
