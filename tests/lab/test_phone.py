"""What a phone is told to do, without the world."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from lab.machines.expectations import ExpectationFailed
from lab.machines.machine import Ran
from lab.phones.downloads import carry_both_ways_at_once, fetch_page_at_once
from lab.phones.libreswan import LibreswanPhone
from lab.phones.phone import ENDED, Phone
from tests.lab.machines import Pretender


def numbers(world: Pretender) -> list[tuple[str, int]]:
    """Of the tunnels that were asked for, with the phone's name."""
    found = re.findall(
        r"netns exec (\S+) sh -c 'exec /lab/random-is (\d+) /usr/sbin/xl2tpd",
        "\n".join(world.commands),
    )
    return [(phone, int(number)) for phone, number in found]


def test_each_phone_counts_its_tunnels_from_one() -> None:
    world = Pretender()
    one = Phone(world, "192.0.2.1", "phone")
    two = LibreswanPhone(world, "192.0.2.1", "phone2", protocol="l2tp")
    for phone in (one, two, one):
        phone.start_l2tp()
        phone.hang_up()
    assert numbers(world) == [("phone", 1), ("phone2", 1), ("phone", 2)]


def test_nobody_waits_for_a_goodbye_that_nobody_carries() -> None:
    """pppd's, when xl2tpd below which it runs has ended; systemd.kill(5)."""
    world = Pretender()
    Phone(world, "192.0.2.1", "phone").start_l2tp()
    (started,) = [command for command in world.commands if "/usr/sbin/xl2tpd" in command]
    assert (
        " --unit=phone-l2tp --property=KillMode=mixed ip netns exec phone sh -c 'exec " in started
    )


HOSTS = """#!/bin/sh
test "$1 $2" = "netns exec" && export PHONE=$3 && shift 3 && exec "$@"
"""
PAGES = """#!/bin/sh
case $PHONE in
    *2) echo you are 198.51.100.7 ;;
    *3) echo timed out >&2; exit 28 ;;
    *) echo you are 192.0.2.1 ;;
esac
"""


class Shell(Pretender):
    """Runs its commands here, with hosts and pages that only pretend."""

    def __init__(self, home: Path) -> None:
        super().__init__()
        self.home = home
        for name, program in {"ip": HOSTS, "curl": PAGES}.items():
            (home / name).write_text(program)
            (home / name).chmod(0o755)

    def execute(self, command: str, timeout: float = 60, patience: float = 120) -> Ran:
        here = re.sub(r"/(run|lab|etc)/", f"{self.home}/", command)
        path = f"{self.home}:{os.environ['PATH']}"
        done = subprocess.run(
            ["sh", "-c", f"exec 2>&1; {here}"],
            env={**os.environ, "PATH": path},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        return Ran(command, done.returncode, done.stdout)


def test_pages_at_once_and_whoever_got_none_is_named(tmp_path: Path) -> None:
    world = Shell(tmp_path)
    phones = [Phone(world, "192.0.2.1", f"phone{number}") for number in range(1, 5)]
    with pytest.raises(ExpectationFailed) as failed:
        fetch_page_at_once(phones)
    told = str(failed.value)
    assert "you are 198.51.100.7" in told
    assert "timed out" in told
    assert re.findall(r"/(phone\d)\.page <==", told) == ["phone2", "phone3"]
    fetch_page_at_once([phones[0], phones[3]])


CARRIES = """#!/bin/sh
echo "$PHONE $*" >>"${0%/*}/asked"
case "$PHONE $*" in *2" "*--reverse) echo unable to receive; exit 1 ;; esac
"""


def test_each_phone_carries_by_a_server_of_its_own_and_who_could_not_says_so(
    tmp_path: Path,
) -> None:
    (tmp_path / "iperf3").write_text(CARRIES)
    (tmp_path / "iperf3").chmod(0o755)
    world = Shell(tmp_path)
    phones = [Phone(world, "192.0.2.1", f"phone{number}") for number in (1, 2, 3)]
    assert carry_both_ways_at_once(phones) == {"phone2": "unable to receive\n"}
    asked = sorted((tmp_path / "asked").read_text().splitlines())
    one = [f"{phone.namespace} --client 198.18.4.80 --port" for phone in phones]
    assert asked == sorted(
        f"{who} {port} --bytes 1M{back}"
        for port, who in enumerate(one, 5201)
        for back in ("", " --reverse")
    )


CLOSED = "xl2tpd[1252]: control_finish: Connection closed to 198.18.3.10, serial 1 "
SAID = {
    "no-address-left": (CLOSED + "(No available IP address)", 1),
    "wrong-password": ("CHAP authentication failed", 1),
    "hung-up": ("Connection terminated.", 1),
    "nobody-there": ("Maximum retries exceeded for tunnel 1.  Closing.", 1),
    "still-calling": ("Connecting to host 198.18.3.10, port 1701", 2),
    "calls-before": ("xl2tpd[9]: Connection 5038 closed to 198.18.3.10, port 1701", 2),
}
"""What the phone's daemons say, as their journal had it, and how waiting for its call ends."""


@pytest.mark.parametrize(("said", "status"), SAID.values(), ids=SAID)
def test_a_call_that_is_over_is_not_waited_for(said: str, status: int, tmp_path: Path) -> None:
    assert bool(re.search(ENDED, said)) == (status == 1)
    world = Pretender()
    Phone(world, "192.0.2.1")._wait_for_ppp(timeout=2)
    for name, text in {
        "ip": 'test "$2" = exec && shift 3 && exec "$@"',
        "journalctl": f"echo '{said}'",
        "sleep": "echo >>looks",
    }.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    path = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    waiting = ["sh", "-c", world.commands[-1]]
    assert subprocess.run(waiting, cwd=tmp_path, env=path, check=False).returncode == status
    looks = len((tmp_path / "looks").read_text().splitlines())
    assert looks == (4 if status == 2 else 3)


def test_a_phone_hangs_up_in_this_order_whatever_of_it_fails(tmp_path: Path) -> None:
    """xl2tpd's goodbye needs the IPsec that it travels in; and the phone's network and resolver
    are as before also where nothing is left to stop."""
    world = Shell(tmp_path)
    for name in ("systemctl", "timeout"):
        (tmp_path / name).write_text(f'#!/bin/sh\necho {name} "$@" >>{tmp_path}/log\nexit 1\n')
        (tmp_path / name).chmod(0o755)
    (tmp_path / "as-before").write_text(f'#!/bin/sh\necho before "$@" >>{tmp_path}/log\n')
    (tmp_path / "as-before").chmod(0o755)
    (tmp_path / "netns/phone").mkdir(parents=True)
    Phone(world, "192.0.2.1", "phone").hang_up()
    assert (tmp_path / "log").read_text().splitlines() == [
        "systemctl stop phone-l2tp",
        "timeout 10 swanctl --terminate --ike gateway",
        "systemctl stop phone-ipsec",
        "before 192.0.2.1 192.168.43.1",
    ]
    assert (tmp_path / "netns/phone/resolv.conf").read_text() == "nameserver 8.8.8.8\n"
    (tmp_path / "as-before").unlink()
    with pytest.raises(ExpectationFailed, match="as-before"):
        Phone(world, "192.0.2.1", "phone").hang_up()
