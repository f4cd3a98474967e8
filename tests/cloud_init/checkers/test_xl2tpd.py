"""xl2tpd, started as its unit does."""

from __future__ import annotations

import re

from tests.cloud_init.checkers.checking import (
    UNITS,
    Broken,
    CheckedBy,
    complains,
    no_complaint,
)
from tests.cloud_init.guest_tree import Guest

XL2TPD_SAYS = re.compile(
    r"Not looking for kernel SAref support|L2TP kernel support not detected.*"
    r"|Using l2tp kernel support|xl2tpd version .*|(Written|Forked|Inherited|Forked again) by .*"
    r"|Listening on IP address 0.0.0.0, port 1701|death_handler: Fatal signal 15 received"
)


def xl2tpd(guest: Guest) -> str:
    """It has no check mode: started as its unit does, until it listens or gives up."""
    start = re.search(r"^ExecStart=(.*)$", guest.text(f"{UNITS}/xl2tpd.service"), re.M)
    assert start
    done = guest.run(
        f"""
        mkdir /run/xl2tpd
        # The log is there before it is looked at: the shell behind `&` may begin later.
        : >/tmp/log
        timeout 20 {start[1]} >/tmp/log 2>&1 & pid=$!
        while kill -0 $pid 2>/dev/null && ! grep -q Listening /tmp/log; do sleep 0.02; done
        kill $pid 2>/dev/null
        wait
        sed "s/^xl2tpd[^ ]* //" /tmp/log
        """
    )
    lines = done.stdout.splitlines()
    bad = [line for line in lines if not XL2TPD_SAYS.fullmatch(line.rstrip("."))]
    if not any(line.startswith("Listening") for line in lines):
        bad.append("it does not listen")
    return "\n".join(bad)


CHECKED_BY: CheckedBy = {
    f"{UNITS}/xl2tpd.service": (xl2tpd,),
    "/etc/xl2tpd/xl2tpd.conf": (xl2tpd,),
}

BROKEN: list[Broken] = [
    (xl2tpd, f"{UNITS}/xl2tpd.service", "xl2tpd -D", "xl2tpd -D --foreground"),
    (xl2tpd, "/etc/xl2tpd/xl2tpd.conf", "length bit", "lenght bit"),  # codespell:ignore
    (xl2tpd, "/etc/xl2tpd/xl2tpd.conf", "max retries", "max retrys"),
    (xl2tpd, "/etc/xl2tpd/xl2tpd.conf", "ip range = 10", "ip range = x10"),
    (xl2tpd, "/etc/xl2tpd/xl2tpd.conf", "port = 1701", "port = 1702"),
]

test_checker_has_no_complaint = no_complaint(CHECKED_BY)
test_checker_complains_about_a_broken_file = complains(BROKEN)
