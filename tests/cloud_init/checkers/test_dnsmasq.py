"""The phones' resolver and what asks upstreams for it, started as their units do, and asked."""

from __future__ import annotations

import re

from tests.cloud_init.checkers.checking import UNITS, Broken, CheckedBy, complains, no_complaint
from tests.cloud_init.guest_tree import Guest

RESOLVER = "/etc/lunch-gateway/dnsmasq.conf"
UPSTREAMS = "/etc/unbound/lunch-gateway.conf"

ASK_RESOLVER = """
import contextlib, socket, struct, sys, threading, time
TYPES = {"A": 1, "TXT": 16, "AAAA": 28, "SVCB": 64, "HTTPS": 65}

def question(name, kind):
    labels = "".join(chr(len(label)) + label for label in name.split(".")).encode()
    return struct.pack("!6H", 7, 0x100, 1, 0, 0, 0) + labels + struct.pack("!BHH", 0, kind, 1)

def upstream(server):
    # Has an answer for everybody, with four bytes in it.
    while True:
        asked, client = server.recvfrom(512)
        (kind,) = struct.unpack("!H", asked[asked.index(0, 12) + 1:][:2])
        data = {28: bytes(16), 16: bytes([3]) + b"abc", 1: bytes(4)}.get(kind, bytes(3))
        record = struct.pack("!HHHIH", 0xC00C, kind, 1, 60, len(data)) + data
        end = asked.index(0, 12) + 5
        header = asked[:2] + struct.pack("!5H", 0x8180, 1, 1, 0, 0)
        server.sendto(header + asked[12:end] + record, client)

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("8.8.8.8", 53))
threading.Thread(target=upstream, args=(server,), daemon=True).start()

def answers(name, kind):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.1)
        for _ in range(50):
            # Refused until it listens.
            with contextlib.suppress(OSError):
                client.sendto(question(name, TYPES[kind]), ("10.2.2.1", 53))
                answer = client.recv(512)
                found = struct.unpack("!H", answer[6:8])[0]
                return socket.inet_ntoa(answer[-4:]) if found and kind == "A" else found
            time.sleep(0.02)

for kind in TYPES:
    print(kind, answers("www.example.org", kind))
print("own", answers("resolver.lunch-gateway.internal", "A"))
print("plain", answers("printer", "A"))
sys.path.insert(0, "/usr/local/lib/lunch-gateway")
import names
print(names.resolver())
print(names.names())
"""


def dnsmasq(guest: Guest) -> str:
    """Their own checks; then as their units start them, with the interface it listens on standing
    in for a dummy, a phone that is there already, and somebody to ask. Who may ask, the
    packet tests see; what becomes of names while upstreams fail, test_names.py."""
    unit = guest.text(f"{UNITS}/gateway-resolver.service")
    (start,) = re.findall(r"^ExecStart=(.*)$", unit, re.M)
    other = guest.text(f"{UNITS}/unbound.service")
    (start_other,) = re.findall(r"^ExecStart=(.*)$", other, re.M)
    before = "\n".join(re.findall(r"^ExecStartPre=[+](.*)$", unit, re.M)).replace("$$", "$")
    return guest.complaints(
        f"""
        set -e
        dnsmasq --test --conf-file={RESOLVER}
        unbound-checkconf {UPSTREAMS}
        nft -f /etc/nftables.conf
        ip link add phones type veth peer name unused
        ip link add ppp0 type veth peer name phone
        ip addr add 10.2.2.1 peer 10.2.2.100/32 dev ppp0
        ip link set ppp0 up
        ip addr add 8.8.8.8/32 dev lo
        {before}
        {before}
        ip -brief -4 addr show dev phones | grep -o 10.2.2.1/32
        {start_other} 2>/tmp/others & others=$!
        {start} 2>/tmp/log & trap "kill -9 $! $others" EXIT
        python3 - <<'END OF FILE'
{ASK_RESOLVER}
END OF FILE
        ss -H -l -t -u -n -p | awk '/dnsmasq|unbound/ {{ print $1, $5 }}' | sort
        grep 'using nameserver' /tmp/log | sed 's/.*using/using/'
        """,
        expected="dnsmasq: syntax check OK.\n"
        f"unbound-checkconf: no errors in {UPSTREAMS}\n"
        "10.2.2.1/32\n"
        "A 0.0.0.0\nTXT 1\nAAAA 0\nSVCB 0\nHTTPS 0\nown 10.2.2.1\nplain 0\n"
        "dnsmasq answers on 10.2.2.1 only\nphones get answers\n"
        "tcp 10.2.2.1:53\ntcp 127.0.0.1:5335\nudp 10.2.2.1:53\nudp 127.0.0.1:5335\n"
        "using nameserver 127.0.0.1#5335",
    )


CHECKED_BY: CheckedBy = {
    "/etc/lunch-gateway/dnsmasq.conf": (dnsmasq,),
    UPSTREAMS: (dnsmasq,),
    f"{UNITS}/gateway-resolver.service": (dnsmasq,),
    f"{UNITS}/unbound.service": (dnsmasq,),
}

BROKEN: list[Broken] = [
    (dnsmasq, RESOLVER, "cache-size", "cash-size"),
    (dnsmasq, RESOLVER, "filter-rr=HTTPS", "filter-rr=HTTPX"),
    (dnsmasq, RESOLVER, "filter-rr=HTTPS,SVCB", ""),
    (dnsmasq, RESOLVER, "filter-AAAA", ""),
    (dnsmasq, RESOLVER, "bind-interfaces", ""),
    (dnsmasq, RESOLVER, "listen-address=10.2.2.1", "listen-address=10.2.2.1,127.0.0.1"),
    (dnsmasq, RESOLVER, "domain-needed", ""),
    (dnsmasq, RESOLVER, "no-resolv", ""),
    (dnsmasq, RESOLVER, "host-record=", "#"),
    (dnsmasq, UPSTREAMS, "forward-addr: 8.8.8.8", "forward-adr: 8.8.8.8"),
    (dnsmasq, UPSTREAMS, "interface: 127.0.0.1@", "interface: 0.0.0.0@"),
    (dnsmasq, f"{UNITS}/unbound.service", "-c /etc", "-c /var"),
    (dnsmasq, f"{UNITS}/gateway-resolver.service", "address replace", "address add"),
]

test_checker_has_no_complaint = no_complaint(CHECKED_BY)
test_checker_complains_about_a_broken_file = complains(BROKEN)
