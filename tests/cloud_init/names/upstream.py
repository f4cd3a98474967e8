"""Upstreams that fail on purpose, and a phone's questions. Runs on the guest's own Python."""

from __future__ import annotations

import contextlib
import itertools
import random
import socket
import struct
import threading
import time
from collections.abc import Iterator

ADDRESSES = ("8.8.8.8", "1.1.1.1")
"""The example's `dnsServers`."""
PHONES_ASK = "10.2.2.1"
SITE = "192.0.2.7"
A, NS = 1, 2
RCODES = {"good": 0, "formerr": 1, "servfail": 2, "notimp": 4, "refused": 5}
PATIENCE = 8
"""Seconds that a phone waits here; many ask again after five, but this machine may be busy."""
DELAY, SLOW = 0.02, 4
"""Seconds until a good one answers, so that a bad one is first; and until a slow one knows a name,
counted from when it was asked for it first, as resolvers go on to look."""
BEHAVIOURS = (*(name for name in RCODES if name != "good"), "silent", "closed", "cut", "garbled")
"""Failures by itself: a code, nothing, nobody there, "ask by TCP" with nobody there, nonsense."""
UDP, TCP = "UDP", "TCP"
_names = (f"n{number}.example.org" for number in itertools.count())


def fresh() -> str:
    """A name that nobody has asked for."""
    return next(_names)


def question(name: str, kind: int = A) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label)
    header = struct.pack("!6H", random.getrandbits(16), 0x0100, 1, 0, 0, 0)
    return header + labels + struct.pack("!BHH", 0, kind, 1)


def ask(name: str, by: str, kind: int = A, to: str = PHONES_ASK, patience: float = PATIENCE) -> str:
    """What comes of one question, asked once: an address, a code, or why there is none."""
    asked = question(name, kind)
    try:
        answer = _by_udp(asked, to, patience) if by == UDP else _by_tcp(asked, to, patience)
    except OSError as error:
        return type(error).__name__
    if len(answer) < 12:
        return "closed"
    found = struct.unpack("!H", answer[6:8])[0]
    return socket.inet_ntoa(answer[-4:]) if found else f"code {answer[3] & 15}"


def _by_udp(asked: bytes, to: str, patience: float) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.settimeout(patience)
        phone.connect((to, 53))
        phone.send(asked)
        return phone.recv(4096)


def _by_tcp(asked: bytes, to: str, patience: float) -> bytes:
    with socket.create_connection((to, 53), patience) as phone, phone.makefile("rb") as answers:
        phone.sendall(len(asked).to_bytes(2) + asked)
        return answers.read(int.from_bytes(answers.read(2)))


class Upstream:
    """A resolver that knows every name while it is good: after a moment, at once (near), or slowly.
    It is none of these once it is told to behave otherwise."""

    def __init__(self, address: str) -> None:
        self.address, self.asked = address, 0
        self._sockets: list[socket.socket] = []
        self._known: dict[bytes, float] = {}
        self._behaviour = "closed"
        self.behave("good")

    def behave(self, behaviour: str) -> None:
        self._behaviour = behaviour
        if behaviour == "closed":
            self._close()
        elif not self._sockets:
            self._listen()

    def _listen(self) -> None:
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind((self.address, 53))
        tcp = socket.create_server((self.address, 53), backlog=50)
        self._sockets = [udp, tcp]
        threading.Thread(target=self._serve_udp, args=(udp,), daemon=True).start()
        threading.Thread(target=self._serve_tcp, args=(tcp,), daemon=True).start()

    def _close(self) -> None:
        for each in self._sockets:
            # Ends also who waits in it.
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._sockets = []

    def _serve_udp(self, udp: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                asked, who = udp.recvfrom(4096)
                if self._behaviour == "closed":
                    return
                threading.Thread(target=self._answer, args=(udp, asked, who), daemon=True).start()

    def _answer(self, udp: socket.socket, asked: bytes, who: tuple[str, int]) -> None:
        with contextlib.suppress(OSError):
            for answer in self._answers(asked):
                udp.sendto(answer, who)

    def _serve_tcp(self, tcp: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                taken, _ = tcp.accept()
                threading.Thread(target=self._talk, args=(taken,), daemon=True).start()

    def _talk(self, taken: socket.socket) -> None:
        with taken, taken.makefile("rb") as questions, contextlib.suppress(OSError):
            while self._behaviour != "cut" and (size := int.from_bytes(questions.read(2))):
                for answer in self._answers(questions.read(size)):
                    taken.sendall(len(answer).to_bytes(2) + answer)

    def _answers(self, asked: bytes) -> Iterator[bytes]:
        """None, or one."""
        self.asked += 1
        end = asked.index(0, 12) + 5
        self._look_up(asked[12:end].lower())
        kind = int.from_bytes(asked[end - 4 : end - 2])
        cut = 0x0200 if self._behaviour == "cut" else 0
        flags = 0x8180 | cut | RCODES.get(self._behaviour, 0)
        found = self._behaviour in ("good", "near", "slow")
        header = asked[:2] + struct.pack("!5H", flags, 1, found, 0, 0)
        if self._behaviour == "garbled":
            yield header[:7] + b"\xff" * 9
        elif self._behaviour != "silent":
            yield header + asked[12:end] + (_record(kind) if found else b"")

    def _look_up(self, name: bytes) -> None:
        now = time.monotonic()
        if self._behaviour == "slow":
            time.sleep(max(0, self._known.setdefault(name, now + SLOW) - now))
        elif self._behaviour == "good":
            time.sleep(DELAY)


def _record(kind: int) -> bytes:
    """For the name that was asked for; a server's is that of the root."""
    data = socket.inet_aton(SITE) if kind == A else b"\1n\0"
    return struct.pack("!HHHIH", 0xC00C, kind, 1, 60, len(data)) + data
