"""The command line of QEMU, as far as every machine of the lab has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.machines.agent import ENDS


@dataclass(frozen=True)
class Sockets:
    """Where a machine is spoken to."""

    agent: Path
    ends: Path
    """A file that grows with what comes through the port `ENDS`."""
    monitor: Path


def qemu(name: str, console: Path, sockets: Sockets, arguments: Sequence[str]) -> list[str]:
    """Returns the command that runs a machine until it is powered off."""
    return [
        # However we end, the machine must not outlive us.
        "setpriv",
        "--pdeathsig",
        "TERM",
        "--",
        "qemu-system-x86_64",
        "-name",
        name,
        *"-nodefaults -no-user-config -display none -rtc base=utc".split(),
        *"-device virtio-rng-pci".split(),
        # As Azure's machines have it. It tells the kernel that the same memory may run twice: what
        # comes of it shall not draw the same random numbers, nor the same keys.
        *"-device vmgenid,guid=auto".split(),
        "-qmp",
        f"unix:{sockets.monitor},server=on,wait=off",
        "-chardev",
        f"file,id=serial,path={console},append=on",
        "-serial",
        "chardev:serial",
        "-device",
        # Two ports (and the console's, which counts): the 31 that it has by default are 64
        # descriptors more that QEMU's main loop asks about at every packet; that was a
        # quarter of a core.
        "virtio-serial-pci,max_ports=3,ioeventfd=off",
        "-chardev",
        f"socket,id=agent,path={sockets.agent},server=on,wait=off",
        "-device",
        "virtserialport,chardev=agent,name=org.qemu.guest_agent.0",
        "-chardev",
        f"file,id=ends,path={sockets.ends}",
        "-device",
        f"virtserialport,chardev=ends,name={ENDS}",
        *arguments,
    ]
