"""What is read from the tools' words; the words here are theirs, shortened."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from bench import plan
from bench.benchmark import measure as take
from bench.records import Value
from bench.ways import WAYS
from lab.machines.expectations import ExpectationFailed
from lab.phones import beside, https, iperf, page
from lab.phones.phone import Credentials, Phone
from lab.phones.transports import Transports
from lab.world import sites
from tests.lab.live import ROOT
from tests.lab.machines import Pretender

SS = """\
ESTAB 0 0 192.0.2.1:5201 10.2.2.2:40000
\t bbr wscale:7,7 rto:204 bytes_sent:3000000 bytes_retrans:60000 bytes_acked:2900000 segs_out:9
ESTAB 0 0 192.0.2.1:5201 10.2.2.2:40001
\t bbr wscale:7,7 rto:204 bytes_sent:1000000 bytes_acked:1000000 segs_out:9
"""
# user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice; hundredths.
STAT = "cpu  {user} 2 100 90000 800 3 50 7 0 0\n"


def interval(size: int, seconds: float, omitted: bool = False) -> dict[str, Any]:
    return {"streams": [], "sum": {"bytes": size, "seconds": seconds, "omitted": omitted}}


COUNTED = [
    interval(9_000_000, 1.0, omitted=True),
    interval(1_000_000, 1.0),
    interval(1_500_000, 1.5),
]
WRONG = [interval(77, 1.0)]


def pings(count: int, rtt: float = 60.0) -> str:
    lines = [
        f"64 bytes from 198.18.4.80: icmp_seq={number} ttl=62 time={rtt + number:.1f} ms"
        for number in range(1, count + 1)
    ]
    words = "PING 198.18.4.80 (198.18.4.80) 56(84) bytes of data.\n"
    return words + "\n".join(lines) + "\n\n--- 198.18.4.80 ping statistics ---\nrtt min/avg/max\n"


def seen(word: str, result: str, count: int = 40) -> str:
    """As the phone's shell prints it."""
    return f"{word}\n{result}\n\nPING\n{pings(count)}"


class Machines(NamedTuple):
    """What was told."""

    world: Pretender
    gateway: Pretender


def sample(
    output: str,
    way: str = "gateway-l2tp",
    sockets: str = SS,
    neighbours: tuple[int, str] = (0, ""),
    **how: Any,
) -> tuple[dict[str, Value], Machines]:
    world = Pretender(
        ("iperf3 --client 198.18.2.80 --port 5202", ""),
        ("ip netns exec phone", output),
        ("cat /run/bench-sample", sockets),
        ("cat /run/neighbours", neighbours[1]),
    )
    stats = iter([STAT.format(user=1000), STAT.format(user=1300)])

    class Gateway(Pretender):
        def succeed(self, command: str, timeout: float = 60, patience: float = 120) -> str:
            text = super().succeed(command, timeout, patience)
            return next(stats) if "/proc/stat" in command else text

    gateway = Gateway(("cat /run/bench-sample", sockets))
    phones = Transports(gateway, Phone(world, "192.0.2.1"), Credentials("key", "alice", "password"))
    # Whatever must be installed or dialled is no measurement.
    phones.opened |= {"direct", "l2tp", "wireguard", "shadowsocks"}
    (comparison,) = plan.product(["lossy-1"], ways=[way])
    comparison = replace(comparison, case=comparison.case._replace(**how), neighbours=neighbours[0])
    chosen = WAYS[way]
    reach = phones.take(chosen.transport, comparison.case.direction, chosen.split)
    return take(reach, chosen, comparison, 10), Machines(world, gateway)


def down(**others: Any) -> str:
    return json.dumps({"start": {}, "intervals": COUNTED, "end": {}, **others})


def up() -> str:
    return json.dumps({"intervals": WRONG, "server_output_json": {"intervals": COUNTED}})


@pytest.mark.parametrize(("direction", "report"), [("down", down()), ("up", up())])
def test_what_arrived_by_the_receivers_clock(direction: str, report: str) -> None:
    """2.5 MB in 2.5 s, and nothing of what was omitted."""
    taken, _ = sample(seen("IPERF", report), direction=direction)
    assert taken["goodput_mbps"] == 8.0
    assert taken["load_time_s"] is None
    # 3 s of 13 x 8 / 8 MB.
    assert taken["cpu_s_per_gb"] == pytest.approx(3 / (8e6 / 8 * 13 / 1e9), abs=0.1)


def test_a_load_that_got_nowhere_is_an_expectation() -> None:
    with pytest.raises(ExpectationFailed, match="iperf3: unable to connect"):
        sample(seen("IPERF", json.dumps({"end": {}, "error": "unable to connect"})))


def test_the_servers_figures_are_asked_for_only_upwards() -> None:
    assert "--get-server-output" in iperf.command("192.0.2.1", 1, "up", 10, 3)
    assert "--reverse" not in iperf.command("192.0.2.1", 1, "up", 10, 3)
    command = iperf.command("192.0.2.1", 6, "down", 10, 3)
    for part in ("--reverse", "--parallel 6", "--time 10", "--omit 3", "--json"):
        assert part in command


def test_iperf3_answers_in_json_only_if_its_server_speaks_it() -> None:
    world = Pretender()
    sites.serve(world)
    started = [command for command in world.commands if "iperf3 --server" in command]
    assert len(started) == 3
    assert all(re.search("iperf3 --server --json .*--port 520", each) for each in started)


def test_a_page() -> None:
    pages = "\n".join(f"{seconds}.0 2000000" for seconds in (4, 9, 3, 4, 4, 5, 2))
    taken, lab = sample(seen("PAGE", pages, 20), load="page", flows=6)
    assert (taken["load_time_s"], taken["goodput_mbps"]) == (4.0, 4.0), "the median page's"
    assert taken["cpu_s_per_gb"] == 214.3  # 3 s for 14 MB
    assert "retransmit_pct" not in taken
    assert taken["rtts_ms"] == [60.0 + number for number in range(1, 21)], (
        "a page counts from its first second"
    )
    assert "".join(lab.world.commands).count("/lab/load-page 198.18.4.80 8080 66") == 7


@pytest.mark.parametrize(
    ("way", "resolver"),
    [
        ("gateway-l2tp", "10.2.2.1"),
        ("direct", "198.18.2.80"),
        ("wireguard", "1.1.1.1"),
        ("shadowsocks", "198.18.2.80"),
    ],
)
def test_a_page_of_today(way: str, resolver: str) -> None:
    pages = "\n".join(f"{seconds}.0 2000000" for seconds in (4, 9, 3, 4, 4, 5, 2))
    taken, lab = sample(seen("PAGE", pages, 20), way, load="today", flows=17)
    assert (taken["load_time_s"], taken["goodput_mbps"]) == (4.0, 4.0)
    assert taken["page_times_s"] == [4.0, 9.0, 3.0, 4.0, 4.0, 5.0, 2.0]
    command = "".join(lab.world.commands)
    assert f"echo nameserver {resolver} > /etc/resolv.conf; RES_OPTIONS=" in command
    assert f"/lab/load-today {WAYS[way].transport}.page.test 7" in command


def test_a_browsers_download() -> None:
    """10 MB in 10 s, the handshake's time included, by QUIC since nobody refuses it."""
    taken, lab = sample(seen("HTTPS", "3 10000000 10.0"), "gateway-quic", load="https")
    assert (taken["goodput_mbps"], taken["load_time_s"]) == (8.0, None)
    assert taken["cpu_s_per_gb"] == 300.0  # 3 s for 10 MB
    command = "".join(lab.world.commands)
    for part in ("curl --http3 ", "--max-time 13", "https://198.18.4.80/large"):
        assert part in command


@pytest.mark.parametrize(
    ("way", "version"), [("gateway-quic", "1.1"), ("gateway-l2tp", "3"), ("shadowsocks", "3")]
)
def test_a_download_by_another_protocol_than_the_way_lets_through(way: str, version: str) -> None:
    with pytest.raises(ExpectationFailed, match=f"came by HTTP/{version}"):
        sample(seen("HTTPS", f"{version} 10000000 10.0"), way, load="https")


def test_what_ends_a_download_before_its_time_is_a_failure() -> None:
    """curl says 28 when time is up, and only that is what was asked for."""
    shell = https.command("host", 13).replace("curl", "sh -c 'exit $0'")
    for status, fails in ((28, False), (0, False), (7, True)):
        asked = ["sh", "-c", shell.replace("'exit $0'", f"'exit {status}'")]
        assert (subprocess.run(asked, check=False).returncode != 0) == fails


def test_pings_of_the_start_are_omitted() -> None:
    taken, _ = sample(seen("IPERF", down()))
    # Five a second; the 15th was sent when 3 s had not passed yet.
    assert taken["rtts_ms"] == [60.0 + number for number in range(16, 41)]


def test_pings_keep_their_order_and_may_be_missing() -> None:
    found = beside.round_trips(
        "x\n\nPING\nicmp_seq=9 ttl=1 time=70.5 ms\nicmp_seq=10 ttl=1 time=8 ms\n", 0
    )
    assert found == [70.5, 8.0], "in their order"
    assert beside.round_trips("no ping at all", 0) == []


@pytest.mark.parametrize(
    ("sockets", "again"),
    [
        (SS, 1.5),  # 60 kB of 4 MB
        (SS.replace("bytes_retrans:60000 ", ""), 0.0),
        ("", None),
        ("\t cubic bytes_sent:100000 bytes_retrans:50000\n", None),  # too few to say
    ],
)
def test_what_was_sent_again(sockets: str, again: float | None) -> None:
    taken, _ = sample(seen("IPERF", down()), sockets=sockets)
    assert taken["retransmit_pct"] == again


# As `ss -tin` of iproute2 has it, shortened: a flow, and iperf3's control connection.
BBR = """\
ESTAB 0 0 192.0.2.1:5201 10.2.2.2:40000
\t bbr wscale:7,7 rtt:171.2/3.1 bytes_sent:9000000 bytes_acked:8900000 segs_out:7000\
 bbr:(bw:8650000bps,mrtt:160.5,pacing_gain:1) delivery_rate 8432104bps busy:12000ms minrtt:160.486
ESTAB 0 0 192.0.2.1:5201 10.2.2.2:40001
\t cubic wscale:7,7 rtt:155/3 bytes_sent:420 delivery_rate 61088bps app_limited minrtt:151.2
"""


@pytest.mark.parametrize(
    ("sockets", "rate", "least"),
    [
        (BBR, 8.432, 160.486),
        (BBR + BBR.replace("160.486", "160.1"), 16.864, 160.1),
        (BBR.replace("bytes_sent:9000000", "bytes_sent:9000"), None, None),
        (SS, None, None),
        ("", None, None),
    ],
)
def test_what_the_sender_believes(sockets: str, rate: float | None, least: float | None) -> None:
    taken, _ = sample(seen("IPERF", down()), sockets=sockets)
    assert (taken["delivery_rate_mbps"], taken["minrtt_ms"]) == (rate, least)


@pytest.mark.parametrize(
    ("way", "direction", "who", "words"),
    [
        ("gateway-l2tp", "down", "gateway", "dst 10.2.2.0/24"),
        ("shadowsocks", "down", "gateway", "sport = :8388"),
        ("forward", "down", "world", 'exec site ss -tinH "sport = :5201"'),
        ("direct", "down", "world", 'exec web ss -tinH "sport = :5201"'),
        ("forward", "up", "world", 'exec phone ss -tinH "dport = :5201"'),
        ("shadowsocks", "up", "world", 'exec phone ss -tinH "dport = :8388"'),
    ],
)
def test_who_sends_into_the_line(way: str, direction: str, who: str, words: str) -> None:
    report = up() if direction == "up" else down()
    _, lab = sample(seen("IPERF", report), way=way, direction=direction)
    sampled = {
        name: [each for each in machine.commands if "bench-sample sh" in each]
        for name, machine in (("gateway", lab.gateway), ("world", lab.world))
    }
    (command,) = sampled.pop(who)
    assert words in command
    assert list(sampled.values()) == [[]]


def test_neighbours() -> None:
    streams = [{"receiver": {"bits_per_second": rate}} for rate in (2.5e6, 0.5e6)]
    report = json.dumps({"end": {"streams": streams}})
    taken, lab = sample(seen("IPERF", down()), neighbours=(2, report))
    assert taken["neighbours_mbps"] == [0.5, 2.5]
    assert "--parallel 2" in "".join(lab.world.commands)
    assert sample(seen("IPERF", down()))[0]["neighbours_mbps"] is None


def test_neighbours_that_failed_are_an_expectation() -> None:
    report = json.dumps({"end": {}, "error": "the server is busy"})
    with pytest.raises(ExpectationFailed, match="the server is busy"):
        sample(seen("IPERF", down()), neighbours=(2, report))


def test_busy_is_neither_idle_nor_waiting_nor_stolen() -> None:
    gateway = Pretender(("/proc/stat", STAT.format(user=1000)))
    assert beside.busy_seconds(gateway) == (1000 + 2 + 100 + 3 + 50) / 100


def test_the_page_is_the_median_home_page() -> None:
    assert len(sites.OBJECT_SIZES) == 66
    assert sites.OBJECT_SIZES[0] == 18_000, "the page itself comes first"
    assert sum(sites.OBJECT_SIZES) == pytest.approx(1.9e6, rel=0.05)
    assert min(sites.OBJECT_SIZES) >= 1000
    loader = (ROOT / "lab" / "phones" / "commands" / "load-page").read_text()
    assert f"CONNECTIONS = {page.CONNECTIONS} " in loader
    world = Pretender()
    sites.serve(world)
    assert f"for size in {' '.join(map(str, sites.OBJECT_SIZES))};" in world.commands[0]
