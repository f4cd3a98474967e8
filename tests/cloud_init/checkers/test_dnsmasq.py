"""The phones' resolver, started as its unit does, and asked."""

from __future__ import annotations

import re

from tests.cloud_init.checkers.checking import UNITS, Broken, CheckedBy, complains, no_complaint
from tests.cloud_init.guest_tree import Guest

RESOLVER = "/etc/lunch-gateway/dnsmasq.conf"

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
import tunnel
print(tunnel.resolver())
"""


def dnsmasq(guest: Guest) -> str:
    """Its own check; then as its unit starts it, with the interface it listens on standing
    in for a dummy, a phone that is there already, and somebody to ask. Who may ask, the
    packet tests see."""
    unit = guest.text(f"{UNITS}/gateway-resolver.service")
    (start,) = re.findall(r"^ExecStart=(.*)$", unit, re.M)
    before = "\n".join(re.findall(r"^ExecStartPre=[+](.*)$", unit, re.M)).replace("$$", "$")
    return guest.complaints(
        f"""
        set -e
        dnsmasq --test --conf-file=/etc/lunch-gateway/dnsmasq.conf
        nft -f /etc/nftables.conf
        ip link add phones type veth peer name unused
        ip link add ppp0 type veth peer name phone
        ip addr add 10.2.2.1 peer 10.2.2.100/32 dev ppp0
        ip link set ppp0 up
        ip addr add 8.8.8.8/32 dev lo
        {before}
        {before}
        ip -brief -4 addr show dev phones | grep -o 10.2.2.1/32
        {start} 2>/tmp/log & trap "kill -9 $!" EXIT
        python3 - <<'END OF FILE'
{ASK_RESOLVER}
END OF FILE
        ss -H -l -t -u -n -p | awk '/dnsmasq/ {{ print $1, $5 }}'
        grep 'using nameserver' /tmp/log | sed 's/.*using/using/'
        """,
        expected="dnsmasq: syntax check OK.\n10.2.2.1/32\n"
        "A 0.0.0.0\nTXT 1\nAAAA 0\nSVCB 0\nHTTPS 0\nown 10.2.2.1\nplain 0\n"
        "dnsmasq answers on 10.2.2.1 only\n"
        "udp 10.2.2.1:53\ntcp 10.2.2.1:53\n"
        "using nameserver 8.8.8.8#53\nusing nameserver 1.1.1.1#53",
    )


CHECKED_BY: CheckedBy = {
    "/etc/lunch-gateway/dnsmasq.conf": (dnsmasq,),
    f"{UNITS}/gateway-resolver.service": (dnsmasq,),
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
    (dnsmasq, f"{UNITS}/gateway-resolver.service", "address replace", "address add"),
]

test_checker_has_no_complaint = no_complaint(CHECKED_BY)
test_checker_complains_about_a_broken_file = complains(BROKEN)
