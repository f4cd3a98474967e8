"""``python -m gateway.probe HOST`` says whether a gateway answers IKE, seen from here.

Standard library only. `probe` asks once; `rounds` asks until it answers or time is up.
"""

from __future__ import annotations

import argparse
import enum
import errno
import json
import math
import secrets
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from gateway.ike import Answer, NotIke, first_message, read_answer

IKE_PORT = 500
NAT_PORT = 4500
_NON_ESP_MARKER = bytes(4)
"""Before each IKE message on port 4500 (RFC 3948)."""

TIMEOUT = 5.0
"""Seconds for one probe: three packets of each version, and an answer's way back."""
_RESEND = (0.0, 1.0, 2.0)
"""Seconds after the start. UDP loses packets, and the lines we care for lose many."""
_SECOND_VERSION = 0.5
"""Seconds that the other version's answer gets once one has come."""


class Outcome(enum.Enum):
    """What came back. The values are the command's exit status."""

    ANSWERS = 0
    SILENCE = 1
    GARBAGE = 3
    REFUSED = 4
    NO_NAME = 5
    UNREACHABLE = 6


@dataclass(frozen=True)
class Verdict:
    """What a probe found out."""

    outcome: Outcome
    where: str
    """``HOST`` or ``HOST (ADDRESS)``, and the port."""
    detail: str
    answers: tuple[Answer, ...] = ()

    @property
    def alive(self) -> bool:
        """It speaks IKE. A gateway of ours does so only once it has tested itself."""
        return self.outcome is Outcome.ANSWERS

    def __str__(self) -> str:
        return f"{self.where}: {self.detail}"


def probe(host: str, port: int = IKE_PORT, timeout: float = TIMEOUT) -> Verdict:
    """Send the first message of both versions of IKE, and read what comes back.

    Args:
        host: a name or an address.
        port: UDP. On 4500 the messages are marked as RFC 3948 wants it.
        timeout: seconds until silence is called silence.
    """
    where = f"{host} UDP {port}"
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    except (socket.gaierror, UnicodeError) as error:
        return Verdict(Outcome.NO_NAME, where, _no_name(host, error))
    if address[0] != host:
        where = f"{host} ({address[0]}) UDP {port}"
    with socket.socket(family, socket.SOCK_DGRAM) as udp:
        try:
            # Connected, so that an ICMP "port unreachable" is told to us, and so that nobody
            # else's packets reach us.
            udp.connect(address)
            return _Talk(udp, port == NAT_PORT).verdict(where, timeout)
        except ConnectionRefusedError:
            detail = "port unreachable: a machine without IKE, or a firewall on the way refuses"
            return Verdict(Outcome.REFUSED, where, detail)
        except OSError as error:
            reason = error.strerror or errno.errorcode.get(error.errno or 0, "unknown")
            detail = f"can't be reached from here: {reason}"
            return Verdict(Outcome.UNREACHABLE, where, detail)


def _no_name(host: str, error: Exception) -> str:
    reason = error.strerror if isinstance(error, socket.gaierror) else "not a name"
    return f"the name {host!r} does not resolve: {reason}"


class _Talk:
    """One exchange over one connected socket, with an SPI of its own for each version."""

    def __init__(self, udp: socket.socket, marked: bool) -> None:
        self._udp = udp
        self._marker = _NON_ESP_MARKER if marked else b""
        # All zero would mean "no SPI".
        self._spis = {version: b"\1" + secrets.token_bytes(7) for version in (1, 2)}
        self._answers: dict[int, Answer] = {}
        self._strange = ""

    def verdict(self, where: str, timeout: float) -> Verdict:
        """Raises OSError where the network says no."""
        start = time.monotonic()
        self._exchange(start, start + timeout)
        if self._answers:
            answers = tuple(self._answers[version] for version in sorted(self._answers))
            said = ", ".join(map(str, answers))
            return Verdict(Outcome.ANSWERS, where, f"answers IKE: {said}", answers)
        if self._strange:
            return Verdict(Outcome.GARBAGE, where, f"answers, but not to us: {self._strange}")
        detail = f"silence: no answer to IKE within {timeout:g} s"
        return Verdict(Outcome.SILENCE, where, detail)

    def _exchange(self, start: float, deadline: float) -> None:
        messages = {version: first_message(version, spi) for version, spi in self._spis.items()}
        sending = [start + offset for offset in _RESEND]
        while len(self._answers) < len(messages) and (now := time.monotonic()) < deadline:
            if sending and now >= sending[0]:
                sending.pop(0)
                for version in sorted(messages.keys() - self._answers.keys()):
                    self._udp.send(self._marker + messages[version])
            self._receive(min([deadline, *sending[:1]]) - now)
            if self._answers:
                deadline = min(deadline, time.monotonic() + _SECOND_VERSION)

    def _receive(self, patience: float) -> None:
        self._udp.settimeout(max(patience, 0.001))
        try:
            packet = self._udp.recv(65535)
        except TimeoutError:
            return
        try:
            answer = self._read(packet)
        except NotIke as why:
            self._strange = str(why)
        else:
            self._answers[answer.version] = answer

    def _read(self, packet: bytes) -> Answer:
        if not packet.startswith(self._marker):
            raise NotIke("a packet without the marker that IKE has on this port")
        packet = packet.removeprefix(self._marker)
        # The header's version is its 18th byte, the major one in the upper half.
        version = packet[17] >> 4 if len(packet) > 17 else 0
        spi = self._spis.get(version)
        if spi is None:
            raise NotIke(f"{len(packet)} bytes that are not IKE")
        return read_answer(packet, version, spi)


INTERVAL = 5.0
"""Seconds from the start of one probe to the next. A closed gateway drops them."""


@dataclass(frozen=True)
class Round:
    """One probe of a series."""

    verdict: Verdict
    waited: float
    """Seconds since the first one began."""
    left: float
    """Seconds until the last one; 0 in the last."""


def rounds(
    host: str, seconds: float, port: int = IKE_PORT, timeout: float = TIMEOUT
) -> Iterator[Round]:
    """Probe until the host answers IKE or ``seconds`` have passed; at least once.

    Each step of the iterator takes as long as its probe and the pause before it.
    """
    start = time.monotonic()
    while True:
        began = time.monotonic()
        patience = min(timeout, max(seconds - (began - start), 1.0))
        verdict = probe(host, port, patience)
        waited = time.monotonic() - start
        left = 0.0 if verdict.alive else max(0.0, seconds - waited)
        yield Round(verdict, waited, left)
        if not left:
            return
        time.sleep(max(0.0, min(INTERVAL - (time.monotonic() - began), left)))


def clock(seconds: float) -> str:
    """Minutes and seconds, as a person reads them."""
    return f"{int(seconds) // 60} min {int(seconds) % 60:02} s"


_NEXT = {
    Outcome.SILENCE: "make status and make logs, or the machine's console, say whether it is up and"
    " fit; --wait 15 goes on asking; or ask from another network, which may let UDP out where this"
    " one does not",
    Outcome.GARBAGE: "ask from another network: this one answers in its place",
    Outcome.REFUSED: "ask from another network; if that is refused too, make logs, or the machine's"
    " console",
    Outcome.NO_NAME: "compare the name with the one on the page",
    Outcome.UNREACHABLE: "look at this computer's own network and firewall",
}
"""What to do, for who asks by hand."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    options = _parser().parse_args(arguments)
    said = -math.inf
    for one in rounds(options.host, options.wait * 60, options.port, options.timeout):
        # To a terminal every probe, to a file one line in half a minute.
        if one.left and (sys.stderr.isatty() or one.waited - said >= 30):
            said = one.waited
            print(f"{one.verdict}; {clock(one.left)} left", file=sys.stderr, flush=True)
    if options.json:
        print(json.dumps(_for_programs(one, options.host, options.port), indent=2))
    else:
        _say(one.verdict, f" (after {clock(one.waited)})" if options.wait else "")
    return one.verdict.outcome.value


def _say(verdict: Verdict, after: str) -> None:
    print(f"{verdict}{after}")
    if verdict.outcome in _NEXT:
        print(f"next: {_NEXT[verdict.outcome]}", file=sys.stderr)


def _for_programs(last: Round, host: str, port: int) -> dict[str, Any]:
    """Returns the same as an object; ``waited`` is in seconds."""
    return {
        "host": host,
        "port": port,
        "answers_ike": last.verdict.alive,
        "outcome": last.verdict.outcome.name.lower(),
        "detail": last.verdict.detail,
        "answers": [asdict(answer) for answer in last.verdict.answers],
        "waited": round(last.waited, 1),
        "next": _NEXT.get(last.verdict.outcome),
    }


def _parser() -> argparse.ArgumentParser:
    statuses = ", ".join(f"{item.value} {item.name.lower()}" for item in Outcome)
    parser = argparse.ArgumentParser(
        prog="python -m gateway.probe",
        description="Send the first message of an IKE conversation, as a phone does, and say"
        " what answers. A gateway answers only when it is fit to let phones in.",
        epilog=f"Exit status: {statuses.replace('_', ' ')}; 2 for a wrong option.",
    )
    parser.add_argument("host", metavar="HOST", type=_host, help="name or address")
    parser.add_argument("--json", action="store_true", help="for programs; statuses as without")
    options: Sequence[tuple[str, Callable[[str], float], float, str]] = (
        ("port", _number(int, 1, 65535), IKE_PORT, "UDP port; phones need 4500 too"),
        ("timeout", _number(float, 0.1, 3600), TIMEOUT, "seconds for one probe"),
        ("wait", _number(float, 0, 1440), 0, "minutes to go on asking"),
    )
    for name, kind, default, text in options:
        told = f"{text} (default: {default:g})"
        parser.add_argument(f"--{name}", type=kind, default=default, metavar="N", help=told)
    return parser


def _host(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("it is empty; expected a name or an address")
    if "/" in text:
        raise argparse.ArgumentTypeError(f"{text!r} is a URL; give the name alone")
    if text.count(":") == 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no name; its port goes to --port")
    return text


def _number(kind: Callable[[str], float], low: float, high: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {low} to {high}")
        return value

    return read


if __name__ == "__main__":
    sys.exit(main())
