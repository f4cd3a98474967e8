"""pppd's options and secrets."""

from __future__ import annotations

from tests.cloud_init.checkers.checking import Broken, CheckedBy, complains, no_complaint
from tests.cloud_init.guest_tree import Guest

PPP_OPTIONS = "/etc/ppp/options.xl2tpd"


def pppd(guest: Guest) -> str:
    """Parses its options, and finds a secret with which each user could prove himself."""
    return guest.complaints(
        "set -e\n"
        + "".join(
            f"pppd name lunch-gateway remotename {user} file {PPP_OPTIONS} notty dryrun\n"
            for user in ("alice", "bob")
        )
    )


def pppd_effect(guest: Guest) -> str:
    """The options in effect, of those that must be right for every phone."""
    return guest.complaints(
        f"pppd name lunch-gateway file {PPP_OPTIONS} notty logfd 2 dump dryrun 2>&1"
        " | sed -nE 's/^((mtu|mru|ms-dns|refuse-pap|require-mschap-v2|noccp|idle)[^\t]*).*/\\1/p'"
        " | sort",
        expected="idle 1800\nmru 1280\nms-dns 10.2.2.1\nmtu 1280\nnoccp\n"
        "refuse-pap\nrequire-mschap-v2",
    )


CHECKED_BY: CheckedBy = {
    "/etc/ppp/chap-secrets": (pppd,),
    PPP_OPTIONS: (pppd, pppd_effect),
}

BROKEN: list[Broken] = [
    (pppd, "/etc/ppp/chap-secrets", '"alice" lunch-gateway', '"alice" lunch-gatewy'),
    (pppd, "/etc/ppp/chap-secrets", '"alice" lunch-gateway "', '"alice" lunch-gateway '),
    (pppd, PPP_OPTIONS, "lcp-echo-interval", "lcp-ecco-interval"),
    (pppd, PPP_OPTIONS, "idle 1800", "idle long"),
    (pppd_effect, PPP_OPTIONS, "refuse-pap", "#refuse-pap"),
]

test_checker_has_no_complaint = no_complaint(CHECKED_BY)
test_checker_complains_about_a_broken_file = complains(BROKEN)
