"""The world's addresses stand once, and whoever needs one takes it from there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from lab.world import line, topology

LAB = Path(__file__).parents[2] / "lab"
UP = LAB / "world" / "files" / "up"
ADDRESS = re.compile(r"(?<![\d.])\d+\.\d+\.\d+\.\d+(?![\d.])")
TOLD = topology.read(topology.FILE.read_text("utf-8"))
ADDRESSES = {value for value in TOLD.values() if ADDRESS.fullmatch(value)}
BESIDE = {"0.0.0.0", "127.0.0.1", "255.255.255.0"}  # noqa: S104 (an option of DHCP)
"""What is no address of a host of the world's."""
STUB = '#!/bin/sh\necho "${0##*/} $*"\ncase "$*" in *"-f -") cat ;; esac\n'
BATCHES = """#!/bin/sh
case "$1" in
-batch) while read -r line; do echo "ip $line"; done <"$2" ;;
-netns) while read -r line; do echo "ip -n $2 $line"; done <"$4" ;;
*) echo "ip $*" ;;
esac
"""
"""What ip is told in a file, as if it had been told each by itself."""


def code(text: str) -> str:
    """Without the comments of a shell or Python."""
    return re.sub(r"(^|\s)#.*", "", text)


def python_of_the_lab() -> list[Path]:
    # The images know no world: the one address there is QEMU's own resolver.
    own = {LAB / "world" / "topology.py", *LAB.glob("images/*.py")}
    return sorted(path for path in LAB.rglob("*.py") if path not in own)


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the world's machine is told to do, in order."""
    place = tmp_path_factory.mktemp("world")
    for name in ("ip", "nft", "mount", "sysctl", "systemd-run", "sed"):
        (place / name).write_text(BATCHES if name == "ip" else STUB)
        (place / name).chmod(0o755)
    script = UP.read_text("utf-8").replace("/etc/netns", f"{place}/etc/netns")
    (place / "up").write_text(script.replace("/run/", f"{place}/run/"))
    (place / "topology.env").write_bytes(topology.FILE.read_bytes())
    done = subprocess.run(
        ["sh", place / "up", "eth0", "eth1"],
        env={"PATH": f"{place}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    named = (place / "etc" / "netns" / "phone10" / "resolv.conf").read_text()
    return done.stdout.replace(str(place), "") + named


def test_values_are_plain() -> None:
    text = "# the shell's, it's\nA=1.2.3.4   # one that's plain\nB='two words'\n"
    assert topology.read(text) == {"A": "1.2.3.4", "B": "two words"}
    shell = subprocess.run(
        ["sh", "-c", f'. {topology.FILE}; printf %s "$PHONES/$WEB/$LINES/$GATEWAY_NAME"'],
        capture_output=True,
        text=True,
        check=True,
    )
    said = "/".join(TOLD[name] for name in ("PHONES", "WEB", "LINES", "GATEWAY_NAME"))
    assert shell.stdout == said


def test_the_world_takes_its_addresses_from_there(laid_out: str) -> None:
    assert set(ADDRESS.findall(code(UP.read_text("utf-8")))) <= BESIDE
    asked_only = {TOLD["NOBODY"], TOLD["TUNNEL_ADDRESS"]}
    for address in ADDRESSES - asked_only:
        assert re.search(rf"(?<![\d.]){re.escape(address)}(?![\d.])", laid_out), address
    assert not re.search(rf"(?<![\d.]){re.escape(topology.NOBODY)}(?![\d.])", laid_out)


@pytest.mark.parametrize("path", python_of_the_lab(), ids=lambda path: str(path.relative_to(LAB)))
def test_python_takes_them_from_there(path: Path) -> None:
    assert ADDRESSES & set(ADDRESS.findall(code(path.read_text("utf-8")))) == set()


def test_an_address_in_the_code_is_found() -> None:
    assert ADDRESS.findall(code('SITE = "198.18.4.80"  # not 1.2.3.4\n')) == [TOLD["SITE"]]


def test_drawings_show_them_as_they_are() -> None:
    """The world's own comments and the scenarios' pages."""
    lines = {f"{router[:-1]}{end}" for router in topology.ROUTERS.values() for end in (1, 2)}
    pages = [UP, *LAB.glob("scenarios/*/README.md")]
    for page in pages:
        drawn = {a for a in ADDRESS.findall(page.read_text("utf-8")) if a.startswith("198.18.")}
        drawn |= set(re.findall(r"192\.168\.(?:4\d|5\d|60)\.\d+", page.read_text("utf-8")))
        assert drawn - {"198.18.0.0"} <= ADDRESSES | lines, page.parent.name


def test_every_cable_that_is_shaped_is_laid(laid_out: str) -> None:
    laid = re.findall(r"^ip link add name (\S+) netns (\S+) type veth", laid_out, re.M)
    assert len(set(laid)) == len(laid)
    ends = {end for device, host in laid for end in ((host, device), (device, host))}
    assert set(line._CABLES) <= ends


def test_hosts_are_there_before_their_cables(laid_out: str) -> None:
    made = re.findall(r"^ip netns add (\S+)", laid_out.partition(" type veth ")[0], re.M)
    ends = set(re.findall(r"^ip link add name \S+ netns (\S+) type veth", laid_out, re.M))
    assert set(made) >= ends >= set(topology.PHONES)


def test_a_phones_router_is_the_carriers_end_of_its_line(laid_out: str) -> None:
    for phone, router in topology.ROUTERS.items():
        assert f"ip -n carrier address add {router}/24 dev {phone}\n" in laid_out
        assert f"ip -n {phone} route add default via {router}\n" in laid_out
    assert f"ip -n cafe address add {topology.WIFI_ROUTER}/24 dev phone\n" in laid_out
