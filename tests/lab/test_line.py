"""What happens to packets, as far as the commands tell."""

from __future__ import annotations

import contextlib
import re

import pytest

from bench.lines import DAY, LINES
from lab.world import line as module
from lab.world.line import Line
from tests.lab.live import ROOT
from tests.lab.machines import Pretender

UP = ROOT / "lab/world/files/up"

LINES_AND_MORE = {
    **LINES,
    **{f"day-{hour}": line for hour, line in DAY.items()},
    "jitter": Line(rate=10, delay=25, jitter=5, loss=1),
    "bursty": Line(rate=10, delay=25, loss=3, in_a_row=4),
    "overtaking": Line(rate=10, delay=25, loss=1, reorder=0.5),
    "uphill": Line(rate=10, delay=25, uplink=1, uplink_loss=3),
    "varying": Line(rate=8, delay=25, varies=60),
    "slowest": Line(rate=0.05, delay=0, queue=1, uplink=0.05, tcp_rate=0.05),
}
# Where packets pass on their way down, in this order.
LOSS, LIMITER = ("internet", "carrier"), ("carrier", "phone")


def imposed(line: Line, gateway_at: str | None = "far", seed: int = 1) -> list[str]:
    world = Pretender()
    module.impose(world, line, gateway_at, seed)
    return [part.strip() for command in world.commands for part in command.split("&&")]


def on(commands: list[str], place: tuple[str, str]) -> list[str]:
    """What is set up at this end of a cable."""
    host, device = place
    start = rf"ip netns exec {host} tc (qdisc|class|filter) (replace|add) dev {device} "
    return [command for command in commands if re.match(start, command)]


@pytest.mark.parametrize("name", LINES_AND_MORE)
def test_no_qdisc_both_delays_and_limits(name: str) -> None:
    for command in imposed(LINES_AND_MORE[name]):
        assert not (re.search(r"\bdelay\b", command) and re.search(r"\brate\b", command))
        if "netem" in command:
            assert re.search(r"\blimit 20000$", command)


@pytest.mark.parametrize("name", LINES_AND_MORE)
def test_the_loss_comes_before_the_limiter(name: str) -> None:
    line = LINES_AND_MORE[name]
    commands = imposed(line, seed=7)
    (loss,) = on(commands, LOSS)
    late = f"delay {line.delay}ms {line.jitter}ms"
    late += f" reorder {line.reorder}%" if line.reorder else ""
    if line.in_a_row == 1:
        assert f" {late} loss {line.loss}% seed 7 " in loss
    downwards = [each for each in commands if "loss" in each and each not in upwards(commands)]
    assert downwards == [loss]
    limiter = " ".join(on(commands, LIMITER))
    assert f"rate {line.rate}mbit" in limiter
    assert "netem" not in limiter


def upwards(commands: list[str]) -> list[str]:
    """What delays what comes from the uplink."""
    return [on(commands, ("internet", device))[0] for device in ("web", "azure")]


@pytest.mark.parametrize(("loss", "in_a_row"), [(1, 4), (3, 4), (50, 2), (0.3, 10)])
def test_losses_in_a_row_have_the_line_s_mean(loss: float, in_a_row: float) -> None:
    (command,) = on(imposed(Line(rate=10, delay=25, loss=loss, in_a_row=in_a_row)), LOSS)
    found = re.search(r" loss gemodel ([\d.]+)% ([\d.]+)% seed 1 ", command)
    assert found
    into, out_of = (float(each) / 100 for each in found.groups())
    assert 1 / out_of == pytest.approx(in_a_row), "packets until it is good again"
    assert into / (into + out_of) == pytest.approx(loss / 100, rel=1e-3), "of all that time bad"


def test_the_uplink_loses_where_its_delay_is() -> None:
    line = Line(rate=10, delay=25, uplink=1, uplink_loss=3)
    for command, far in zip(upwards(imposed(line, seed=7)), (5, 55), strict=True):
        assert f"netem delay {25 + far}ms loss 3% seed 7 limit" in command
    for command in upwards(imposed(Line(rate=10, delay=25, loss=3))):
        assert "loss" not in command


def test_a_rate_that_varies_has_the_line_s_mean() -> None:
    line = Line(rate=8, delay=25, queue=60, varies=50)
    commands = [imposed(line, seed=seed)[-1] for seed in (1, 1, 2)]
    assert commands[0] == commands[1] != commands[2], "the same for the same seed"
    found = re.search(r"--unit=line-varies .*for rate in ([^;]+); do (.*); sleep 1;", commands[0])
    assert found
    rates = [float(each.removesuffix("mbit")) for each in found[1].split()]
    assert min(rates) < 5
    assert max(rates) > 11
    for above, below in zip(rates[::2], rates[1::2], strict=True):
        assert above + below == pytest.approx(16, abs=0.01), "of any two seconds"
    change = "ip netns exec carrier tc qdisc change dev phone root tbf rate $rate"
    assert re.fullmatch(re.escape(change) + r" burst \d+ latency 60ms", found[2])


@pytest.mark.parametrize("name", LINES_AND_MORE)
def test_what_limits(name: str) -> None:
    line = LINES_AND_MORE[name]
    commands = on(imposed(line), LIMITER)
    if line.burst is not None:
        assert len(commands) == 2
        assert commands[0].endswith("clsact")
        assert f"police rate {line.rate}mbit burst {line.burst * 1000:.0f} " in commands[1]
        assert commands[1].endswith("conform-exceed drop")
        assert "egress" in commands[1]
    elif line.tcp_rate is not None:
        words = "\n".join(commands)
        assert re.findall(r"classid 1:(\d+) htb rate ([\d.]+)mbit", words) == [
            ("10", str(line.tcp_rate)),
            ("20", str(line.rate)),
        ]
        assert "htb default 20" in words
        assert words.endswith("match ip protocol 6 0xff flowid 1:10")
        assert min(map(int, re.findall(r"bfifo limit (\d+)", words))) >= 2 * 1514
    else:
        (command,) = commands
        assert f"tbf rate {line.rate}mbit burst" in command
        assert command.endswith(f"latency {line.queue}ms")


def test_a_limiters_burst_holds_packets_but_gives_no_credit() -> None:
    for line in LINES_AND_MORE.values():
        for command in imposed(line):
            if found := re.search(r"(tbf|htb) rate ([\d.]+)mbit burst (\d+)", command):
                allowed = max(3 * 1514, float(found[2]) * 1e6 / 8 * 0.004)
                assert 3 * 1514 <= int(found[3]) <= round(allowed)


@pytest.mark.parametrize("name", LINES_AND_MORE)
def test_whatever_limited_before_goes_first(name: str) -> None:
    """The kinds can't replace each other."""
    commands = imposed(LINES_AND_MORE[name])
    first = commands.index(on(commands, LIMITER)[0])
    stopped = "{ systemctl stop line-varies 2>/dev/null; true; }"
    assert stopped in commands[:first]
    for place in ("clsact", "root"):
        wiped = f"{{ ip netns exec carrier tc qdisc delete dev phone {place} 2>/dev/null; true; }}"
        assert wiped in commands[:first]


def test_the_uplink() -> None:
    commands = imposed(Line(rate=10, delay=25, queue=80, uplink=4))
    (up,) = on(commands, ("carrier", "internet"))
    assert re.search(r"tbf rate 4mbit burst \d+ latency 80ms$", up)


@pytest.mark.parametrize(
    ("gateway_at", "far", "site"), [("near", 5, 5), ("far", 55, 5), (None, 0, 0)]
)
def test_how_far_everything_is(gateway_at: str | None, far: int, site: int) -> None:
    """Down: site, (gateway,) operator, line. Up: the line's delay is on the hops after it."""
    commands = imposed(Line(rate=10, delay=25), gateway_at)

    def delay(*place: str) -> float:
        (command,) = on(commands, (place[0], place[1]))
        found = re.search(r"netem delay (\d+)ms", command)
        assert found
        return float(found[1])

    line = delay(*LOSS)
    assert line == 25
    # Direct: the line and the site, both ways.
    assert line + delay("web", "internet") == delay("internet", "web") == 25 + site
    # Through the gateway: the way to it, and from there to the site.
    assert line + delay("azure", "internet") == delay("internet", "azure") == 25 + far
    assert delay("azure", "site") == delay("site", "azure") == site


def test_one_packet_is_one_packet_on_every_cable() -> None:
    commands = imposed(Line(rate=10, delay=25))
    for host, device in module._CABLES:
        assert f"ip netns exec {host} ethtool -K {device} tso off gso off gro off" in commands
    ends = set(module._CABLES)
    assert {(device, host) for host, device in ends} == ends, "both ends of each cable"
    shaped = {
        (found[1], found[2])
        for command in commands
        if (found := re.match(r"ip netns exec (\S+) tc \w+ (?:replace|add) dev (\S+)", command))
    }
    assert shaped <= ends


def test_the_same_losses_again() -> None:
    world = Pretender()
    line = Line(rate=10, delay=25, loss=1)
    module.reseed(world, line, "far", 9)
    assert world.commands == on(imposed(line, seed=9), LOSS)


def test_the_same_losses_of_the_uplink_and_the_same_rates_again() -> None:
    world = Pretender()
    line = Line(rate=10, delay=25, loss=1, uplink_loss=1, varies=50)
    module.reseed(world, line, "near", 9)
    commands = imposed(line, "near", 9)
    losses, stop, start = world.commands
    assert losses.split(" && ") == [*on(commands, LOSS), *upwards(commands)]
    assert stop == "systemctl stop line-varies"
    assert start.endswith(commands[-1])


def test_release_takes_all_of_it_away() -> None:
    world = Pretender()
    module.release(world)
    (command,) = world.commands
    parts = [part.strip() for part in command.split(";")]
    for host, device in module._CABLES:
        assert f"ip netns exec {host} tc qdisc delete dev {device} root 2>/dev/null" in parts
    assert "ip netns exec carrier tc qdisc delete dev phone clsact 2>/dev/null" in parts
    assert "systemctl stop line-varies 2>/dev/null" in parts
    assert parts[-1] == "true", "what is not there can't be deleted"


def test_a_narrow_path_is_wide_again_whatever_happened_on_it() -> None:
    world = Pretender()
    with contextlib.suppress(ZeroDivisionError), module.narrow(world, 1300):
        (made,) = world.commands
        assert made.count("mtu 1300") == 2, "both ways"
        assert "icmp type destination-unreachable drop" in made, "and without a word"
        raise ZeroDivisionError
    undone = "; ".join(world.commands[1:])
    for what in ("ip rule delete from", "ip route delete", "nft destroy table ip narrow"):
        assert what in undone


def test_a_nat_that_forgot_is_as_it_was_and_translates_ping_meanwhile() -> None:
    """What came after it had no ping: the rule that was put back was for TCP and UDP alone."""
    usual = re.search(r"^ +(oifname \"internet\" masquerade)$", UP.read_text("utf-8"), re.M)
    assert usual
    world = Pretender()
    with module.other_ports(world):
        (changed,) = world.commands
    added = [re.findall(r"postrouting (oifname [^;']+)", each) for each in world.commands]
    assert added[0] == [
        'oifname "internet" meta l4proto { tcp, udp } masquerade to :40000-49999',
        usual[1],
    ]
    assert added[1] == [usual[1]]
    assert all("conntrack -F" in each for each in [changed, world.commands[-1]])
