"""What the guest does when a phone goes, when xl2tpd ends, and every five minutes: its scripts, run
on the guest's release with stand-ins that say how they were called."""

from __future__ import annotations

import pytest

from tests.cloud_init.guest_tree import Guest
from tests.cloud_init.test_scripts import STAND_IN

SAYS = f"""
set -e
{STAND_IN}
for name in ss swanctl systemctl gateway-selftest gateway-identity; do
    stand_in $name "echo $name \\$*"
done
rm -f /dev/console
"""

KILLS = "ss --kill --tcp --numeric --no-header dst"

IKEV2_GOES = (
    "PLUTO_VERB=down-client PLUTO_REQID=7 PLUTO_PEER_CLIENT=10.2.2.160/32 gateway-phone-gone"
)
SAS = """
stand_in ip 'test "$*" = "xfrm state list reqid 7" && for call in $(seq %d); do
    echo "src 198.18.1.7 dst 10.1.0.4"; echo "    proto esp"
    echo "src 10.1.0.4 dst 198.18.1.7"; echo "    proto esp"
done'
"""
"""So many calls with one address, as iproute2 shows their SAs."""


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("PPP_REMOTE=10.2.2.100 /etc/ppp/ip-down.d/lunch-gateway", [f"{KILLS} 10.2.2.100"]),
        (
            "PLUTO_VERB=down-client PLUTO_PEER_CLIENT=10.2.2.160/32 gateway-phone-gone",
            [f"{KILLS} 10.2.2.160"],
        ),
        ("PLUTO_VERB=up-client PLUTO_PEER_CLIENT=10.2.2.160/32 gateway-phone-gone", []),
        (f"{SAS % 1} {IKEV2_GOES}", [f"{KILLS} 10.2.2.160"]),
        (f"{SAS % 2} {IKEV2_GOES}", []),
    ],
    ids=["l2tp", "ikev2", "ikev2-comes", "ikev2-that-was-alone", "ikev2-that-dialled-again"],
)
def test_who_has_gone_holds_no_connection(event: str, said: list[str], guest: Guest) -> None:
    # What ss itself prints goes nowhere.
    done = guest.run(f"{SAYS} stand_in ss 'echo ss $* >&2'\n{event}")
    assert (done.returncode, done.stdout.splitlines()) == (0, said)


@pytest.mark.parametrize(
    ("result", "words"), [("signal", "xl2tpd ended (signal)"), ("success", "")], ids=str
)
def test_phones_hear_that_xl2tpd_has_ended(result: str, words: str, guest: Guest) -> None:
    done = guest.run(
        f"{SAYS} stand_in swanctl 'echo swanctl $* >/tmp/asked'\n"
        f": >/dev/console\nSERVICE_RESULT={result} gateway-l2tp-ended\ncat /tmp/asked /dev/console"
    )
    asked, *console = done.stdout.splitlines()
    assert asked == "swanctl --terminate --ike l2tp"
    assert [words in line for line in console] == ([True] if words else [])


def test_phones_hear_of_it_also_where_the_console_does_not(guest: Guest) -> None:
    script = "mkdir /dev/console; SERVICE_RESULT=signal gateway-l2tp-ended 2>/dev/null || true"
    done = guest.run(f"{SAYS} stand_in swanctl 'echo asked >/tmp/asked'\n{script}\ncat /tmp/asked")
    assert done.stdout == "asked\n"


TESTS = "gateway-selftest --gate --changes --save /run/lunch-gateway/selftest.json"


@pytest.mark.parametrize(
    ("situation", "said"),
    [
        ("true", [TESTS]),
        ("stand_in systemctl 'exit 3'", []),
        (
            "stand_in gateway-identity 'echo it does not fit'",
            [
                "gateway-mend: it does not fit; restarting strongswan",
                "systemctl restart strongswan.service",
                TESTS,
            ],
        ),
        (
            f"stand_in gateway-selftest 'echo {TESTS}; exit 1'",
            [
                TESTS,
                "gateway-watch: not fit any more",
                "systemctl restart --no-block gateway-ready.service",
            ],
        ),
    ],
    ids=["fit", "gateway-ready-still-tries", "other-address", "unfit"],
)
def test_the_watch(situation: str, said: list[str], guest: Guest) -> None:
    done = guest.run(
        f"{SAYS} stand_in gateway-identity :\n{situation}\nset +e; gateway-watch"
    ).stdout.splitlines()
    asked = "systemctl is-active --quiet gateway-ready.service"
    assert [line for line in done if line != asked] == said
