"""The two machines of the lab: the gateway under test, and the world around it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab import host
from lab.images import disk
from lab.images.world import world_image
from lab.machines.accelerator import accelerator, processor
from lab.machines.expectations import poll
from lab.machines.machine import ENDS_AT_RESTART, Machine
from lab.world import topology

HOST_PACKAGES = (*host.QEMU, *disk.HOST_PACKAGES)
FIRMWARE = Path("/usr/share/OVMF")
FIRMWARE_CODE = FIRMWARE / "OVMF_CODE_4M.ms.fd"
HERE = Path(__file__).parent
ON_THE_WORLD = (HERE / "world" / "files", HERE / "phones" / "commands")
"""These lie below /lab there."""

PUBLIC_ADDRESS = topology.PUBLIC_ADDRESS
PRIVATE_ADDRESS = topology.PRIVATE_ADDRESS
GATEWAY_DISK = "gateway.qcow2"
SEED, EFI_VARIABLES = "seed.img", "efi-variables.fd"
WORLD_DISK, WORLD_FILES = "world.qcow2", "world-files.img"
DISKS = {"world": (WORLD_DISK, WORLD_FILES), "gateway": (GATEWAY_DISK, SEED, EFI_VARIABLES)}
"""All that each writes or reads, below `Lab.scratch`."""
CABLE = "vnet"
PLUG = "plug"
"""Where one more computer can be plugged into the world's internet: its card eth2."""
KERNEL_AVOIDS = "clearcpuid=cx16"
"""Stands in both kernels' command lines. QEMU before 8.0, Debian 12's, computes the flags after
cmpxchg16b from stale ones (its commit "target/i386: Inline cmpxchg16b" mends it): whatever was
added before lies in them, NT and TF too. Linux allocates memory by it, and one that an interrupt
caught just then died of a double fault in mid-benchmark. Programs keep the instruction."""

OWN_KERNEL = f"panic=1 mitigations=off {KERNEL_AVOIDS}"
"""What else stands in the world's. panic=1: the agent of a kernel that starts anew says at once
that the old one is gone. mitigations: nobody spies there, and each costs an emulated processor."""


def _ike_probe(attempts: int) -> str:
    # One Main Mode proposal that every phone makes: AES-256, SHA2-256, PSK, modp2048. From another
    # port each time: who has just been answered is let in for two minutes, whatever the door is.
    return (
        f"ike-scan --sport=0 --retry={attempts} --timeout=1500 --backoff=1"
        f' --trans="(1=7,14=256,2=4,3=1,4=14)" {PUBLIC_ADDRESS}'
        " | grep -q 'Main Mode Handshake returned'"
    )


IKE_PROBE = _ike_probe(1)
"""Asks the gateway, by the world's shell, whether it answers IKE from outside."""
IKE_ASKED = _ike_probe(4)
"""Asks for up to six seconds."""
IKE_AWAITED = _ike_probe(20)
"""Asks every 1.5 s until it answers, for up to half a minute: one program, where asking anew each
time keeps an emulated processor busy beside the gateway that is waited for."""


@dataclass(frozen=True)
class Lab:
    """Both machines; laid out by `build`, started by whoever needs them running."""

    directory: Path
    """Evidence: serial logs, captures, journals. It outlives a failure."""
    scratch: Path
    """Disks and sockets of this run; removed with it."""
    world: Machine
    gateway: Machine

    @property
    def gateway_disk(self) -> Path:
        """Returns the disk that the gateway runs on."""
        return self.scratch / GATEWAY_DISK

    @property
    def cable(self) -> Path:
        """Returns the socket between them: the world listens, the gateway connects as it starts."""
        return self.scratch / CABLE

    def start_world(self) -> None:
        """Power the world on, so far that the gateway's cable can be plugged in."""
        self.world.start()
        poll(lambda: _listens(self.cable) or None, "the cable is there", 30, self.world.check_alive)

    def wait_for_world(self) -> None:
        """Wait until the world is up, and bring its networks up."""
        self.world.wait_until_up()
        # 15 s, and 100 on a busy host.
        self.world.succeed("mkdir -p /lab && mount -o ro /dev/vdb /lab && /lab/up eth0 eth1", 180)

    def insert_disk(self, base: Path) -> None:
        """Give the gateway, while it is off, a disk that starts as `base`, which stays as it is."""
        disk.overlay(base, self.gateway_disk)

    def start_gateway(self, base: Path) -> None:
        """Power the gateway on with such a disk. See `wait_for_ike`."""
        self.insert_disk(base)
        self.gateway.start()

    def wait_for_ike(self, timeout: float = 600) -> None:
        """Wait until the gateway answers IKE from outside (seconds)."""
        poll(
            lambda: self.world.execute(IKE_AWAITED, 120).status == 0 or None,
            "IKE answers",
            timeout,
            self.gateway.check_alive,
        )

    def close(self) -> None:
        """Power both off and remove what only this run needed."""
        self.gateway.stop()
        self.world.stop()
        shutil.rmtree(self.scratch, ignore_errors=True)


def build(directory: Path, user_data: Path, processors: int = 2) -> Lab:
    """Lay out both machines. The gateway still lacks a disk, see `Lab.insert_disk`.

    Args:
        directory: for the evidence.
        user_data: given to the gateway byte for byte.
        processors: of the world. QEMU before 8.1, Debian 12's, may run code on one that another
            is patching (its commit deba78709ae8), and the kernel dies of "Oops: int3": seen
            while it boots, once in mid-benchmark, and within seconds where sched_schedstats is
            switched on and off in a loop. With one, 1,520 switches did no harm.
    """
    scratch = host.scratch_directory()
    world_files = world_image()
    disks = {name: [scratch / each for each in its] for name, its in DISKS.items()}
    assert world_files.kernel and world_files.initrd
    by = accelerator(world_files.kernel)
    common = ["-machine", "q35,smm=on", "-accel", by, "-cpu", processor(by)]
    cable = f"addr.type=unix,addr.path={scratch / CABLE}"
    plug = f"addr.type=unix,addr.path={scratch / PLUG}"
    world = [
        *f"-smp {processors} -m 1536".split(),
        *("-kernel", str(world_files.kernel), "-initrd", str(world_files.initrd)),
        *("-append", f"root=/dev/vda rw console=ttyS0 quiet net.ifnames=0 {OWN_KERNEL}"),
        *_disk(_overlay(world_files.disk, scratch / WORLD_DISK)),
        *_disk(_world_files(scratch), "raw"),
        # eth0, the way out; eth1, the cable to the gateway.
        *"-netdev user,id=up -device virtio-net-pci,netdev=up,addr=0x10,ioeventfd=off".split(),
        *("-netdev", f"stream,id=vnet,server=on,{cable}"),
        *("-device", "virtio-net-pci,netdev=vnet,addr=0x11,mac=52:54:00:00:01:01,ioeventfd=off"),
        # In each, so that all can go on from the same kept state.
        *("-netdev", f"stream,id=plug,server=on,{plug}"),
        *("-device", "virtio-net-pci,netdev=plug,addr=0x12,mac=52:54:00:00:01:06,ioeventfd=off"),
    ]
    gateway = [
        # As Azure's Standard_B1s.
        *"-smp 1 -m 1024".split(),
        *ENDS_AT_RESTART,
        *_secure_boot(scratch),
        *_disk(scratch / GATEWAY_DISK),
        *_disk(_seed(user_data, scratch), "raw"),
        *("-netdev", f"stream,id=vnet,server=off,{cable}"),
        *("-device", "virtio-net-pci,netdev=vnet,mac=52:54:00:00:01:04,ioeventfd=off"),
    ]
    return Lab(
        directory,
        scratch,
        Machine("world", directory, scratch, [*common, *world], disks["world"]),
        Machine("gateway", directory, scratch, [*common, *gateway], disks["gateway"]),
    )


def on_the_world() -> Iterator[bytes]:
    """Yields all that makes up what lies below /lab there."""
    for directory in ON_THE_WORLD:
        for path in sorted(filter(Path.is_file, directory.rglob("*"))):
            yield f"{path.relative_to(directory)} {path.stat().st_mode:o}".encode()
            yield path.read_bytes()


def firmware() -> bytes:
    """Returns what a gateway's processor runs first."""
    return FIRMWARE_CODE.read_bytes()


ACCEPTS = 1 << 16
"""Linux, include/uapi/linux/net.h: __SO_ACCEPTCON."""


def _listens(path: Path) -> bool:
    """Returns whether somebody takes connections there. The kernel is asked: QEMU takes one
    connection, and it is not for us."""
    lines = (line.split(maxsplit=7) for line in Path("/proc/net/unix").read_text().splitlines())
    return any(line[7:] == [str(path)] and int(line[3], 16) & ACCEPTS for line in lines)


def _overlay(base: Path, target: Path) -> Path:
    disk.overlay(base, target)
    return target


def _seed(user_data: Path, scratch: Path) -> Path:
    target = scratch / SEED
    disk.seed_disk(user_data, "lunch-gateway", target)
    return target


def _world_files(scratch: Path) -> Path:
    """Lay our programs on a small disk, so that a changed one needs no new image."""
    together, target = scratch / "world-files", scratch / WORLD_FILES
    for directory in ON_THE_WORLD:
        shutil.copytree(directory, together, dirs_exist_ok=True)
    disk.run("mke2fs", "-q", "-t", "ext4", "-d", together, target, "4M")
    return target


def _disk(path: Path, kind: str = "qcow2") -> list[str]:
    return ["-drive", f"if=virtio,format={kind},file={path},cache=unsafe,discard=unmap"]


def _secure_boot(scratch: Path) -> list[str]:
    """Returns QEMU's options for UEFI that starts only what Microsoft's or Debian's keys have
    signed, as Azure's trusted launch does."""
    variables = scratch / EFI_VARIABLES
    shutil.copyfile(FIRMWARE / "OVMF_VARS_4M.ms.fd", variables)
    return [
        "-global",
        "driver=cfi.pflash01,property=secure,value=on",
        "-drive",
        f"if=pflash,unit=0,format=raw,readonly=on,file={FIRMWARE_CODE}",
        "-drive",
        f"if=pflash,unit=1,format=raw,file={variables}",
    ]
