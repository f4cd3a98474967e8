"""Machines that run, kept as they are: memory, devices and disks of one moment, from which each
later lab goes on instead of booting.

Under emulation only: there a boot takes a minute or two. With hardware virtualisation it takes
seconds, and what is kept would depend on the processor.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from lab import host
from lab.images import disk
from lab.machines.expectations import ExpectationFailed, poll
from lab.machines.machine import Machine
from lab.machines.monitor import ALL_OF_MEMORY, MonitorRefused
from lab.progress import Progress

STATES = 3
"""So many of each machine stay: of the world one with one processor, one with two, and one to go
back to. Measured: 290 MB of a world, 425 of a gateway; 700 more where its disk is still growing
on its image, at the end of its provisioning."""
MEMORY = "memory"
SIZES = "sizes.json"
ANSWERS = 60
"""Seconds until a machine that goes on does what it is told."""
NEW_RANDOMNESS = "dmesg | grep 'crng reseeded due to virtual machine fork'"
"""Linux, drivers/char/random.c: it has heard from QEMU that its memory may run elsewhere too."""

DAMAGE = 'dmesg | grep -E "Marking clocksource .* as unstable|BUG: |Oops: "'
"""What a kernel says on a host that was too busy, or that makes mistakes: with the next boot it is
gone, and in what is kept it would stay."""


class Unusable(host.LabError):
    """A machine can't go on from what was kept, or is not worth keeping."""


def state_of(machine: Machine, base: Path, *inputs: str | bytes) -> Path | None:
    """Returns where a machine is kept that began with the disk `base`, or would be; None where
    machines are not kept.

    Args:
        machine: is told what it is by its command line.
        base: names all that the disk was made of.
        inputs: what else it is made of.
    """
    if not _emulated(machine):
        return None
    here = (str(machine.scratch), str(machine.directory))
    command = [_without(argument, here) for argument in machine.command]
    key = host.digest(_qemus_version(), *_this_host(), *command, *inputs)
    return host.cache_directory() / f"{base.stem}.{key}.state"


def _emulated(machine: Machine) -> bool:
    return any(argument.startswith("tcg") for argument in machine.arguments)


def _without(argument: str, directories: tuple[str, ...]) -> str:
    for directory in directories:
        argument = argument.replace(directory, "")
    return argument


def _qemus_version() -> str:
    return disk.run("qemu-system-x86_64", "--version")


def _this_host() -> list[str]:
    """Returns what tells this host from others: an emulated processor's counter, by which Linux
    tells the time, runs as fast as the host's."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    named = [line for line in lines if line.startswith("model name")]
    return [*named[:1], Path("/etc/machine-id").read_text()]


def is_there(state: Path | None) -> bool:
    """Returns whether something was kept there."""
    return state is not None and state.is_dir()


def forget(state: Path | None) -> None:
    """Remove what was kept there, if something was."""
    if state is not None:
        shutil.rmtree(state, ignore_errors=True)


def went_on(progress: Progress, machine: Machine, state: Path | None) -> bool:
    """Have a machine that is off go on from what was kept of it, if something was. What can't be
    used is said, and forgotten: the machine is off then, and boots as any other."""
    if state is None or not is_there(state):
        return False
    began, first = time.monotonic(), machine.scratch / f"{machine.name}.first"
    _move(machine.disks, first)
    try:
        _go_on(machine, host.used(state))
    except (host.LabError, ExpectationFailed, OSError, ValueError) as error:
        machine.stop()
        _move([first / each.name for each in machine.disks], machine.scratch)
        forget(state)
        progress.note(f"{machine.name} boots; what was kept of it is of no use: {_line(error)}")
        return False
    seconds = time.monotonic() - began
    progress.note(f"{machine.name} goes on from {state.name}, after {seconds:.1f} s")
    return True


def _move(disks: Sequence[Path], target: Path) -> None:
    """Move those that are there into a directory."""
    target.mkdir(exist_ok=True)
    for each in filter(Path.exists, disks):
        each.replace(target / each.name)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def _go_on(machine: Machine, state: Path) -> None:
    _expect_whole(state)
    for each in machine.disks:
        _take_up(state / each.name, each)
    machine.start(state / MEMORY)
    poll(lambda: _loaded(machine) or None, "its memory is loaded", ALL_OF_MEMORY)
    machine.monitor.ask("cont")
    machine.wait_until_up(ANSWERS)
    _catch_up(machine)
    machine.wait_until_succeeds(NEW_RANDOMNESS, ANSWERS)


def _expect_whole(state: Path) -> None:
    for name, size in json.loads((state / SIZES).read_text()).items():
        if (now := (state / name).stat().st_size) != size:
            raise Unusable(f"{name} has {now} bytes of {size}")


def _take_up(kept: Path, target: Path) -> None:
    """Give the machine a disk as it was, which stays as it was in what is kept."""
    if kept.suffix == ".qcow2":
        disk.overlay(kept, target)
    else:
        shutil.copyfile(kept, target)


def _loaded(machine: Machine) -> bool:
    machine.check_alive()
    try:
        return not machine.monitor.is_loading()
    except MonitorRefused:
        # It is not there yet, or not any more: then it has said why.
        return False


def _catch_up(machine: Machine) -> None:
    """Tell a machine what time it is: for as long as it stood still its clock did too."""
    machine.succeed(f"date --utc --set=@{time.time():.3f}")


def keep(progress: Progress, machine: Machine, state: Path | None) -> None:
    """Keep a machine that runs as it is now, for those who come later; then it goes on here. If
    that fails, it is said: nothing but time is lost by it."""
    if state is None:
        return
    began, partial = time.monotonic(), machine.scratch / f"{machine.name}.kept"
    try:
        _expect_sound(machine)
        _standing_still(machine, lambda: _write(machine, partial))
        _put(partial, state)
    except (host.LabError, OSError) as error:
        progress.note(f"{machine.name} could not be kept: {_line(error)}")
    else:
        size = sum(path.stat().st_size for path in state.iterdir()) / 1e6
        seconds = time.monotonic() - began
        progress.note(f"{machine.name} is kept as it is: {size:.0f} MB, {seconds:.1f} s")
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    host.forget_all_but(STATES, f"{state.name.partition('-')[0]}-*.state")


def _expect_sound(machine: Machine) -> None:
    if said := machine.execute(DAMAGE).output:
        raise Unusable(f"its kernel says: {said}")


def _standing_still(machine: Machine, act: Callable[[], None]) -> None:
    machine.monitor.ask("stop")
    try:
        act()
    finally:
        machine.monitor.ask("cont")
    _catch_up(machine)


def _write(machine: Machine, partial: Path) -> None:
    partial.mkdir()
    machine.monitor.write_memory(partial / MEMORY)
    # With its memory QEMU has let go of the disks: all is in the files now.
    for each in machine.disks:
        shutil.copyfile(each, partial / each.name)
    sizes = {path.name: path.stat().st_size for path in partial.iterdir()}
    (partial / SIZES).write_text(json.dumps(sizes))


def _put(partial: Path, state: Path) -> None:
    """Move it there in one step, and whole; where another run was quicker, its own stays."""
    try:
        partial.rename(state)
    except OSError:
        if not state.is_dir():
            raise
