"""A phone that dials this computer's own address, as a real one in the same Wi-Fi would, with what
its page says (docs/try.md, ``PHONE=ADDRESS``): the lab's, in a world of its own, whose way out
is a cable to this computer.

By hand and as root, because it takes two worlds, minutes and the ports themselves:
``python -m tests.here.through_the_door``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from here import told
from here.door import PORTS
from here.project import ROOT
from here.stay import STACK
from here.told import Told
from lab.lab import PUBLIC_ADDRESS, build
from lab.machines.machine import Machine
from lab.phones.ikev2 import Ikev2Phone
from lab.phones.phone import Phone
from lab.world.topology import WEB

WIFI, COMPUTER, PHONE = "lunch-wifi", "10.99.0.1", "10.99.0.2"
PAGE = f"curl --silent --show-error --fail --max-time 15 http://{WEB}/"
CABLE = (
    f"netns add {WIFI}",
    f"link add lunch0 type veth peer name wlan0 netns {WIFI}",
    f"address add {COMPUTER}/24 dev lunch0",
    "link set lunch0 up",
    f"-netns {WIFI} address add {PHONE}/24 dev wlan0",
    f"-netns {WIFI} link set wlan0 up",
    f"-netns {WIFI} link set lo up",
)


def main() -> None:
    """Bring one up, dial in from beyond the cable, take it down; or be what is beyond."""
    if sys.argv[1:]:
        dial(Path(sys.argv[1]))
        return
    subprocess.run(["ip", "netns", "delete", WIFI], check=False, stderr=subprocess.DEVNULL)
    for words in CABLE:
        subprocess.run(["ip", *words.split()], check=True)
    try:
        with tempfile.TemporaryDirectory() as data:
            lead({**os.environ, "XDG_DATA_HOME": data})
    finally:
        subprocess.run(["ip", "netns", "delete", WIFI], check=True)


def lead(environment: dict[str, str]) -> None:
    """Do what a user does; raises where something is not as it should be."""

    def make(*words: str) -> None:
        command = [sys.executable, "-m", "here", "ops", *words, "--stack", STACK]
        subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=True)

    make("--phone", COMPUTER, "up", "--region", "japaneast")
    inside = ["ip", "netns", "exec", WIFI, sys.executable, "-m"]
    try:
        assert listening() == set(PORTS), listening()
        pages = ROOT / "build/profiles" / STACK
        subprocess.run([*inside, "tests.here.through_the_door", str(pages)], cwd=ROOT, check=True)
    finally:
        make("down")
    assert listening() == set(), listening()
    asked = [*inside, "gateway.probe", COMPUTER]
    assert subprocess.run(asked, cwd=ROOT, check=False).returncode != 0
    print("down: nobody answers at either port")


def listening() -> set[int]:
    """Which UDP ports of this computer's end of the cable somebody listens to."""
    ss = ["ss", "--no-header", "--udp", "--listening", "--numeric", f"src {COMPUTER}"]
    said = subprocess.run(ss, capture_output=True, text=True, check=True).stdout
    return {int(line.split()[3].rpartition(":")[2]) for line in said.splitlines()}


def dial(pages: Path) -> None:
    """Be beyond the cable: a world of phones, of which one dials in by both ways."""
    (place,) = (path for path in pages.iterdir() if path.is_dir())
    user = place.name
    shown = told.page(place / f"{user}.html")
    with tempfile.TemporaryDirectory() as out:
        no_data = Path(out) / "user-data"
        no_data.touch()
        lab = build(Path(out), no_data)
        try:
            lab.start_world()
            lab.wait_for_world()
            lab.world.wait_for_port("web", 80)
            for values in (
                told.ikev2_profile(place / f"{user}-ikev2.mobileconfig"),
                told.l2tp_profile(place / f"{user}-l2tp.mobileconfig"),
            ):
                told.agree(values, shown)
                got_in(lab.world, values)
        finally:
            lab.close()


def got_in(world: Machine, values: Told) -> None:
    """Dial what the page says; a page shows who it was that fetched it."""
    assert values.server == COMPUTER
    phone: Phone = (
        Ikev2Phone(world, values.server, model=values.model, called=values.called)
        if values.called
        else Phone(world, values.server, model=values.model)
    )
    before = phone.run(PAGE)
    assert f"you are {PUBLIC_ADDRESS}" not in before, before
    print(phone.dial(values.credentials), flush=True)
    page = phone.run(PAGE)
    assert f"you are {PUBLIC_ADDRESS}" in page, page
    print(f"fetched a page as {PUBLIC_ADDRESS}", flush=True)
    phone.hang_up()


if __name__ == "__main__":
    main()
