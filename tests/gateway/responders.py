"""UDP services on this machine that answer a probe well, badly, late or not at all."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.gateway.pluto_answers import (
    IKEV1_NO_PROPOSAL,
    IKEV1_SA,
    IKEV2_COOKIE,
    IKEV2_NO_PROPOSAL,
    IKEV2_SA,
    SPI_SENT,
)

Answers = Callable[[bytes], list[bytes]]
"""From a packet to the packets that go back."""


@dataclass
class Responder:
    """Bound to a free port of 127.0.0.1 while its context lasts."""

    port: int
    received: list[bytes] = field(default_factory=list)


@contextlib.contextmanager
def responding(answers: Answers, address: str = "127.0.0.1", port: int = 0) -> Iterator[Responder]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind((address, port))
        responder = Responder(udp.getsockname()[1])
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                packet, sender = udp.recvfrom(65535)
                if packet:
                    responder.received.append(packet)
                for answer in answers(packet) if packet else []:
                    udp.sendto(answer, sender)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield responder
        finally:
            over.set()
            udp.sendto(b"", udp.getsockname())  # an empty packet wakes it up
            thread.join(5)
        assert not thread.is_alive()


def unused_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        port: int = udp.getsockname()[1]
        return port


def says(ikev1: bytes | None, ikev2: bytes | None) -> Answers:
    """These recorded answers, each with the SPI of the packet that it answers."""

    def answers(packet: bytes) -> list[bytes]:
        recorded = {1: ikev1, 2: ikev2}.get(packet[17] >> 4)
        return [packet[:8] + recorded.removeprefix(SPI_SENT)] if recorded else []

    return answers


OUR_GATEWAY = says(IKEV1_SA, IKEV2_NO_PROPOSAL)
BOTH_VERSIONS = says(IKEV1_SA, IKEV2_SA)
REFUSING = says(IKEV1_NO_PROPOSAL, IKEV2_NO_PROPOSAL)
BUSY = says(None, IKEV2_COOKIE)


def marked(answers: Answers) -> Answers:
    """As on UDP 4500: what lacks the marker of RFC 3948 is no IKE there."""

    def behind_marker(packet: bytes) -> list[bytes]:
        if packet[:4] != bytes(4):
            return []
        return [bytes(4) + answer for answer in answers(packet[4:])]

    return behind_marker


def silence(_: bytes) -> list[bytes]:
    return []


def echo(packet: bytes) -> list[bytes]:
    return [packet]


def web_page(_: bytes) -> list[bytes]:
    return [b"HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n\r\n"]


def for_another(packet: bytes) -> list[bytes]:
    """A perfect answer, but with an SPI that nobody here sent."""
    return [b"\x77" * 8 + answer[8:] for answer in OUR_GATEWAY(packet)]


def only_from(number: int, then: Answers) -> Answers:
    """Silence until the packet of this number (from 1) has come."""
    count = iter(range(1, 10_000))
    return lambda packet: then(packet) if next(count) >= number else []
