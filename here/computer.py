"""The computer of whoever types `make up`, as a host on the world's internet.

A network namespace whose one cable is a socket of QEMU's: what asks the gateway from there goes
through the world, and through Azure's filter in it, as anybody's packets do. It can be made
without being root, where the system lets users make namespaces.
"""

from __future__ import annotations

import fcntl
import os
import selectors
import socket
import struct
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.host import LabError
from lab.lab import PLUG
from lab.world.topology import INTERNET

NETWORK = f"{INTERNET}.6"
ADDRESS, ROUTER = f"{NETWORK}.2", f"{NETWORK}.1"
HOST_PACKAGES = ("iproute2", "util-linux")
CARD = "eth2"
"""Of the world, after its way out and the gateway's cable."""
TAP = "internet"

_TUNSETIFF, _IFF_TAP, _IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
"""linux/if_tun.h."""
_FRAME = 65536
_LENGTH = struct.Struct("!I")
"""QEMU, "-netdev stream": each frame with its length before it."""

ROOT = Path(__file__).parents[1]
AS_ROOT = ["--user", "--map-root-user"]


def router() -> str:
    """Returns the world's command that is the other end of the cable."""
    return f"ip link set {CARD} up && ip address add {ROUTER}/24 dev {CARD}"


@dataclass(frozen=True)
class Computer:
    """A namespace that exists as long as the process in it."""

    pid: int

    def enter(self, command: Sequence[str]) -> list[str]:
        """Returns the command that runs this one there."""
        user = ["--user", "--preserve-credentials"] if os.geteuid() else []
        return ["nsenter", f"--target={self.pid}", *user, "--net", "--", *command]


def require() -> None:
    """See whether this system lets such a computer be.

    Raises:
        LabError: it gives no namespace, or no network card for one; with what to do.
    """
    ran = subprocess.run(
        _in_a_net_of_its_own(), cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if ran.returncode:
        raise _impossible(ran.stderr)


def _in_a_net_of_its_own(*cable: str) -> list[str]:
    """Returns the command that is the computer; without a cable it only sees whether it could."""
    user = AS_ROOT if os.geteuid() else []
    return ["unshare", *user, "--net", "--", sys.executable, "-m", "here.computer", *cable]


def _impossible(words: str) -> LabError:
    last = (words.strip() or "without a word").splitlines()[-1]
    return LabError(
        f"no network of its own for the computer that types make up: {last}; run it as"
        " root, or allow user namespaces (kernel.unprivileged_userns_clone) and /dev/net/tun"
    )


def plugged_in(scratch: Path) -> subprocess.Popen[str]:
    """Returns the process that is a computer on the other end of the world's cable.

    Raises:
        LabError: this system gives no namespace, or no network card for one.
    """
    # Whoever is told the process's number enters its namespaces: so no --fork.
    inside = _in_a_net_of_its_own(str(scratch / PLUG))
    command = ["setpriv", "--pdeathsig", "TERM", "--", *inside]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    said = process.stdout.readline() if process.stdout else ""
    if said != "plugged in\n":
        process.kill()
        raise _impossible(process.communicate()[1])
    return process


def unplug(process: subprocess.Popen[str]) -> None:
    """Take it off the net."""
    process.terminate()
    process.communicate(timeout=10)


def main() -> None:
    """Be the cable, until ended: from the card to QEMU's socket, and back; or see whether there
    could be one."""
    if len(sys.argv) == 1:
        os.close(_card())
        return
    with socket.socket(socket.AF_UNIX) as world, open(_card(), "r+b", buffering=0) as card:
        world.connect(sys.argv[1])
        print("plugged in", flush=True)
        sys.stdout.close()
        carry(card.fileno(), world)


def _card() -> int:
    """Returns the descriptor of a network card that this namespace has from now on."""
    card = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(card, _TUNSETIFF, struct.pack("16sH", TAP.encode(), _IFF_TAP | _IFF_NO_PI))
    for words in (
        "link set lo up",
        f"link set {TAP} up",
        f"address add {ADDRESS}/24 dev {TAP}",
        f"route add default via {ROUTER}",
    ):
        subprocess.run(["ip", *words.split()], check=True)
    return card


def carry(card: int, world: socket.socket) -> None:
    """Carry frames both ways until the world hangs up."""
    heard = b""
    with selectors.DefaultSelector() as ready:
        ready.register(card, selectors.EVENT_READ)
        ready.register(world, selectors.EVENT_READ)
        while True:
            for key, _ in ready.select():
                if key.fd == card:
                    frame = os.read(card, _FRAME)
                    world.sendall(_LENGTH.pack(len(frame)) + frame)
                elif told := world.recv(_FRAME):
                    heard = _delivered(heard + told, card)
                else:
                    return


def _delivered(heard: bytes, card: int) -> bytes:
    """Hand over the frames that are whole; returns the rest."""
    while len(heard) >= _LENGTH.size:
        (length,) = _LENGTH.unpack_from(heard)
        if len(heard) < _LENGTH.size + length:
            break
        os.write(card, heard[_LENGTH.size : _LENGTH.size + length])
        heard = heard[_LENGTH.size + length :]
    return heard


if __name__ == "__main__":
    main()
