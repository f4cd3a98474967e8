"""The computer that asks the gateway stands on a net of its own, whose one cable is QEMU's."""

from __future__ import annotations

import socket
import struct
import subprocess
from pathlib import Path

import pytest

from here import computer
from lab.host import LabError
from lab.lab import PLUG

WHO_HAS = b"\x08\x06"


def frames(connection: socket.socket) -> bytes:
    (length,) = struct.unpack("!I", connection.recv(4, socket.MSG_WAITALL))
    return connection.recv(length, socket.MSG_WAITALL)


def test_what_it_sends_reaches_the_cable_and_nothing_else(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as world:
        world.bind(str(tmp_path / PLUG))
        world.listen()
        plugged = computer.plugged_in(tmp_path)
        try:
            send = "echo > /dev/udp/198.18.3.10/500; ls /sys/class/net | wc -l"
            done = subprocess.run(
                computer.Computer(plugged.pid).enter(["bash", "-c", send]),
                capture_output=True,
                text=True,
                check=True,
            )
            connection, _ = world.accept()
            connection.settimeout(10)
            while (frame := frames(connection))[12:14] != WHO_HAS:
                pass
            assert socket.inet_ntoa(frame[38:42]) == computer.ROUTER
            assert socket.inet_ntoa(frame[28:32]) == computer.ADDRESS
            assert done.stderr == ""
        finally:
            computer.unplug(plugged)
    assert plugged.poll() is not None


@pytest.mark.parametrize("pieces", [1, 5, 100])
def test_frames_come_whole_however_they_are_cut(tmp_path: Path, pieces: int) -> None:
    card = tmp_path / "card"
    sent = b"\x00\x00\x00\x03abc\x00\x00\x00\x01d\x00\x00"
    heard = b""
    with card.open("wb", buffering=0) as file:
        for start in range(0, len(sent), pieces):
            heard = computer._delivered(heard + sent[start : start + pieces], file.fileno())
    assert card.read_bytes() == b"abcd"
    assert heard == b"\x00\x00"


def test_without_a_cable_it_says_why(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="no network of its own"):
        computer.plugged_in(tmp_path)
