"""What a phone gets: pages and downloads, one or many at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lab.machines.expectations import ExpectationFailed
from lab.machines.machine import Machine
from lab.phones import iperf
from lab.phones.iperf import FINE as FINE
from lab.phones.phone import Phone
from lab.world.sites import PORTS, SITE, serve_iperf
from lab.world.topology import TUNNELS, WEB_NAME

PAGE = f"curl --silent --show-error --fail --max-time 15 http://{WEB_NAME}/"


def fetch_page(phone: Phone) -> None:
    """Fetch a page of the web server beyond the internet, which says whom it sees.

    Raises:
        ExpectationFailed: no page within 15 s, or the server saw somebody else than the gateway.
    """
    page = phone.run(PAGE)
    if f"you are {phone.server}" not in page:
        raise ExpectationFailed(f"the server saw another address than {phone.server}: {page}")


def fetch_page_at_once(phones: Sequence[Phone]) -> None:
    """Do what `fetch_page` does, by all phones of one gateway at the same time: where each has to
    wait, they wait together.

    Raises:
        ExpectationFailed: one of them got no page within 15 s, or another one; says which. Or
            there is none.
    """
    if not phones:
        raise ExpectationFailed("there is no phone")
    world = phones[0].world
    files = [f"/run/{phone.namespace}.page" for phone in phones]
    ways = zip(phones, files, strict=True)
    at_once = " ".join(f"{phone.on_phone(PAGE)} >{file} 2>&1 &" for phone, file in ways)
    told = f"grep -LF 'you are {phones[0].server}' {' '.join(files)}"
    if wrong := world.succeed(f"{at_once} wait; {told} || true", 90).split():
        pages = world.succeed(f"tail -vn 3 {' '.join(wrong)}")
        raise ExpectationFailed(f"the server saw another address, or nobody:\n{pages}")


def download(phone: Phone, seconds: int = 10) -> float:
    """Returns the goodput of one TCP flow from the site to the phone, Mbit/s, after 2 s to get
    going."""
    command = f"iperf3 --client {SITE} --reverse --time {seconds} --omit 2 --json {FINE}"
    return round(iperf.goodput(phone.run(command, seconds + 60)), 2)


def carry_both_ways(phone: Phone, size: str = "1M") -> None:
    """Have so much (iperf3's ``--bytes``) go from the phone to the site, and as much back.

    Raises:
        ExpectationFailed: one had not arrived after 60 s.
    """
    for direction in ("", " --reverse"):
        phone.run(f"timeout 60 iperf3 --client {SITE} --bytes {size}{direction}", 90)


def carry_both_ways_at_once(phones: Sequence[Phone], size: str = "1M") -> dict[str, str]:
    """Do what `carry_both_ways` does, by all phones at once. The site has an iperf3 for each, from
    the usual port on.

    Returns:
        What the client of each said that had not carried all in 60 s a direction, by namespace.
    """
    files = [f"/run/{phone.namespace}.carried" for phone in phones]
    commands = []
    for port, (file, phone) in enumerate(zip(files, phones, strict=True), PORTS["iperf"]):
        client = f"timeout 60 iperf3 --client {SITE} --port {port} --bytes {size}"
        both = phone.on_phone(f"{client} && {client} --reverse && echo all")
        commands.append(f"{both} >{file} 2>&1 &")
    told = f"grep -LFx all {' '.join(files)} || true"
    wrong = phones[0].world.succeed(f"{' '.join(commands)} wait; {told}", 150).split()
    return {Path(file).stem: phones[0].world.succeed(f"tail -n 5 {file}") for file in wrong}


def congestion_control(
    gateway: Machine, phone: Phone, expected: str, address: str = TUNNELS
) -> str:
    """Returns what the gateway's socket towards the phone runs while the phone downloads.

    Args:
        expected: as `ss` names it; whatever else is there is waited out.
        address: the phone's in the tunnel, or a network with it.

    Raises:
        ExpectationFailed: it was not seen in 15 s.
    """
    phone.host.start_unit("download", f"exec iperf3 --client {SITE} --reverse --time 8")
    sockets = f"ss -H -t -i -n state established dst {address}"
    try:
        return gateway.wait_until_succeeds(f"{sockets} | grep -oF ' {expected} '", 15)
    finally:
        phone.world.wait_for_end_of_unit("download")


def outside_the_window(phone: Phone) -> int:
    """Returns how many ESP packets the phone threw away so far because they came too late behind
    later ones (RFC 4303, 3.4.3)."""
    counters = phone.run("cat /proc/net/xfrm_stat").split()
    return int(counters[counters.index("XfrmInStateSeqError") + 1])


def download_at_once(
    world: Machine, phones: Sequence[Phone], seconds: int = 12
) -> dict[str, float]:
    """Returns the goodput of each phone while all of them download, Mbit/s, by namespace.

    Raises:
        ExpectationFailed: one could not, they did not begin at once, or there is none.
    """
    if not phones:
        raise ExpectationFailed("there is no phone")
    ports = range(5201, 5201 + len(phones))
    for port in ports:
        serve_iperf(world, "site", port)
    options = f"--client {SITE} --reverse --time {seconds} --omit 2 --json {FINE}"
    # By one shell: a unit of its own for each takes so long beside the first ones' traffic that
    # those were over before the last had begun (16 s from the first to the fifth, slow host).
    at_once = " & ".join(
        phone.on_phone(f"timeout {seconds + 60} iperf3 {options} --port {port}")
        + f" > /run/{phone.namespace}.json"
        for phone, port in zip(phones, ports, strict=True)
    )
    world.succeed(f"{at_once} & wait", seconds + 90)
    told = {phone.namespace: world.read(f"/run/{phone.namespace}.json") for phone in phones}
    goodput = {name: round(iperf.goodput(report), 2) for name, report in told.items()}
    began = [iperf.began(report) for report in told.values()]
    if max(began) - min(began) > seconds / 2:
        raise ExpectationFailed(f"not at once: the downloads began at {sorted(began)}")
    return goodput
