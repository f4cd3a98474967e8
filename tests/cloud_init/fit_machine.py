"""A machine on which the self-test has nothing to say, to break one thing at a time."""

from __future__ import annotations

import json
import subprocess

from tests.cloud_init.guest_tree import WITH_ETH0, Guest

SYSCTLS = "/etc/sysctl.d/90-lunch-gateway.conf"
PROGRAM = "/usr/local/sbin/gateway-selftest"

# Firewall, sshd and files are the real ones; what needs a kernel of its own or running
# daemons is a stand-in that says what the real one says on a gateway that is fit.
FIT = f"""
set -e
{WITH_ETH0}
stand_in() {{ # name, what it prints
    printf '#!/bin/sh\\ncat <<END\\n%s\\nEND\\n' "$2" >/usr/local/sbin/$1
    chmod 755 /usr/local/sbin/$1
}}
printf '#!/bin/sh\ncat /tmp/qdisc-$5\n' >/usr/local/sbin/tc
chmod 755 /usr/local/sbin/tc
echo '[{{"kind": "mq"}}, {{"kind": "fq"}}]' >/tmp/qdisc-eth0
echo '[{{"kind": "fq"}}]' | tee /tmp/qdisc-ppp7 >/tmp/qdisc-ipsec1
stand_in modprobe 'options x y=1'
stand_in systemctl active
for name in ipsec1 phones; do
    ip link add $name type veth peer name other-$name
    ip link set other-$name up
    ip link set $name up
done
ip link set ipsec1 gso_max_size 8192
ip addr add 10.2.2.1/32 dev phones
ip route add 10.2.2.0/24 dev ipsec1
# No kernel here has bbr.phone: what `ip` would say of each interface's routes.
cat >/usr/local/sbin/ip <<'END'
#!/bin/sh
case "$*" in
    "-4 route show dev "*) cat /tmp/routes-$5 ;;
    # Nor has each of them IPsec.
    "xfrm policy show "*) cat /tmp/policies ;;
    "xfrm state add "*) ! grep -q -e "$(cat /tmp/unknown)" <<SA
$*
SA
    ;;
    *) exec /usr/sbin/ip "$@" ;;
esac
END
chmod 755 /usr/local/sbin/ip
echo "10.2.2.0/24 scope link congctl bbr.phone" >/tmp/routes-ipsec1
echo "src 0.0.0.0/0 dst 0.0.0.0/0 proto udp dport 1701" >/tmp/policies
echo nothing >/tmp/unknown
echo "00 AVAILABLE tunnel 0x5, id 1, ourtid 57877 has 2 calls and self 0x6" >/tmp/tunnels
stand_in apt-cache 'linux-image-amd64:
  Installed: 7.3.4-1
  Candidate: 7.3.4-1'
cat >/usr/local/sbin/journalctl <<'END'
#!/bin/sh
# As systemd's does: so many lines and no more, and 1 if there are none.
for word in "$@"; do
    case "$word" in
        --grep=*) pattern=${{word#--grep=}} ;;
        --lines=*) lines=${{word#--lines=}} ;;
    esac
done
grep -P -e "$pattern" /tmp/journal | tail -n "$lines" | grep .
END
chmod 755 /usr/local/sbin/journalctl
echo 'user alice is in' >/tmp/journal
: >/tmp/routes-ppp7
gateway-identity
sed -n 's/^    \\(ikev2-[^ ]*\\) : .*/\\1: IKEv2/p' /etc/swanctl/conf.d/*.conf >/tmp/--list-conns
echo "l2tp: IKEv1" >>/tmp/--list-conns
echo "phones 10.2.2.160 0 / 0 / 91" >/tmp/--list-pools
printf '#!/bin/sh\ncat /tmp/$1\n' >/usr/local/sbin/swanctl
chmod 755 /usr/local/sbin/swanctl
stand_in ss 'UNCONN 0 0 10.1.0.4:500 0.0.0.0:* users:(("charon-systemd",pid=1,fd=1))
UNCONN 0 0 10.1.0.4:4500 0.0.0.0:* users:(("charon-systemd",pid=1,fd=2))
UNCONN 0 0 0.0.0.0:1701 0.0.0.0:* users:(("xl2tpd",pid=2,fd=1))
UNCONN 0 0 10.2.2.1:53 0.0.0.0:* users:(("dnsmasq",pid=3,fd=4))
ESTAB 0 0 127.0.0.1:3129 127.0.0.1:9 users:(("haproxy",pid=4,fd=1)) bbr cwnd:10'
ip rule add fwmark 0x10000000 lookup 100
ip route add local default dev lo table 100
nft -f /etc/nftables.conf
for module in $(grep -hv '^#' /etc/modules-load.d/lunch-gateway*.conf); do
    mkdir -p /sys/module/$module
done
python3 -S - <<'END OF FILE'
import os
for line in open("{SYSCTLS}"):
    key, _, value = line.strip().partition(" = ")
    for interface in ("eth0", "lo"):
        path = "/tmp/sys/" + key.replace("*", interface).replace(".", "/")
        if value:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            # As the kernel writes several numbers.
            print(value.replace(" ", "\\t"), file=open(path, "w"))
END OF FILE
echo 7 >/tmp/sys/net/netfilter/nf_conntrack_count
echo reno cubic bbr bbr.phone >/tmp/sys/net/ipv4/tcp_available_congestion_control
mount --bind /tmp/sys /proc/sys
ip addr add 8.8.8.8/32 dev lo scope host
ip addr add 1.1.1.1/32 dev lo scope host
release=7.3.4+deb13-amd64
haproxy=up
answer=10.2.2.1
code=0
first=0
second=0
free=50
"""

# Some are talked to, and not only asked about: HAProxy takes connections, the resolver answers each
# question with an address and a code, the upstreams with a code (by UDP and by TCP, if they have
# two), and xl2tpd tells of its tunnels. The real ones are talked to elsewhere.
RUN = f"""
export release haproxy answer code first second free
python3 -c '
import os, runpy, socket, sys, threading, types
os.statvfs = lambda _: types.SimpleNamespace(f_blocks=100, f_bavail=int(os.environ["free"]))
os.uname = lambda: types.SimpleNamespace(release=os.environ["release"])
if os.environ["haproxy"] == "up":
    taking = socket.create_server(("127.0.0.1", 3129))
resolver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
resolver.bind(("10.2.2.1", 53))
def serve():
    while True:
        question, client = resolver.recvfrom(512)
        question = question[:3] + bytes([int(os.environ["code"])]) + question[4:]
        resolver.sendto(question + socket.inet_aton(os.environ["answer"]), client)
if os.environ["answer"] == "none":
    resolver.close()
else:
    threading.Thread(target=serve, daemon=True).start()
def answer_by_udp(upstream, code):
    while True:
        question, client = upstream.recvfrom(512)
        upstream.sendto(question[:3] + bytes([code]) + question[4:], client)
def answer_by_tcp(upstream, code):
    while True:
        with upstream.accept()[0] as client:
            question = client.recv(512)
            client.send(question[:5] + bytes([code]) + question[6:])
for address, codes in (("8.8.8.8", "first"), ("1.1.1.1", "second")):
    by_udp, by_tcp = (os.environ[codes].split() * 2)[:2]
    upstream = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    upstream.bind((address, 53))
    # One that has none is silent by UDP.
    if by_udp != "none":
        asked = (upstream, int(by_udp))
        threading.Thread(target=answer_by_udp, args=asked, daemon=True).start()
    else:
        silent = upstream
    if by_tcp != "none":
        asked = (socket.create_server((address, 53)), int(by_tcp))
        threading.Thread(target=answer_by_tcp, args=asked, daemon=True).start()
def tell():
    while True:
        with open("/run/xl2tpd/l2tp-control") as control:
            path = control.read().split()[0][1:]
        with open(path, "w") as answer:
            answer.write(open("/tmp/tunnels").read())
        os.unlink(path)
if os.path.exists("/tmp/tunnels"):
    if not os.path.exists("/run/xl2tpd"):
        os.mkdir("/run/xl2tpd")
        os.mkfifo("/run/xl2tpd/l2tp-control")
    threading.Thread(target=tell, daemon=True).start()
sys.argv = ["gateway-selftest", *"OPTIONS".split()]
runpy.run_path("{PROGRAM}", run_name="__main__")
'
"""

ADVISORY = {
    *("mainline", "updates", "conntrack", "disk", "l2tp_calls", "guesses"),
    "bbr_phone",
    "burst",
    "congestion_control",
    "pacing",
    "qdisc",
    "tuning",
    "split",
    "split_connections",
    "quic",
    "upstreams",
}
"""What fails without keeping phones out."""


def run(guest: Guest, change: str, options: str) -> subprocess.CompletedProcess[str]:
    return guest.run(f"{FIT}\n{change}\n{RUN.replace('OPTIONS', options)}")


def failures(guest: Guest, change: str) -> dict[str, str]:
    """What the self-test finds wrong after a change, by the check's name."""
    done = run(guest, change, "--json")
    report = json.loads(done.stdout)
    found = {check["name"]: check["detail"] for check in report["checks"] if not check["ok"]}
    assert report["ok"] == (not found)
    assert report["fit"] == (set(found) <= ADVISORY)
    assert {check["name"] for check in report["checks"] if not check["required"]} == ADVISORY
    assert done.returncode == bool(found)
    return found
