"""nftables loads the rules."""

from __future__ import annotations

from tests.cloud_init.checkers.checking import Broken, CheckedBy, complains, no_complaint
from tests.cloud_init.guest_tree import Guest


def nft(guest: Guest) -> str:
    """Loaded for real, into a network namespace of its own."""
    return guest.complaints("nft -c -f /etc/nftables.conf && nft -f /etc/nftables.conf")


CHECKED_BY: CheckedBy = {
    "/etc/lunch-gateway/quic.nft": (nft,),
    "/etc/lunch-gateway/settings.nft": (nft,),
    "/etc/lunch-gateway/l2tp.nft": (nft,),
    "/etc/lunch-gateway/split.nft": (nft,),
    "/etc/nftables.conf": (nft,),
}

BROKEN: list[Broken] = [
    (nft, "/etc/lunch-gateway/settings.nft", "define tunnel_mss", "define tunnel_mms"),
    (nft, "/etc/nftables.conf", "priority filter; pol", "priority filter pol"),
    (nft, "/etc/nftables.conf", "meta ipsec exists", "meta ipsec exist"),
    (nft, "/etc/nftables.conf", "goto from_phone_to_us", "goto from_phone_to_me"),
    (nft, "/etc/lunch-gateway/l2tp.nft", "jhash ip saddr", "ip saddr"),
    (nft, "/etc/lunch-gateway/split.nft", "tproxy ip to", "tproxy to"),
    (nft, "/etc/lunch-gateway/quic.nft", "icmpx port-unreachable", "icmpx port-unreachabel"),
]

test_checker_has_no_complaint = no_complaint(CHECKED_BY)
test_checker_complains_about_a_broken_file = complains(BROKEN)
