"""HAProxy reads what it will run, and never dials itself."""

from __future__ import annotations

from tests.cloud_init.checkers.checking import Broken, CheckedBy, complains, no_complaint
from tests.cloud_init.guest_tree import Guest


def haproxy(guest: Guest) -> str:
    """Reads what it will run; its warnings count."""
    return guest.complaints("haproxy -c -f /etc/haproxy/haproxy.cfg")


def haproxy_loop(guest: Guest) -> str:
    """It never dials itself, as it would for whoever comes without nftables' help: the
    connection that the self-test makes stays the only one, and can be looked at."""
    return guest.complaints(
        """
        # A namespace may have no other users.
        sed -i '/ user haproxy\\| group haproxy/d' /etc/haproxy/haproxy.cfg
        haproxy -f /etc/haproxy/haproxy.cfg & trap "kill -9 $!" EXIT
        python3 - <<'END OF FILE'
import contextlib, re, socket, subprocess, sys, time
knock = None
for _ in range(100):
    with contextlib.suppress(ConnectionRefusedError):
        knock = socket.create_connection(("127.0.0.1", 3129))
        break
    time.sleep(0.02)
# Long enough for a thousand rounds.
time.sleep(0.3)
ss = "ss -H -t -n state established sport = :3129"
print(len(subprocess.run(ss.split(), capture_output=True, text=True).stdout.splitlines()))
sys.path.insert(0, "/usr/local/lib/lunch-gateway")
import speed
print(*sorted(set(re.findall("127.0.0.1:3129 |haproxy| wscale", speed.accepted_by_haproxy()))))
END OF FILE
        """,
        expected="1\n wscale 127.0.0.1:3129  haproxy",
    )


CHECKED_BY: CheckedBy = {
    "/etc/haproxy/haproxy.cfg": (haproxy, haproxy_loop),
}

BROKEN: list[Broken] = [
    (haproxy, "/etc/haproxy/haproxy.cfg", "mode tcp", "mode tpc"),
    (haproxy, "/etc/haproxy/haproxy.cfg", "timeout client 125m", ""),
    (haproxy_loop, "/etc/haproxy/haproxy.cfg", "tcp-request content reject", "# "),
]

test_checker_has_no_complaint = no_complaint(CHECKED_BY)
test_checker_complains_about_a_broken_file = complains(BROKEN)
