"""The gateway's surroundings in network namespaces, and verbs to send real packets there.
Runs on the guest's own Python, as its root, in a namespace that becomes the gateway.

Nothing waits for time to pass. The one CPU that we pin ourselves to handles packets first
in, first out, so whatever we sent has got where it can get once as many packets as it has
hops, sent after it, have arrived: see `Layout.settle`.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.cloud_init.packets.hosts import GATEWAY, GATEWAY_LINKS, HOSTS, MAC, WIRE, WIRES

Address = tuple[str, int]

ARRIVED, CONNECTED, ANSWERED = "arrived", "connected", "answered"
REJECTED = "rejected"
"""The sender was told at once (ICMP "administratively prohibited")."""
SILENT = "silent"
"""Neither got there nor was refused: dropped."""
REFUSED = "refused"
"""The sender was told that nobody is there: ICMP "port unreachable", or a reset."""
HELD_BACK = "held back"
"""Dropped before it left the sender."""

GATEWAY_READY = Path("/usr/local/sbin/gateway-ready")
SPLIT_ROUTING = Path("/etc/systemd/system/gateway-split.service")

IP_TRANSPARENT = 19
"""linux/in.h; Python's socket has no name for it yet."""

HOPS = 16
"""More than any packet here takes with its answer."""

SYSCTL = "/usr/lib/systemd/systemd-sysctl" + "".join(
    f" --prefix=net/ipv4/{name}"
    for name in ("conf", "ip_forward", "icmp_ratelimit", "icmp_msgs_per_sec", "icmp_msgs_burst")
)


def run(command: str, stdin: str = "") -> str:
    done = subprocess.run(["sh", "-euc", command], input=stdin, text=True, stdout=subprocess.PIPE)
    done.check_returncode()
    return done.stdout


class Layout:
    """The hosts, wired up, with the gateway's own sysctls and packet filter loaded."""

    def __init__(self) -> None:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        self.namespaces = {"gateway": _our_namespace()}
        self.namespaces |= {host: _new_namespace() for host in HOSTS}
        self._wire()
        # Before the packet filter: the gateway's addresses answer everybody.
        for host in ("phone", "phone2", "outside"):
            self.wait_for_link(host, GATEWAY)
        run("nft -f /etc/nftables.conf")

    def _wire(self) -> None:
        _enter(self.namespaces["gateway"])
        ends = {host: f"/proc/{os.getpid()}/fd/{fd}" for host, fd in self.namespaces.items()}
        wires = (WIRE.format(ours, theirs, ends[host], mac=MAC) for ours, theirs, host in WIRES)
        run("ip -batch -", "".join(wires))
        for host, links in HOSTS.items():
            with self.inside(host):
                run("ip -batch -", links)
                Path("/proc/sys/net/ipv4/ping_group_range").write_text("0 0")
        run("ip -batch -", GATEWAY_LINKS)
        run(f"{SYSCTL} /etc/sysctl.d/90-lunch-gateway.conf")

    def wait_for_link(self, host: str, to: str) -> None:
        """One that was just set up may still lose what it is given."""
        deadline = time.monotonic() + 10
        while self.ping(host, to) != ANSWERED:
            assert time.monotonic() < deadline, f"{host} has no link"

    def add_behind(self, router: str, host: str, links: str) -> None:
        """One more host, wired to another of them; the interface there has its name."""
        self.namespaces[host] = _new_namespace()
        end = f"/proc/{os.getpid()}/fd/{self.namespaces[host]}"
        with self.inside(router):
            run("ip -batch -", WIRE.format(host, "eth0", end, mac=MAC) + f"link set {host} up\n")
        with self.inside(host):
            run("ip -batch -", links)

    @contextlib.contextmanager
    def inside(self, host: str) -> Iterator[None]:
        """What opens a socket or starts a program in here does so on that host."""
        _enter(self.namespaces[host])
        try:
            yield
        finally:
            _enter(self.namespaces["gateway"])

    def settle(self) -> None:
        """Returns when everything sent so far has got as far as it gets."""
        with self.inside("bystander"), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
            own.bind(("127.0.0.1", 0))
            own.settimeout(10)
            for _ in range(HOPS):
                own.sendto(b"hop", own.getsockname())
                own.recv(16)

    def udp(self, host: str, port: int = 0, address: str = "") -> socket.socket:
        return self._socket(host, socket.SOCK_DGRAM, address, port)

    def listen(self, host: str, port: int, address: str = "") -> socket.socket:
        listener = self._socket(host, socket.SOCK_STREAM, address, port)
        listener.listen()
        return listener

    def split(self) -> socket.socket:
        """The routing of gateway-split.service, and a listener in HAProxy's place."""
        self.split_routing()
        listener = socket.socket()
        listener.setsockopt(socket.IPPROTO_IP, IP_TRANSPARENT, 1)
        listener.setblocking(False)
        listener.bind(("127.0.0.1", 3129))
        listener.listen()
        return listener

    def split_routing(self) -> None:
        """Start gateway-split.service, as often as one likes."""
        lines = SPLIT_ROUTING.read_text().splitlines()
        starts = [line.partition("=")[2] for line in lines if line.startswith("ExecStart")]
        assert starts, f"{SPLIT_ROUTING} starts nothing"
        try:
            for command in starts:
                run(f"{command[1:]} || true" if command.startswith("-") else command)
        except subprocess.CalledProcessError:
            raise Red("gateway-split does not start") from None

    def taken(self, listener: socket.socket) -> tuple[str, Address]:
        """Who connected, and where he believes to be; nobody and nowhere if nobody has."""
        try:
            taken, (phone, _) = listener.accept()
        except BlockingIOError:
            return "nobody", ("nowhere", 0)
        with taken:
            return phone, taken.getsockname()

    def _socket(self, host: str, kind: int, address: str, port: int) -> socket.socket:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with self.inside(host):
            made = socket.socket(family, kind)
        made.setblocking(False)
        made.bind((address, port))
        return made

    def send(
        self, sender: socket.socket, to: Address, receiver: socket.socket, text: bytes = b"probe"
    ) -> str:
        """A UDP datagram. ``seen`` is then who the receiver thinks has sent it."""
        try:
            sender.connect(to)
            sender.send(text)
            self.settle()
            if not _readable(receiver):
                return _outcome(sender)
            self.seen: Address = receiver.recvfrom(64)[1]
            return ARRIVED
        except OSError as error:
            return _outcome_of(error.errno)

    def connect(self, host: str, to: Address, source: str = "", mss: int = 0) -> str:
        """A TCP connection, which is closed again."""
        with self._socket(host, socket.SOCK_STREAM, source, 0) as attempt:
            if mss:
                attempt.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, mss)
            attempt.connect_ex(to)
            self.settle()
            outcome = _outcome(attempt)
            connected = outcome == SILENT and _ready(attempt, select.POLLOUT)
            return CONNECTED if connected else outcome

    def ping(self, host: str, to: str) -> str:
        with self.inside(host):
            echo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)
        with echo:
            echo.setblocking(False)
            try:
                echo.connect((to, 0))
                echo.send(b"\x08\0\0\0\0\0\0\1")
                self.settle()
                return ANSWERED if _readable(echo) and echo.recv(64) else _outcome(echo)
            except OSError as error:
                return _outcome_of(error.errno)

    def sniff(self, host: str, interface: str) -> socket.socket:
        """Every IPv4 packet that comes in there from now on, before any filter."""
        with self.inside(host):
            tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
            tap.bind((interface, 0x0800))
        tap.setblocking(False)
        return tap


def packets(tap: socket.socket) -> Iterator[bytes]:
    """What a tap has seen and nobody has asked for yet."""
    with contextlib.suppress(BlockingIOError):
        while True:
            yield tap.recv(65536)


class Red(Exception):
    """The gateway did something else than it should."""


def expect(what: str, seen: object, wanted: object) -> None:
    if seen != wanted:
        raise Red(f"{what}: {seen}, and should be: {wanted}")


def shipped_commands(pattern: str) -> str:
    """Those lines of gateway-ready itself."""
    found = re.search(rf"^{pattern}", GATEWAY_READY.read_text(), re.M | re.S)
    assert found, f"gateway-ready has no {pattern}"
    return found[0]


def _our_namespace() -> int:
    return os.open("/proc/self/ns/net", os.O_RDONLY)


def _new_namespace() -> int:
    if sys.version_info < (3, 12):
        raise NotImplementedError("this runs on the guest's Python")
    os.unshare(os.CLONE_NEWNET)
    return _our_namespace()


def _enter(namespace: int) -> None:
    if sys.version_info < (3, 12):
        raise NotImplementedError("this runs on the guest's Python")
    os.setns(namespace)


def _readable(receiver: socket.socket) -> bool:
    return _ready(receiver, select.POLLIN)


def _ready(socket_: socket.socket, event: int) -> bool:
    # Not select(), which knows 1,024 descriptors.
    poll = select.poll()
    poll.register(socket_, event)
    return any(found & event for _, found in poll.poll(0))


def _outcome(sender: socket.socket) -> str:
    return _outcome_of(sender.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))


def _outcome_of(code: int | None) -> str:
    if not code or code == errno.EAGAIN:
        return SILENT
    names = {errno.EHOSTUNREACH: REJECTED, errno.ECONNREFUSED: REFUSED, errno.EPERM: HELD_BACK}
    # Anything else goes by its own name: it would be no doing of the filter.
    return names.get(code, errno.errorcode[code])
