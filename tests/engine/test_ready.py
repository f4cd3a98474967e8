"""An update by the real engine, in a network where the gateway's address answers, or not.

Azure's double gives public addresses. In a network namespace of its own this machine can be
all of them, so that nothing leaves it, and the probe asks the very port that phones ask.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lab.host import install
from tests.engine.conftest import PSK, SECRETS, MakeWorld
from tests.engine.world import Done, Stack, World

REPOSITORY = Path(__file__).parents[2]

INTERNET = r"""
set -eu
ip link set lo up
ip route add local 20.0.0.0/8 dev lo
{gateway}
"$@"
"""

RESPONDER = """
(cd {here} && exec {python} -c '
import sys, time
from tests.gateway.responders import OUR_GATEWAY, marked, only_from, responding
ike, nat = (only_from(int(number), OUR_GATEWAY) for number in sys.argv[1:])
with responding(ike, "0.0.0.0", 500), responding(marked(nat), "0.0.0.0", 4500):
    print("bound", flush=True)
    time.sleep(120)
' {numbers}) > {log} 2>&1 &
trap "kill $!" EXIT
for try in $(seq 100); do grep -q bound {log} && break; sleep 0.1; done
grep -q bound {log}
"""


NEVER = 10_000


def answering(directory: Path, ike: int, nat: int) -> str:
    """On UDP 500 and 4500, each from the packet of this number on."""
    log = directory / "responder.log"
    log.touch()
    return RESPONDER.format(here=REPOSITORY, python=sys.executable, numbers=f"{ike} {nat}", log=log)


def silent(directory: Path) -> str:
    return answering(directory, NEVER, NEVER)


QUICK = f"""
import runpy

from gateway import probe, ready

rounds = probe.rounds
probe.rounds = lambda host, seconds, port: rounds(host, seconds / 12, port, timeout=1)
probe.INTERVAL, ready.REPORT_EVERY = 1, 1
runpy.run_path({str(REPOSITORY / "__main__.py")!r}, run_name="__main__")
"""
"""The program, for whose wait a minute is five seconds."""

UP = ("up", "--yes", "--skip-preview", "--stack", "dev")


@pytest.fixture(scope="module")
def stack(make_world: MakeWorld) -> Stack:
    install(["iproute2"])
    world = make_world("ready")
    (world.project / "__main__.py").unlink()
    (world.project / "__main__.py").write_text(QUICK)
    found = Stack(world, "dev", region="westus2", secrets=SECRETS)
    found.configure({"readyTimeout": "1"})
    return found


def within(world: World, gateway: str, *arguments: str) -> Done:
    """One command of Pulumi's in a network of this shape."""
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    inside = ["unshare", "--net", "--fork", "--kill-child", *as_root, "bash", "-c"]
    command = [str(world.cli.pulumi), *arguments, "--color", "never", "--non-interactive"]
    done = subprocess.run(
        [*inside, INTERNET.format(gateway=gateway), "inside", *command],
        cwd=world.project,
        env=world.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    number = len(list(world.said.iterdir()))
    (world.said / f"{number:03}-ready.txt").write_text(done.stdout + done.stderr)
    return Done(done.returncode, done.stdout, done.stderr)


# In this order: one stack's life.


def test_silence_ends_red_and_loses_nothing(stack: Stack, tmp_path: Path) -> None:
    done = within(stack.world, silent(tmp_path), *UP)
    assert done.code != 0
    assert "waiting until the gateway answers IKE at 20." in done.text
    assert re.search(r"waited 0 min 0\d s, 0 min 0\d s left; .*silence", done.text)
    *_, error = [line for line in done.out.splitlines() if "error: the gateway was" in line]
    assert "UDP 500: silence: no answer to IKE" in error
    assert "on UDP 4500 neither" in error
    vm = stack.outputs()["vm"]
    assert f"az vm boot-diagnostics get-boot-log --ids {vm}" in error
    assert "Traceback" not in done.text
    assert stack.outputs()["psk"] == PSK
    assert stack.pending() == []


def test_one_port_of_two_ends_red(stack: Stack, tmp_path: Path) -> None:
    done = within(stack.world, answering(tmp_path, 1, NEVER), *UP)
    assert done.code != 0
    assert "UDP 500 answers and UDP 4500 does not; phones need both" in done.text
    assert "Traceback" not in done.text


def test_the_next_update_waits_again_and_turns_green(stack: Stack, tmp_path: Path) -> None:
    done = within(stack.world, answering(tmp_path, 1, 3), *UP)
    assert done.code == 0, done.text
    assert "answers IKE: IKEv1 accepts our proposal (SA)" in done.text
    assert "so does UDP 4500" in done.text
    assert "unchanged" in done.text


def test_destroy_waits_for_nothing(stack: Stack, tmp_path: Path) -> None:
    done = within(
        stack.world, silent(tmp_path), "destroy", "--yes", "--skip-preview", "--stack", "dev"
    )
    assert done.code == 0, done.text
    assert "waiting until" not in done.text
