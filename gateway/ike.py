"""The first message of an IKE conversation, and what an answer to it says. Pure.

Two messages and a header are all that a probe needs, so they are laid out here with
`struct`; ADR 10 weighs the libraries. Standard library only: the lab's machines run it too.

Sources: RFC 2408 (ISAKMP), RFC 2409 and RFC 3526 (IKEv1 and its groups), RFC 7296 (IKEv2).
"""

from __future__ import annotations

import secrets
import struct
from dataclasses import dataclass

_HEADER = struct.Struct("!8s8sBBBBII")
"""Both SPIs (IKEv1 calls them cookies), next payload, version, exchange, flags, message
id, length. The same in both versions, 28 bytes."""

_SPI = 8
_MAIN_MODE, _INFORMATIONAL, _SA_INIT = 2, 5, 34
_RESPONSE = 0x20
_SA = {1: 1, 2: 33}
"""Payload number of a security association, by version."""
_NOTIFY = {1: 11, 2: 41}
_KEY_EXCHANGE, _NONCE = 34, 40

_NOTIFICATIONS = {
    7: "INVALID_SYNTAX",
    14: "NO_PROPOSAL_CHOSEN",
    17: "INVALID_KE_PAYLOAD",
    24: "AUTHENTICATION_FAILED",
    16390: "COOKIE",
    16406: "REDIRECT",
}
"""By the numbers that both versions share, and IKEv2's own (IANA "ikev2-parameters")."""


class NotIke(ValueError):
    """The bytes are no answer in the protocol; says why not."""


class NotForUs(NotIke):
    """IKE, but an answer to somebody else's message: it carries another SPI."""


@dataclass(frozen=True)
class Answer:
    """What a responder said."""

    version: int
    """1 or 2."""
    said: str
    """``SA`` where it accepted a proposal, otherwise the name of its notification."""

    @property
    def accepted(self) -> bool:
        """It would go on with us: it chose one of our proposals."""
        return self.said == "SA"

    def __str__(self) -> str:
        meaning = "accepts our proposal (SA)" if self.accepted else f"says {self.said}"
        return f"IKEv{self.version} {meaning}"


def first_message(version: int, spi: bytes) -> bytes:
    """The packet that opens a conversation with a gateway of ours.

    Args:
        version: 1 for Main Mode, 2 for IKE_SA_INIT.
        spi: eight bytes of our choosing, not all zero; an answer repeats them.
    """
    exchange, flags, payloads = {1: _main_mode, 2: _sa_init}[version]()
    followers = [number for number, _ in payloads[1:]] + [0]
    body = b"".join(
        _part(following, content)
        for (_, content), following in zip(payloads, followers, strict=True)
    )
    header = _HEADER.pack(
        spi, bytes(_SPI), payloads[0][0], version << 4, exchange, flags, 0, _HEADER.size + len(body)
    )
    return header + body


def read_answer(packet: bytes, version: int, spi: bytes) -> Answer:
    """Return what ``packet`` says in answer to our first message of this version.

    Raises:
        NotForUs: it repeats another SPI than ours.
        NotIke: it is no answer of this version of the protocol.
    """
    if len(packet) < _HEADER.size:
        raise NotIke(f"{len(packet)} bytes, too few for an IKE header of {_HEADER.size}")
    ours, theirs, payload, wire_version, exchange, flags, _, length = _HEADER.unpack_from(packet)
    if wire_version >> 4 != version or length != len(packet):
        raise NotIke("no IKE header of this version and length")
    if ours != spi:
        raise NotForUs("an answer to somebody else's message (another SPI)")
    allowed = (_MAIN_MODE, _INFORMATIONAL) if version == 1 else (_SA_INIT,)
    if exchange not in allowed or (version == 2 and not flags & _RESPONSE):
        raise NotIke(f"our own SPI, but exchange {exchange} is no answer to a first message")
    found = dict(_payloads(packet, payload))
    if _SA[version] in found and theirs != bytes(_SPI):
        return Answer(version, "SA")
    if _NOTIFY[version] in found:
        return Answer(version, _notification(found[_NOTIFY[version]], version))
    raise NotIke("neither a security association nor a notification in it")


def _payloads(packet: bytes, payload: int) -> list[tuple[int, bytes]]:
    """Number and content of each. Raises `NotIke` where their lengths are at odds."""
    found, offset = [], _HEADER.size
    while payload:
        if offset + 4 > len(packet):
            raise NotIke("a payload begins behind the end of the packet")
        following, length = struct.unpack_from("!BxH", packet, offset)
        if length < 4 or offset + length > len(packet):
            raise NotIke("a payload ends behind the end of the packet")
        found.append((payload, packet[offset + 4 : offset + length]))
        payload, offset = following, offset + length
    return found


def _notification(content: bytes, version: int) -> str:
    """RFC 2408 3.14 has four bytes (the domain of interpretation) more than RFC 7296 3.10."""
    start = 4 if version == 1 else 0
    if len(content) < start + 4:
        raise NotIke("a notification without its type")
    (number,) = struct.unpack_from("!H", content, start + 2)
    return _NOTIFICATIONS.get(number, f"notification {number}")


_Message = tuple[int, int, list[tuple[int, bytes]]]
"""Exchange, flags, and each payload's number and content."""


def _attribute(number: int, value: int) -> bytes:
    """A short one, RFC 2408 3.3."""
    return struct.pack("!HH", 0x8000 | number, value)


def _part(following: int, content: bytes) -> bytes:
    """The generic header (RFC 2408 3.2) and what stands behind it."""
    return struct.pack("!BxH", following, 4 + len(content)) + content


def _chain(items: list[bytes], more: int) -> bytes:
    """Proposals and transforms say whether another one follows: ``more``, or 0 in the last."""
    return b"".join([_part(more, item) for item in items[:-1]] + [_part(0, items[-1])])


_SHA1, _SHA2_256 = 2, 4


def _main_mode() -> _Message:
    """Return what phones propose (RFC 2409 appendix A): AES-256 or -128, SHA-2 or SHA-1, a
    pre-shared key, group 14, for eight hours. The gateway's l2tp.conf takes any of them."""
    transforms = [
        struct.pack("!BBH", number, 1, 0)  # KEY_IKE
        + _attribute(1, 7)  # encryption: AES-CBC
        + _attribute(14, bits)
        + _attribute(2, hash_)
        + _attribute(3, 1)  # authentication: pre-shared key
        + _attribute(4, 14)  # group: modp2048
        + _attribute(11, 1)  # lifetime in seconds
        + _attribute(12, 28800)
        for number, (bits, hash_) in enumerate(
            [(256, _SHA2_256), (128, _SHA2_256), (256, _SHA1), (128, _SHA1)], 1
        )
    ]
    proposal = struct.pack("!BBBB", 1, 1, 0, len(transforms)) + _chain(transforms, 3)
    # Domain of interpretation: IPsec; situation: identity only.
    return _MAIN_MODE, 0, [(_SA[1], struct.pack("!II", 1, 1) + _part(0, proposal))]


_PRF, _INTEGRITY, _GROUP, _ENCRYPTION = 2, 3, 4, 1
_GROUP_14_BYTES = 256


def _sa_init() -> _Message:
    """AES-CBC-256 or AES-GCM-256 with SHA-2 and group 14, which every IKEv2 client of a
    phone can propose (RFC 7296 3.3).

    The Diffie-Hellman value is chance: in a group of a safe prime every number between 1
    and p - 1 is a valid one (RFC 6989 2.1), and we never need the exponent. Its first bit is
    0, so it is smaller than p.
    """
    suites = [
        [(_ENCRYPTION, 12, 256), (_PRF, 5, 0), (_INTEGRITY, 12, 0), (_GROUP, 14, 0)],
        [(_ENCRYPTION, 20, 256), (_PRF, 5, 0), (_GROUP, 14, 0)],
    ]
    proposals = [_proposal(number, suite) for number, suite in enumerate(suites, 1)]
    value = bytes([secrets.randbelow(127) + 1]) + secrets.token_bytes(_GROUP_14_BYTES - 1)
    payloads = [
        (_SA[2], _chain(proposals, 2)),
        (_KEY_EXCHANGE, struct.pack("!HH", 14, 0) + value),
        (_NONCE, secrets.token_bytes(32)),
    ]
    return _SA_INIT, 0x08, payloads


def _proposal(number: int, suite: list[tuple[int, int, int]]) -> bytes:
    transforms = [
        struct.pack("!BBH", kind, 0, identifier) + (_attribute(14, bits) if bits else b"")
        for kind, identifier, bits in suite
    ]
    return struct.pack("!BBBB", number, 1, 0, len(transforms)) + _chain(transforms, 3)
