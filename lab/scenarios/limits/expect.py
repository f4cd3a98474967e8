"""See README.md beside this file."""

from __future__ import annotations

import json
import re
from typing import Any

from lab.lab import PUBLIC_ADDRESS, Lab
from lab.machines.expectations import ExpectationFailed
from lab.machines.machine import Machine
from lab.phones.phone import Credentials, Phone
from lab.progress import Checks
from lab.scenarios.limits.half_closed import SIZE, bytes_that_arrive
from lab.world import sites
from lab.world.topology import METADATA_NAME, NOBODY, TUNNELS

PORT = sites.PORTS["page"]
SHORT, OPEN = 10_000, 2_100
SPLIT = range(1_900, OPEN)
"""nftables stops at 2,000, counting what conntrack holds for open: a few more or less."""
SMALL = sites.OBJECT_SIZES.index(1000)
"""Which object short connections are for: what wears a proxy out is their number. One of 30 KB
was 300 MB of emulated encryption besides."""
SPARE = 200
"""MiB that the gateway must have left, of 1 GiB, with all connections open."""
PHONES_SIDE = f"ss -Htn state established dst {TUNNELS} | wc -l"
PAGE = f"curl --silent --show-error --fail --max-time 30 -o /dev/null http://{sites.SITE}:{PORT}/1"


def expect(lab: Lab, users: list[Credentials], checks: Checks) -> dict[str, Any]:
    """Check everything that the README of this scenario says; returns what else was seen."""
    phone = Phone(lab.world, PUBLIC_ADDRESS)
    phones = [phone, *(Phone(lab.world, PUBLIC_ADDRESS, f"phone{number}") for number in (2, 3))]
    sites.serve(lab.world)
    with checks.check("limits-dial-in"):
        for each in phones:
            each.dial(users[0])
    if checks.wants("limits-wall-"):
        walls(lab, phone, checks)
    if checks.wants("limits-half-close", "limits-refused", "limits-nobody"):
        manners(lab, phone, checks)
    if checks.wants("limits-two-", "limits-idle-", "limits-out-of-", "limits-split-"):
        many_connections(lab, phones, checks)
    if checks.wants("limits-ten-"):
        short_connections(phone, checks)
    for each in phones:
        each.hang_up()
    return {}


def walls(lab: Lab, phone: Phone, checks: Checks) -> None:
    """Try the walls by name, and by the address that the gateway itself does not know: with its
    own filter opened sshd answers the phone there, which is the control, and else it doesn't."""
    with checks.check("limits-wall-by-name") as detail:
        detail.append(phone.run(f"getent ahostsv4 {METADATA_NAME}").split()[0])
        phone.run_and_fail(f"curl --silent --max-time 10 http://{METADATA_NAME}/")
    # Into the tunnel, where no client would send it by itself.
    banner = (
        "python3 -c 'import socket; ssh = socket.socket(); ssh.settimeout(10);"
        ' ssh.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"ppp0");'
        f' ssh.connect(("{PUBLIC_ADDRESS}", 22)); assert ssh.recv(4) == b"SSH-"\''
    )
    with checks.check("limits-wall-own-public-address"):
        lab.gateway.succeed(
            "nft insert rule inet gateway input tcp dport 22 accept comment control"
        )
        try:
            phone.run(banner)
        finally:
            lab.gateway.succeed(
                "nft delete rule inet gateway input handle"
                " $(nft -a list chain inet gateway input | awk '/control/ {print $NF}')"
            )
        phone.run_and_fail(banner)


def manners(lab: Lab, phone: Phone, checks: Checks) -> None:
    """See what a user may notice, split and then forwarded."""
    command = f"/lab/tcp-manners {sites.SITE} {PORT} 81 {NOBODY}"
    seen = {"split": json.loads(phone.run(command, 240))}
    late = {"split": bytes_that_arrive(phone)}
    lab.gateway.succeed("systemctl stop haproxy")
    seen["forwarded"] = json.loads(phone.run(command, 240))
    late["forwarded"] = bytes_that_arrive(phone)
    lab.gateway.succeed("systemctl start haproxy")
    with checks.check("limits-half-close") as detail:
        sizes = {way: manner["half-close"][0] for way, manner in seen.items()}
        detail.append(f"bytes: {sizes}; late, to the phone and of it: {late}")
        if len(set(sizes.values())) != 1 or sizes["split"] < 2000:
            raise ExpectationFailed(f"a half-closed request gets {sizes} bytes")
        if set(late.values()) != {(SIZE, SIZE)}:
            raise ExpectationFailed(f"{SIZE} that come late are, to the phone and of it: {late}")
    for case in ("refused", "nobody"):
        with checks.check(f"limits-{case}") as detail:
            (split, after), (forwarded, plainly) = (manner[case] for manner in seen.values())
            detail.append(
                f"split: {split} after {after} s; forwarded: {forwarded} after {plainly} s"
            )
            if split != "closed" or forwarded not in ("refused", "unreachable", "timed out"):
                raise ExpectationFailed(str(seen))


def short_connections(phone: Phone, checks: Checks) -> None:
    """Fetch one small object by each connection, and close it."""
    with checks.check("limits-ten-thousand-short-connections") as detail:
        codes = phone.run(
            "curl --silent --parallel --parallel-immediate --parallel-max 50 --max-time 60"
            f" --header 'Connection: close' -o /dev/null -w '%{{http_code}}\\n'"
            f" 'http://{sites.SITE}:{PORT}/{SMALL}?[1-{SHORT}]' | sort | uniq -c",
            900,
        )
        detail.append(codes.strip())
        if codes.split() != [str(SHORT), "200"]:
            raise ExpectationFailed(f"answers by status: {codes}")


def many_connections(lab: Lab, phones: list[Phone], checks: Checks) -> None:
    """Open more than are split, a third of them on each phone, which may have 1,000; then give
    HAProxy less memory than they need."""
    gateway, world = lab.gateway, lab.world
    states = [f"/run/hold-open-{phone.namespace}" for phone in phones]
    for phone, state in zip(phones, states, strict=True):
        world.succeed(f"rm -rf {state}")
        opener = f"/lab/hold-open {sites.SITE} {PORT} {OPEN // len(phones)} {state}"
        phone.host.start_unit(f"hold-open-{phone.namespace}", opener)
    with checks.check("limits-two-thousand-connections") as detail:
        opened = sum(answered(world, f"{state}/opened", 600) for state in states)
        split = int(gateway.succeed(PHONES_SIDE))
        spare = int(gateway.succeed("awk '/MemAvailable/ {print int($2/1024)}' /proc/meminfo"))
        held = gateway.succeed("systemctl show -P MemoryCurrent haproxy").strip()
        detail.append(
            f"{opened} of {OPEN} answered, {split} of them split; {spare} MiB available,"
            f" HAProxy's {int(held) / 2**20:.0f} MiB"
        )
        if opened != OPEN or split not in SPLIT or spare < SPARE:
            raise ExpectationFailed("; ".join(detail))
    with checks.check("limits-idle-connections-live"):
        for state in states:
            world.succeed(f"touch {state}/release")
        again = sum(answered(world, f"{state}/asked-again", 300) for state in states)
        if again != OPEN:
            raise ExpectationFailed(f"only {again} of {OPEN} answered again")
    with checks.check("limits-page-beside-them"):
        phones[0].run(PAGE)
    out_of_memory(lab, phones[0], checks)


def answered(world: Machine, file: str, patience: float) -> int:
    """Returns how many connections a phone's hold-open says were answered, once it does."""
    world.wait_until_succeeds(f"test -e {file}", patience)
    return int(world.read(file))


def out_of_memory(lab: Lab, phone: Phone, checks: Checks) -> None:
    """Have the kernel run out of memory: it must take HAProxy and nothing else."""
    gateway = lab.gateway
    before = gateway.succeed("pidof charon-systemd xl2tpd pppd")
    limit = gateway.succeed("systemctl show -P MemoryMax haproxy").strip()
    with checks.check("limits-out-of-memory") as detail:
        gateway.succeed("systemctl set-property --runtime haproxy MemoryMax=8M MemorySwapMax=0")
        try:
            gateway.wait_until_succeeds("journalctl -u haproxy | grep -q 'oom-kill'")
            phone.run(PAGE)
        finally:
            gateway.succeed(f"systemctl set-property --runtime haproxy MemoryMax={limit}")
        if gateway.succeed("pidof charon-systemd xl2tpd pppd") != before:
            raise ExpectationFailed("the tunnel's daemons were restarted")
        killed = gateway.succeed("journalctl -k | grep -E 'Killed process' || true")
        detail.append(re.sub(r"\s+", " ", killed)[-150:])
    with checks.check("limits-split-comes-back"):
        gateway.wait_until_succeeds("gateway-selftest >/dev/null")
        phone.run(PAGE)
