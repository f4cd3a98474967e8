"""Whether phones get names: without them one in the tunnel has nothing."""

from __future__ import annotations

import contextlib
import re
import socket
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from checks import Failure, advisory, expect, required, run, settings

RESOLVER = Path("/etc/lunch-gateway/dnsmasq.conf")
UPSTREAMS = Path("/etc/unbound/lunch-gateway.conf")
OWN_NAME = "resolver.lunch-gateway.internal"
ROOT, A, NS = "", 1, 2
"""Who serves the root: every resolver can say, and the question tells nothing about anybody."""
TRIES, PATIENCE = 4, 2
"""How often a question is asked by UDP, which loses some, and how many seconds each waits. Two were
too few on a busy host while a phone asked for what nobody answers, and phones, which ask longer,
got their names."""
RCODES = {0: "", 1: "FORMERR", 2: "SERVFAIL", 3: "", 4: "NOTIMP", 5: "REFUSED"}
"""RFC 1035, 4.1.1. That a name does not exist is an answer."""


@required
def resolver() -> str:
    """It listens where phones ask, nowhere else, and answers, also while we are offline."""
    address = phones_ask()
    for kind in ("-t", "-u"):
        # Those for phones: from others it asks its upstreams, for as long as they take.
        sockets = run("ss", "-H", "-l", kind, "-n", "-p", "sport", "=", ":53").splitlines()
        ours = [line.split()[3] for line in sockets if '"dnsmasq"' in line]
        expect(ours == [f"{address}:53"], f"dnsmasq listens on {ours}, not just on {address}:53")
    try:
        answer = by_udp(address, question(OWN_NAME, A))
    except OSError as error:
        raise Failure(f"no answer ({error}); see journalctl -u gateway-resolver") from None
    expect(answer.endswith(socket.inet_aton(address)), f"no address for {OWN_NAME}")
    return f"dnsmasq answers on {address} only"


@required
def names() -> str:
    """One upstream is enough. Nobody on the way remembers what is asked here."""
    wrong = fault(phones_ask(), by_udp)
    expect(
        not wrong,
        f"phones get {wrong} for names: no upstream of {' '.join(upstream_addresses())}"
        " (dnsServers) answers, or unbound does not; see journalctl -u unbound",
    )
    return "phones get answers"


@advisory
def upstreams() -> str:
    """Ask each by itself, also by TCP, which long answers need."""
    ways = [(address, kind) for address in upstream_addresses() for kind in WAYS]
    with ThreadPoolExecutor(len(ways)) as pool:
        found = list(pool.map(lambda way: fault(way[0], WAYS[way[1]]), ways))
    wrong = [
        f"{what} from {address} by {kind}"
        for (address, kind), what in zip(ways, found, strict=True)
        if what
    ]
    expect(not wrong, f"dnsServers: {'; '.join(wrong)}; what is left of them has to do")
    return f"{' '.join(upstream_addresses())} answer by UDP and TCP"


def phones_ask() -> str:
    (address,) = (line.split("=")[1] for line in settings(RESOLVER) if "listen-address=" in line)
    return address


def upstream_addresses() -> list[str]:
    return re.findall(r"^\s*forward-addr: (\S+)", UPSTREAMS.read_text(), re.M)


def question(name: str, kind: int) -> bytes:
    """Return one (RFC 1035, 4.1): its name, type, class IN."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label)
    return struct.pack("!6H", 1, 0x0100, 1, 0, 0, 0) + labels + struct.pack("!BHH", 0, kind, 1)


def by_udp(address: str, asked: bytes) -> bytes:
    """Return the answer. Raises OSError without one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(PATIENCE)
        client.connect((address, 53))
        for _ in range(TRIES - 1):
            client.send(asked)
            with contextlib.suppress(TimeoutError):
                return client.recv(4096)
        client.send(asked)
        return client.recv(4096)


def by_tcp(address: str, asked: bytes) -> bytes:
    """Return the answer. Raises OSError without one."""
    with socket.create_connection((address, 53), TRIES * PATIENCE) as client:
        client.sendall(len(asked).to_bytes(2) + asked)
        with client.makefile("rb") as answers:
            return answers.read(int.from_bytes(answers.read(2)))


WAYS: dict[str, Callable[[str, bytes], bytes]] = {"UDP": by_udp, "TCP": by_tcp}


def fault(address: str, ask: Callable[[str, bytes], bytes]) -> str:
    """Return what is wrong with the answer to what every resolver can answer, or nothing."""
    try:
        answer = ask(address, question(ROOT, NS))
    except OSError as error:
        return f"no answer ({error.strerror or error})"
    code = answer[3] & 15 if len(answer) > 3 else None
    return RCODES.get(code, f"code {code}") if code is not None else "no answer (closed)"
