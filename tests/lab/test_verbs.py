"""Units, ports and hosts: what the machines' shells are told, and that they understand it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from lab.machines.expectations import ExpectationFailed
from lab.machines.machine import Ran
from tests.lab.machines import Pretender

LAB = Path(__file__).parents[2] / "lab"
STUBS = {
    # They do what they are asked to at once, and tell no systemd.
    "systemd-run": 'while case "$1" in --*) ;; *) false ;; esac; do shift; done\nexec "$@"',
    "ip": 'test "$1 $2 $3" = "netns exec phone" && shift 3 && exec "$@"',
    "systemctl": 'test "$1" = is-active && test -e "$(dirname "$0")/active"',
}


def run(machine: Pretender, place: Path) -> None:
    """Has a real shell read the last command."""
    for name, text in STUBS.items():
        (place / name).write_text(f"#!/bin/sh\n{text}\n")
        (place / name).chmod(0o755)
    command = ["sh", "-c", machine.commands[-1]]
    path = {"PATH": f"{place}:/usr/bin:/bin"}
    subprocess.run(command, cwd=place, env=path, check=True, timeout=20)


@pytest.fixture(autouse=True)
def _nobody_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)


def test_a_unit_runs_where_it_shall() -> None:
    world = Pretender()
    world.start_unit("eve", "exec tcpdump -i carrier")
    world.start_unit("phone-ipsec", "exec charon", "phone")
    world.host("phone").start_unit("phone-ipsec", "exec charon")
    eve, phone, same = world.commands
    start = "systemd-run --quiet --collect --unit"
    assert eve.endswith(f"; {start}=eve sh -c 'exec tcpdump -i carrier'")
    assert phone.endswith(f"; {start}=phone-ipsec ip netns exec phone sh -c 'exec charon'")
    assert same == phone
    assert all(text.startswith("systemctl reset-failed ") for text in world.commands)


@pytest.mark.parametrize("host", ["", "phone"])
def test_a_units_command_is_the_shells(host: str, tmp_path: Path) -> None:
    world = Pretender()
    world.start_unit("x", "printf '%s' \"it's $((6 * 7))\" >new && mv new 'the file'", host)
    run(world, tmp_path)
    assert (tmp_path / "the file").read_text() == "it's 42"


@pytest.mark.parametrize("active", [True, False])
def test_once_leaves_alone_what_runs(active: bool, tmp_path: Path) -> None:
    world = Pretender()
    world.start_unit("iperf", "touch started", "phone", once=True)
    if active:
        (tmp_path / "active").touch()
    run(world, tmp_path)
    assert (tmp_path / "started").exists() != active


def test_a_host_is_spoken_to_as_a_machine_is(tmp_path: Path) -> None:
    world = Pretender(("date", "noon"))
    host = world.host("phone")
    assert host.succeed("date") == host.execute("date").output == "noon"
    assert host.wait_until_succeeds("date") == "noon"
    assert set(world.commands) == {"ip netns exec phone sh -c date"}
    host.succeed('echo "it\'s" >said')
    run(world, tmp_path)
    assert (tmp_path / "said").read_text() == "it's\n"
    with pytest.raises(ExpectationFailed, match="must fail: ip netns exec phone sh -c date"):
        host.fail("date")


def test_a_port_is_waited_for_on_its_host() -> None:
    world = Pretender()
    world.wait_for_port("site", 5201)
    world.host("site").wait_for_port(5201)
    world.wait_for_port("", 3129)
    assert world.commands == [
        *["ip netns exec site sh -c 'ss -Hltn sport = :5201 | grep -q .'"] * 2,
        "ss -Hltn sport = :3129 | grep -q .",
    ]


def test_a_unit_is_waited_for_until_it_is_active() -> None:
    states = ["inactive", "activating", "active", "never asked"]

    class Starting(Pretender):
        def execute(self, command: str, timeout: float = 60, patience: float = 120) -> Ran:
            return Ran(command, 3, f"{states.pop(0)}\n")

    Starting().wait_for_unit("haproxy")
    assert states == ["never asked"]


def test_a_failed_unit_is_not_waited_for() -> None:
    gateway = Pretender(("is-active haproxy", "failed\n"), ("status .*haproxy", "bind: no address"))
    with pytest.raises(ExpectationFailed, match=r"(?s)haproxy has failed:.*no address"):
        gateway.wait_for_unit("haproxy", 5)
    assert len(gateway.commands) == 2


def test_the_end_of_a_unit() -> None:
    world = Pretender()
    world.wait_for_end_of_unit("flood")
    world.stop_unit("eve")
    assert world.commands == ["! systemctl is-active --quiet flood", "systemctl stop eve"]


RAW = re.compile(r"systemd-run|NetworkNamespacePath|ss -H?l")


def test_nobody_starts_units_but_by_the_verb() -> None:
    found = sorted(
        path.relative_to(LAB).as_posix()
        for path in LAB.rglob("*.py")
        if RAW.search(path.read_text("utf-8"))
    )
    # The last one says much in one command, since each of its own takes a quarter of a second.
    assert found == ["machines/hosts.py", "machines/machine.py", "manners.py"]
