"""The kernel's settings, set and read back."""

from __future__ import annotations

import re

from tests.cloud_init.checkers.checking import Broken, CheckedBy, complains, no_complaint
from tests.cloud_init.guest_tree import WITH_ETH0, Guest

SYSCTLS = "/etc/sysctl.d/90-lunch-gateway.conf"


def sysctl(guest: Guest) -> str:
    """Parsed, and what can be set in a network namespace is set and read back."""
    wanted = dict(re.findall(r"^(net\.[^=\s]+) = (\S.*)$", guest.text(SYSCTLS), re.M))
    # The kernel has these once per machine, and ours may have neither BBR nor fq.
    whole_machine = {
        "net.ipv4.tcp_congestion_control": "bbr",
        "net.core.default_qdisc": "fq",
        "net.netfilter.nf_conntrack_max": "32768",
    }
    if not whole_machine.items() <= wanted.items():
        return f"{SYSCTLS} sets no {whole_machine}"
    paths = {
        key.replace(".", "/"): value for key, value in wanted.items() if key not in whole_machine
    }
    compare = "".join(
        f'for file in /proc/sys/{path}; do [ "$(xargs <$file)" = "{value}" ] || echo $file; done\n'
        for path, value in paths.items()
    )
    prefixes = " ".join(f"--prefix={path.partition('*')[0]}" for path in paths)
    return guest.complaints(
        f"""
        set -e
        {WITH_ETH0}
        /usr/lib/systemd/systemd-sysctl --strict --prefix=/none {SYSCTLS}
        /usr/lib/systemd/systemd-sysctl --strict {prefixes} {SYSCTLS}
        {compare}
        """
    )


CHECKED_BY: CheckedBy = {
    SYSCTLS: (sysctl,),
}

BROKEN: list[Broken] = [
    (sysctl, SYSCTLS, "net.ipv4.ip_forward = 1", "net.ipv4.ip_forward 1"),
    (sysctl, SYSCTLS, "net.ipv4.ip_forward = 1", "net.ipv4.ip_forwardd = 1"),
    (sysctl, SYSCTLS, "conf.all.rp_filter = 0", "conf.al.rp_filter = 0"),
    (sysctl, SYSCTLS, "default_qdisc", "default_qdisk"),
    (sysctl, SYSCTLS, "4096 131072 2097152", "4096 131072 2M"),
    (sysctl, SYSCTLS, "timeout_established", "timeout_establisht"),
    (sysctl, SYSCTLS, "nf_conntrack_max", "nf_conntrack_most"),
    (sysctl, SYSCTLS, "tcp_tso_rtt_log", "tcp_tso_rtt_lag"),
]

test_checker_has_no_complaint = no_complaint(CHECKED_BY)
test_checker_complains_about_a_broken_file = complains(BROKEN)
