"""Debian's xl2tpd as the gateway runs it, against what phones and strangers send it. Without
IPsec, in a network of its own."""

from __future__ import annotations

import re
from pathlib import Path

from tests.cloud_init.guest_tree import Guest

ROOT = Path(__file__).parents[2]
REPORT = ROOT / "docs" / "upstream" / "xl2tpd-null-dereferences.md"

START = """
daemons=
trap 'kill $daemons 2>/dev/null' EXIT # nothing else ends them: the namespace has no end of its own
start() { # NAME, COMMAND…: an xl2tpd with a log and a control pipe of this name
    name=$1; shift
    "$@" xl2tpd -D -c /run/$name.conf -p /run/xl2tpd/$name.pid -C /run/$name.control \\
        >/run/$name.log 2>&1 &
    daemons="$daemons $!"
    until test -p /run/$name.control; do sleep 0.05; done
}
mkdir /run/xl2tpd
cp /etc/xl2tpd/xl2tpd.conf /run/gateway.conf
"""
DIAL = """
dial() { # NAME, PORT, NUMBER
    cat >/run/$1.conf <<END
[global]
port = $2
[lac gateway]
lns = 127.0.0.1
pppoptfile = /dev/null
END
    start $1 unshare --mount sh /run/random-is $3
    xl2tpd-control -c /run/$1.control connect-lac gateway
}
said() { # NAME, WORDS: wait until it has said them
    for _ in $(seq 100); do grep -q "$2" /run/$1.log && return; sleep 0.1; done
    echo "$1 did not say $2:"; cat /run/$1.log; exit 1
}
"""


def of_the_world(program: str) -> str:
    """Puts one of the lab's programs on the guest, in /run. For the start of a command."""
    text = (ROOT / "lab" / "phones" / "commands" / program).read_text(encoding="utf-8")
    return f"cat >/run/{program} <<'OF THE WORLD'\n{text}OF THE WORLD\n"


def test_phones_of_the_lab_count_their_tunnels_as_real_ones_do(guest: Guest) -> None:
    """And then xl2tpd takes two of them behind one address for one."""
    done = guest.run(
        f"""
        {of_the_world("random-is")}{START}{DIAL}
        start gateway env
        dial first 50321 258
        said gateway "Call established .* Remote: 258,"
        said first "Call established .* Local: 258,"
        dial second 50322 258
        said gateway "Peer requested tunnel 258 twice, ignoring second one"
        dial third 50323 1
        said gateway "Call established .* Remote: 1,"
        cat /run/gateway.log
        """
    )
    assert done.returncode == 0, done.stdout
    numbers = re.findall(r"Connection established .* Local: (\d+), Remote: (\d+) ", done.stdout)
    assert [theirs for _, theirs in numbers] == ["258", "1"]
    assert not {ours for ours, _ in numbers} & {"258", "1"}, "only the phones' was to be changed"


def test_the_messages_of_the_report_end_xl2tpd(guest: Guest) -> None:
    """As long as Debian's has the fault: without it the lab proves nothing by them."""
    text = REPORT.read_text(encoding="utf-8")
    reported = dict(re.findall(r"^- `([a-z-]+)`: .*:\n  `([0-9a-f]+)`", text, re.M))
    assert len(reported) == 8
    done = guest.run(
        f"""
        {of_the_world("l2tp-crash")}{START}
        for message in {" ".join(reported)}; do
            start gateway env; daemon=$!
            python3 /run/l2tp-crash 127.0.0.1 40001 $message
            timeout 2 tail --pid=$daemon -f /dev/null || kill $daemon
            wait $daemon; echo "status $?"; daemons=
            rm /run/gateway.control
        done
        """
    )
    sent = re.findall(r"^(\S+): \d+ bytes to 127.0.0.1:1701: (\S+)$", done.stdout, re.M)
    assert sent == [*reported.items()], done.stdout
    assert re.findall(r"^status (\d+)$", done.stdout, re.M) == ["139"] * len(reported)


def test_a_wrong_call_of_the_program_is_answered_with_its_usage(guest: Guest) -> None:
    done = guest.run(
        of_the_world("l2tp-crash") + "for words in 'none icrq' '1701 no-name' 1701; do"
        " python3 /run/l2tp-crash 127.0.0.1 $words; done"
    )
    names = re.findall(r"^- `([a-z-]+)`: ", REPORT.read_text(encoding="utf-8"), re.M)
    assert len(names) == 8
    usage = f"usage: l2tp-crash HOST SOURCE_PORT {'|'.join(names)}\n"
    assert done.stdout == usage * 3
