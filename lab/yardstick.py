"""How many times slower an emulated gateway computes than its host: the same work done by both, in
processor seconds, whatever else the host has to do meanwhile.

A gateway with hardware virtualisation takes about as long as its host. Under emulation it depends
on the kind of work, so there are several: what a first boot spends its time on.
"""

from __future__ import annotations

import resource
import subprocess

from lab.machines.machine import Machine

WORK = {
    "packing": "seq 200000 | xz -6 -T1 | xz -dc >/dev/null",
    "programs": "i=0; while [ $i -lt 300 ]; do /bin/true; i=$((i + 1)); done",
    "python": "for i in 1 2 3 4 5; do python3 -c 'import json, logging, urllib.request'; done",
}
"""Shell commands that both understand: packages are unpacked and an initramfs packed; scripts start
thousands of small programs; cloud-init is Python. Half a second each, or less, where nothing is
emulated."""
TIMES = 3
"""So often the host does it, for it is quick; the least counts."""


def measure(gateway: Machine) -> dict[str, dict[str, float]]:
    """Returns the processor seconds that each kind of `WORK` takes on the gateway and on its
    host."""
    return {
        kind: {"gateway": _of(gateway, command), "host": min(_here(command) for _ in range(TIMES))}
        for kind, command in WORK.items()
    }


def _of(gateway: Machine, command: str) -> float:
    before = gateway.processor_seconds
    gateway.succeed(command, 180)
    return round(gateway.processor_seconds - before, 2)


def _here(command: str) -> float:
    before = _of_children()
    subprocess.run(["sh", "-c", command], check=True)
    return round(_of_children() - before, 3)


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
