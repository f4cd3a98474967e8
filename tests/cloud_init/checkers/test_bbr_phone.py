"""BBR towards phones, built as on the guest."""

from __future__ import annotations

from tests.cloud_init.checkers.checking import SBIN, Broken, CheckedBy, complains, no_complaint
from tests.cloud_init.guest_tree import Guest

BBR_PHONE = "/usr/local/lib/lunch-gateway/bbr-phone.c"
BUILD = f"{SBIN}/gateway-bbr-phone-build"


def bbr_phone(guest: Guest) -> str:
    """Built as on the guest, without a warning; whether a kernel takes it, the lab's self-test
    sees. What it asks of a kernel by name is told by the object."""
    return guest.complaints(
        f"""
        set -e
        sed -i 's/bpf-gcc/& -Wall -Wextra -Werror/' {BUILD}
        gateway-bbr-phone-build
        bpftool -j btf dump file /var/cache/bbr-phone/bbr-phone.o | python3 -c '
import json, sys
types = json.load(sys.stdin)["types"]
print(*sorted(t["name"] for t in types if t["kind"] == "FUNC" and t["linkage"] == "extern"))
(model,) = (t for t in types if t["name"] == "bbr" and t["kind"] == "STRUCT")
print(*(member["name"] for member in model["members"]))
'
        """,
        expected="bbr_cwnd_event_tx_start bbr_init bbr_main bbr_min_tso_segs bbr_set_state"
        " bbr_sndbuf_expand bbr_ssthresh bbr_undo_cwnd\n"
        "min_rtt_us min_rtt_stamp bw cycle_mstamp mode lt_is_sampling lt_last_delivered"
        " lt_last_lost full_bw_reached full_bw_cnt cycle_idx full_bw",
    )


CHECKED_BY: CheckedBy = {
    BUILD: (bbr_phone,),
    BBR_PHONE: (bbr_phone,),
}

BROKEN: list[Broken] = [
    (bbr_phone, BBR_PHONE, "bbr->full_bw = bw", "bbr->full_bv = bw"),
    (bbr_phone, BBR_PHONE, "void bbr_main", "void bbr_mein"),
    (bbr_phone, BBR_PHONE, "u64 cycle_mstamp", "u64 cycle_stamp"),
    (bbr_phone, BUILD, "-mco-re", "-mcore"),
]

test_checker_has_no_complaint = no_complaint(CHECKED_BY)
test_checker_complains_about_a_broken_file = complains(BROKEN)
