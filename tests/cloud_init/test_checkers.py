"""Each shipped file through the checker that its own program brings, on the guest's release.

Whatever a checker prints beyond what is expected is a failure: systemd-analyze and swanctl
print "Unknown key" or "discarded" and exit 0. And every checker has to complain about
files broken on purpose, or it would guard nothing.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cloud_init.guest_tree import WITH_ETH0, Guest

Checker = Callable[[Guest], str]

UNITS = "/etc/systemd/system"
SBIN = "/usr/local/sbin"
L2TP = "/etc/swanctl/conf.d/l2tp.conf"
MODP1024 = "/etc/swanctl/conf.d/modp1024.conf"
IKEV2 = "/etc/swanctl/conf.d/ikev2.conf"
PPP_OPTIONS = "/etc/ppp/options.xl2tpd"
INITRAMFS = "/etc/initramfs-tools/conf.d/lunch-gateway"
GRUB = "/etc/default/grub.d/50-lunch-gateway.cfg"
NETWORKD = "/etc/systemd/networkd.conf.d/lunch-gateway.conf"
LINK = "/etc/systemd/network/10-lunch-gateway-phones.link"
RESOLVER = "/etc/lunch-gateway/dnsmasq.conf"
PHONES_RULES = "/etc/udev/rules.d/90-lunch-gateway-phones.rules"
SYSCTLS = "/etc/sysctl.d/90-lunch-gateway.conf"
BBR_PHONE = "/usr/local/lib/lunch-gateway/bbr-phone.c"
IP_UP = "/etc/ppp/ip-up.d/lunch-gateway"
TUNNEL_SPLIT = f"{UNITS}/gateway-tunnel.service.d/10-lunch-gateway-split.conf"


def cloud_config(guest: Guest) -> str:
    return guest.complaints(
        "cloud-init schema -c /root/user-data", expected="Valid schema /root/user-data"
    )


def nft(guest: Guest) -> str:
    """Loaded for real, into a network namespace of its own."""
    return guest.complaints("nft -c -f /etc/nftables.conf && nft -f /etc/nftables.conf")


def charon(guest: Guest) -> str:
    """The daemon itself reads all of it: what it can't use it only tells of, and goes on."""
    return charon_after(guest, "")


def charon_as_shipped(guest: Guest) -> str:
    """Without what takes the place of some of it where `modp1024: allow`."""
    return charon_after(guest, f"rm {MODP1024}")


def charon_after(guest: Guest, change: str) -> str:
    return guest.complaints(
        WITH_ETH0
        + change
        + """
        gateway-identity
        charon-systemd >/tmp/log 2>&1 & trap "kill -9 $!" EXIT
        timeout 20 sh -c "until [ -S /run/charon.vici ]; do sleep 0.02; done"
        # No more than what it loads; a plugin that is not installed says so each time.
        swanctl --load-all --noprompt 2>/dev/null | grep -v "^no "
        swanctl --list-conns 2>/dev/null | grep -E "^[^ ]|TUNNEL|TRANSPORT|^    " | sort -u
        swanctl --list-pools 2>/dev/null | xargs
        swanctl --stats 2>/dev/null | grep -o bypass-lan
        true
        """,
        expected="""\
loaded ike secret 'ike-1'
loaded ike secret 'ike-2'
loaded ike secret 'ike-l2tp'
loaded pool 'phones'
successfully loaded 1 pools, 0 unloaded
loaded connection 'ikev2-unnamed-name'
loaded connection 'ikev2-unnamed-mail'
loaded connection 'ikev2-name'
loaded connection 'ikev2-mail'
loaded connection 'l2tp'
loaded connection 'ikev2-address-1-name'
loaded connection 'ikev2-address-1-mail'
loaded connection 'ikev2-address-2-name'
loaded connection 'ikev2-address-2-mail'
successfully loaded 9 connections, 0 unloaded
    id: *
    id: 0.0.0.0-10.1.0.3
    id: 10.1.0.5-255.255.255.255
    id: vpn.example.test
    local:  0.0.0.0/0
    local:  dynamic[udp/l2f]
    remote: dynamic
    remote: dynamic[udp]
  phone: TRANSPORT, no rekeying, dpd action is none
  phone: TUNNEL, no rekeying, dpd action is none
ikev2-address-1-mail: IKEv2, no reauthentication, no rekeying, dpd delay 30s
ikev2-address-1-name: IKEv2, no reauthentication, no rekeying, dpd delay 30s
ikev2-address-2-mail: IKEv2, no reauthentication, no rekeying, dpd delay 30s
ikev2-address-2-name: IKEv2, no reauthentication, no rekeying, dpd delay 30s
ikev2-mail: IKEv2, no reauthentication, no rekeying, dpd delay 30s
ikev2-name: IKEv2, no reauthentication, no rekeying, dpd delay 30s
ikev2-unnamed-mail: IKEv2, no reauthentication, no rekeying, dpd delay 30s
ikev2-unnamed-name: IKEv2, no reauthentication, no rekeying, dpd delay 30s
l2tp: IKEv1, no reauthentication, dpd delay 30s
phones 10.2.2.160 0 / 0 / 91
""",
    )


def systemd(guest: Guest) -> str:
    """Each unit alone, and then the whole boot, which finds ordering cycles."""
    texts = {
        path.name: path.read_text(encoding="utf-8")
        for path in (guest.out / f"rootfs{UNITS}").glob("*.*")
        if path.is_file()
    }
    enabled = [name for name, text in texts.items() if "[Install]" in text]
    return guest.complaints(
        f"""
        set -e
        systemd-analyze verify --man=no {shlex.join(texts)} strongswan.service
        for daemon in strongswan haproxy xl2tpd gateway-resolver; do
            # Of 10; without a sandbox 9.6. What it says is a table.
            systemd-analyze security --offline=yes --threshold=32 $daemon.service >/tmp/said 2>&1 ||
                tail -n 1 /tmp/said
        done
        systemctl --quiet enable strongswan {shlex.join(enabled)} 2>/dev/null
        ln -s /usr/lib/systemd/system/cloud-init.target {UNITS}/multi-user.target.wants/
        systemd-analyze verify --man=no multi-user.target
        """
    )


def sshd(guest: Guest) -> str:
    """Also beside the file in which images and cloud-init allow passwords."""
    return guest.complaints(
        """
        sshd -t
        echo "PasswordAuthentication yes" >/etc/ssh/sshd_config.d/50-cloud-init.conf
        sshd -T | grep -iE "^(password|kbdinteractive)authentication|^permitrootlogin" | sort
        """,
        expected="kbdinteractiveauthentication no\npasswordauthentication no\npermitrootlogin no",
    )


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


def apt_config(guest: Guest) -> str:
    return guest.complaints(
        "apt-config dump | grep -E '^(DPkg::Lock::Timeout|Acquire::Retries|APT::Install-Rec)'",
        expected='APT::Install-Recommends "false";\n'
        'Acquire::Retries "5";\nDPkg::Lock::Timeout "600";',
    )


def apt_pin(guest: Guest) -> str:
    """Which kernels apt would install, asked of two small archives made on the spot."""
    return guest.complaints(
        """
        set -e
        rm -f /etc/apt/sources.list
        archive() { # codename, suite, version, further lines of Release
            mkdir -p /archive/$1 && cd /archive/$1
            for flavour in amd64 cloud-amd64; do
                printf "Package: linux-image-%s\\nVersion: %s\\nArchitecture: amd64\\n" $flavour $3
                printf "Filename: none\\nSize: 1\\nMD5sum: %032d\\n\\n" 0
            done >Packages
            printf "Codename: $1\\nSuite: $2\\nDate: $(date -Ru | sed s/+0000/UTC/)\\n$4" >Release
            set -- $1 $(sha256sum Packages) $(stat -c %s Packages)
            printf "SHA256:\\n $2 $4 Packages\\n" >>Release
            echo "deb [trusted=yes] file:/archive/$1 ./" >>/etc/apt/sources.list.d/test.list
        }
        archive trixie stable 6.12.57-1 ""
        archive trixie-backports stable-backports 7.3.4-1 \
            "NotAutomatic: yes\\nButAutomaticUpgrades: yes\\n"
        apt-get -qq -o APT::Sandbox::User=root update
        apt-cache policy linux-image-amd64 linux-image-cloud-amd64 | grep Candidate
        """,
        expected="  Candidate: 7.3.4-1\n  Candidate: 6.12.57-1",
    )


def grub(guest: Guest) -> str:
    """What the selection picks from a /boot with the cloud flavour ahead in version."""
    return guest.complaints(
        f"""
        cd /boot
        touch vmlinuz-6.12.57+deb13-cloud-amd64 vmlinuz-9.9.9+deb13-cloud-amd64
        touch vmlinuz-6.12.57+deb13-amd64 vmlinuz-7.3.4+deb13-amd64 vmlinuz-7.12.1+deb13-amd64
        touch config-9.9.9+deb13-amd64 initrd.img-9.9.9+deb13-amd64
        mkdir zold && touch zold/vmlinuz-9.9.9+deb13-amd64
        . {GRUB}
        echo "$GRUB_DEFAULT $GRUB_TOP_LEVEL"
        """,
        expected="0 /boot/vmlinuz-7.12.1+deb13-amd64",
    )


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


def tunnel(guest: Guest) -> str:
    """The interface for IKEv2 phones as its unit makes it, twice; a dummy stands in where the
    kernel has no such interfaces, so the command is read for its words."""
    unit = guest.text(f"{UNITS}/gateway-tunnel.service")
    starting = "\n".join(re.findall(r"^ExecStart=(.*)$", unit, re.M))
    if "type xfrm if_id 1" not in starting:
        return "no interface of type xfrm with the number of ikev2.conf"
    starting = starting.replace("type xfrm if_id 1", "type veth peer name unused")
    return guest.complaints(
        f"""
        set -ea
        . /etc/lunch-gateway/tunnel.env
        {starting}
        {starting}
        ip -brief link show dev ipsec1 | grep -o UP, | head -n 1
        cat /sys/class/net/ipsec1/mtu 2>/dev/null || ip link show ipsec1 | grep -o 'mtu [0-9]*'
        ip route show dev ipsec1 | xargs
        """,
        expected="UP,\nmtu 1280\n10.2.2.0/24 scope link linkdown",
    )


def phones_routes(guest: Guest) -> str:
    """What a phone's route says afterwards; reno stands in for what no kernel here has."""
    (after,) = re.findall("^ExecStartPost=-(.*)$", guest.text(TUNNEL_SPLIT), re.M)
    return guest.complaints(
        f"""
        set -ea
        . /etc/lunch-gateway/tunnel.env
        ip link add ppp0 type veth peer name phone
        ip link add ipsec1 type veth peer name unused
        for name in ppp0 phone ipsec1 unused; do ip link set $name up; done
        ip addr add 10.2.2.1 peer 10.2.2.100/32 dev ppp0
        ip route add $SUBNET dev ipsec1
        run-parts --list /etc/ppp/ip-up.d | grep lunch
        sed -i s/bbr.phone/reno/ {IP_UP}
        PPP_IFACE=ppp0 PPP_LOCAL=10.2.2.1 PPP_REMOTE=10.2.2.100 {IP_UP}
        {after.replace("bbr.phone", "reno")}
        ip -4 route show | grep -E "ppp0|ipsec1" | sort | sed "s/ $//"
        """,
        expected=f"{IP_UP}\n10.2.2.0/24 dev ipsec1 scope link congctl reno\n"
        "10.2.2.100 dev ppp0 proto kernel scope link src 10.2.2.1 congctl reno",
    )


def bbr_phone(guest: Guest) -> str:
    """Built as its unit does, without a warning; whether a kernel takes it, the lab's self-test
    sees. What it asks of a kernel by name is told by the object."""
    unit = guest.text(f"{UNITS}/gateway-bbr-phone.service")
    (build,) = re.findall(r"(/usr/bin/bpf-gcc .*?\.c) &&", unit)
    return guest.complaints(
        f"""
        set -e
        CACHE_DIRECTORY=/tmp
        {build} -Wall -Wextra -Werror
        bpftool -j btf dump file /tmp/new.o | python3 -c '
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


def networkd(guest: Guest) -> str:
    """networkd only logs what it does not know: strictly these lines."""
    known = {"[Network]", "ManageForeignRoutingPolicyRules=no", "ManageForeignRoutes=no"}
    return _unknown_lines(guest.text(NETWORKD), known)


def udev(guest: Guest) -> str:
    """That it has the effect, the self-test sees."""
    return guest.complaints(f"udevadm verify --no-summary {PHONES_RULES}")


def udev_link(guest: Guest) -> str:
    """As networkd. That it has the effect, the self-test sees."""
    numbers = {"OriginalName=ppp* ipsec1", "GenericSegmentOffloadMaxBytes=8192"}
    return _unknown_lines(guest.text(LINK), {"[Match]", "[Link]", *numbers})


def _unknown_lines(text: str, known: set[str]) -> str:
    bad = [line for line in text.splitlines() if line and line[0] != "#" and line not in known]
    return f"unknown: {bad}" if bad else ""


def modules(guest: Guest) -> str:
    """There is no checker that works without those modules: strictly one name a line.
    Whether the kernel has them, the lab sees."""
    names = ("lunch-gateway", "lunch-gateway-ikev2", "lunch-gateway-l2tp")
    texts = [guest.text(f"/etc/modules-load.d/{name}.conf") for name in names]
    lines = [line for text in texts for line in text.splitlines()]
    bad = [line for line in lines if not re.fullmatch(r"#.*|[a-z0-9_]+", line)]
    return f"not a module name: {bad}" if bad else ""


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


def shell(guest: Guest) -> str:
    """Debian's sh reads what it will run. shellcheck has its say in test_linters.py."""
    scripts = shell_scripts(guest)
    return guest.complaints("".join(f"sh -n {path} || exit 1\n" for path in scripts))


def python(guest: Guest) -> str:
    """The guest's Python compiles its scripts without a warning."""
    check = "import pathlib, sys; compile(pathlib.Path(sys.argv[1]).read_text(), '', 'exec')"
    return guest.complaints(
        "set -e\n"
        + "".join(
            f"python3 -W error -c {shlex.quote(check)} {path}\n" for path in python_scripts(guest)
        )
    )


def scripts_of(guest: Guest, interpreter: str) -> list[str]:
    paths = [path for path in (guest.out / "rootfs").rglob("*") if path.is_file()]
    return sorted(
        "/" + path.relative_to(guest.out / "rootfs").as_posix()
        for path in paths
        if path.read_text(encoding="utf-8").split("\n")[0] == interpreter
    )


def shell_scripts(guest: Guest) -> list[str]:
    return [GRUB, INITRAMFS, *scripts_of(guest, "#!/bin/sh")]


def python_scripts(guest: Guest) -> list[str]:
    modules = (guest.out / "rootfs").rglob("*.py")
    return [
        *scripts_of(guest, "#!/usr/bin/python3"),
        *(f"/{path.relative_to(guest.out / 'rootfs')}" for path in modules),
    ]


CHECKED_BY: dict[str, tuple[Checker, ...]] = {
    "user-data": (cloud_config,),
    "/etc/apt/apt.conf.d/90lunch-gateway": (apt_config,),
    "/etc/apt/preferences.d/lunch-gateway": (apt_pin,),
    GRUB: (shell, grub),
    "/etc/strongswan.d/lunch-gateway.conf": (charon,),
    L2TP: (charon_as_shipped,),
    MODP1024: (charon,),
    IKEV2: (charon,),
    "/etc/swanctl/conf.d/l2tp-secret.conf": (charon,),
    "/etc/swanctl/conf.d/ikev2-secrets.conf": (charon,),
    "/etc/initramfs-tools/conf.d/lunch-gateway": (shell,),
    "/etc/initramfs-tools/hooks/lunch-gateway": (shell,),
    "/etc/lunch-gateway/tunnel.env": (tunnel,),
    "/etc/haproxy/haproxy.cfg": (haproxy, haproxy_loop),
    "/etc/lunch-gateway/dnsmasq.conf": (dnsmasq,),
    "/etc/lunch-gateway/quic.nft": (nft,),
    "/etc/lunch-gateway/settings.nft": (nft,),
    "/etc/lunch-gateway/l2tp.nft": (nft,),
    "/etc/lunch-gateway/split.nft": (nft,),
    NETWORKD: (networkd,),
    LINK: (udev_link,),
    PHONES_RULES: (udev,),
    f"{UNITS}/gateway-bbr-phone.service": (systemd, bbr_phone),
    f"{UNITS}/gateway-resolver.service": (systemd, dnsmasq),
    f"{UNITS}/gateway-watch.service": (systemd,),
    f"{UNITS}/gateway-watch.timer": (systemd,),
    f"{UNITS}/nftables.service.d/10-lunch-gateway.conf": (systemd,),
    f"{UNITS}/gateway-split.service": (systemd,),
    f"{UNITS}/haproxy.service.d/10-lunch-gateway.conf": (systemd,),
    "/etc/modules-load.d/lunch-gateway.conf": (modules,),
    "/etc/modules-load.d/lunch-gateway-ikev2.conf": (modules,),
    "/etc/modules-load.d/lunch-gateway-l2tp.conf": (modules,),
    "/etc/nftables.conf": (nft,),
    "/etc/ppp/chap-secrets": (pppd,),
    IP_UP: (shell, phones_routes),
    "/etc/ppp/ip-down.d/lunch-gateway": (shell,),
    PPP_OPTIONS: (pppd, pppd_effect),
    "/etc/ssh/sshd_config.d/10-lunch-gateway.conf": (sshd,),
    SYSCTLS: (sysctl,),
    f"{UNITS}/cloud-init-local.service.d/10-lunch-gateway.conf": (systemd,),
    f"{UNITS}/gateway-ready.service": (systemd,),
    f"{UNITS}/gateway-scrub.service": (systemd,),
    f"{UNITS}/gateway-tunnel.service": (systemd, tunnel),
    TUNNEL_SPLIT: (systemd, phones_routes),
    f"{UNITS}/strongswan.service.d/10-lunch-gateway.conf": (systemd,),
    f"{UNITS}/xl2tpd.service": (systemd, xl2tpd),
    "/etc/xl2tpd/xl2tpd.conf": (xl2tpd,),
    f"{SBIN}/gateway-identity": (python, charon),
    f"{SBIN}/gateway-l2tp-ended": (shell,),
    f"{SBIN}/gateway-phone-gone": (shell,),
    f"{SBIN}/gateway-prepare": (shell,),
    f"{SBIN}/gateway-ready": (shell,),
    f"{SBIN}/gateway-scrub": (shell,),
    f"{SBIN}/gateway-selftest": (python,),
    f"{SBIN}/gateway-watch": (shell,),
    BBR_PHONE: (bbr_phone,),
    "/usr/local/lib/lunch-gateway/checks.py": (python,),
    "/usr/local/lib/lunch-gateway/health.py": (python,),
    "/usr/local/lib/lunch-gateway/rules.py": (python,),
    "/usr/local/lib/lunch-gateway/speed.py": (python,),
    "/usr/local/lib/lunch-gateway/tunnel.py": (python,),
}
CHECKERS = sorted({check for checks in CHECKED_BY.values() for check in checks}, key=repr)


def test_every_shipped_file_has_a_checker(guest: Guest) -> None:
    files = {path for path in (guest.out / "rootfs").rglob("*") if path.is_file()}
    paths = {"/" + path.relative_to(guest.out / "rootfs").as_posix() for path in files}
    assert paths | {"user-data"} == CHECKED_BY.keys()


@pytest.mark.parametrize("checker", CHECKERS, ids=lambda checker: checker.__name__)
def test_checker_has_no_complaint(checker: Checker, guest: Guest) -> None:
    assert checker(guest) == ""


BROKEN: list[tuple[Checker, str, str, str]] = [
    (cloud_config, "user-data", "packages:", "pakages:"),
    (cloud_config, "user-data", "ssh_pwauth: false", "ssh_pwauth: perhaps"),
    # Deprecated, which is no error to cloud-init.
    (cloud_config, "user-data", "ssh_pwauth: false", "ssh_pwauth: 'no'"),
    (apt_config, "/etc/apt/apt.conf.d/90lunch-gateway", '"600";', '"600"'),
    (apt_config, "/etc/apt/apt.conf.d/90lunch-gateway", "DPkg::Lock", "Dpkg::Look"),
    (apt_pin, "/etc/apt/preferences.d/lunch-gateway", "Package:", "Pakage:"),
    (apt_pin, "/etc/apt/preferences.d/lunch-gateway", "trixie-back", "bookworm-back"),
    (apt_pin, "/etc/apt/preferences.d/lunch-gateway", "linux-image-amd64", "linux-image-*"),
    (grub, GRUB, " ! -name '*-cloud-*'", ""),
    (grub, GRUB, "sort -V", "sort"),
    (grub, GRUB, " -maxdepth 1", ""),
    (shell, GRUB, ')"', '"'),
    (shell, INITRAMFS, "MODULES=dep", "MODULES=(dep"),
    (shell, f"{SBIN}/gateway-prepare", "esac", ""),
    (shell, f"{SBIN}/gateway-ready", "done", ""),
    (shell, f"{SBIN}/gateway-scrub", "set -eu", "if true"),
    (charon_as_shipped, L2TP, "version = 1", "version = 3"),
    (charon_as_shipped, L2TP, "aes256-sha256-modp2048", "aes256-sha256-modp2049"),
    (charon_as_shipped, L2TP, "esp_proposals = aes256gcm16", "esp_proposals = aes256gmc16"),
    (charon_as_shipped, L2TP, "mode = transport", "mode = tunnel"),
    (charon_as_shipped, L2TP, "udp/1701", "udp/1702"),
    (charon_as_shipped, L2TP, "remote_ts = dynamic[udp]", "remote_ts = dynamic[udp/1701]"),
    (charon_as_shipped, L2TP, "auth = psk", "auth = sku"),
    (charon_as_shipped, L2TP, "rekey_time = 0s", "rekey_tyme = 0s"),
    (charon_as_shipped, L2TP, "unique = never", "uniqe = never"),
    (charon, IKEV2, "curve25519", "curve25518"),
    (charon, IKEV2, "esp_proposals = aes256gcm16", "esp_proposals = aes256gmc16"),
    (charon, IKEV2, "rekey_time = 0s", "rekey_time = 4h"),
    (charon, IKEV2, "mobike = yes", "mobyke = yes"),
    (charon, IKEV2, "local_ts = 0.0.0.0/0", "local_ts = dynamic"),
    (charon, IKEV2, "10.2.2.160-", "10.2.2.251-"),
    (charon, IKEV2, "fqdn:vpn.example.test", "fqdn:*.example.test"),
    (charon, IKEV2, 'id = "fqdn:*"', "id = fqdn:*, auth = psk"),
    (charon, MODP1024, "aes128-sha1-modp1024", "aes128-sha1-modp1025"),
    (charon, MODP1024, "aes128gcm16,aes256-sha1", "aes128gcm16;aes256-sha1"),
    (charon, "/etc/swanctl/conf.d/ikev2-secrets.conf", "secret = ", "secert = "),
    (charon, "/etc/swanctl/conf.d/l2tp-secret.conf", "secret = ", "secert = "),
    (charon, "/etc/strongswan.d/lunch-gateway.conf", "load = no", "load = yes"),
    (tunnel, f"{UNITS}/gateway-tunnel.service", "if_id 1", "if_id 2"),
    (tunnel, f"{UNITS}/gateway-tunnel.service", "route replace", "route add"),
    (tunnel, "/etc/lunch-gateway/tunnel.env", "MTU=1280", "MTU=1281"),
    (phones_routes, TUNNEL_SPLIT, "route change", "route add"),
    (phones_routes, IP_UP, '"$PPP_LOCAL"', '"$PPP_REMOTE"'),
    (phones_routes, IP_UP, "proto kernel ", ""),
    (bbr_phone, BBR_PHONE, "bbr->full_bw = bw", "bbr->full_bv = bw"),
    (bbr_phone, BBR_PHONE, "void bbr_main", "void bbr_mein"),
    (bbr_phone, BBR_PHONE, "u64 cycle_mstamp", "u64 cycle_stamp"),
    (bbr_phone, f"{UNITS}/gateway-bbr-phone.service", "-mco-re", "-mcore"),
    (systemd, f"{UNITS}/gateway-bbr-phone.service", "Type=oneshot", "Type=one-shot"),
    (nft, "/etc/lunch-gateway/settings.nft", "define tunnel_mss", "define tunnel_mms"),
    (nft, "/etc/nftables.conf", "priority filter; pol", "priority filter pol"),
    (nft, "/etc/nftables.conf", "meta ipsec exists", "meta ipsec exist"),
    (nft, "/etc/nftables.conf", "goto from_phone_to_us", "goto from_phone_to_me"),
    (nft, "/etc/lunch-gateway/l2tp.nft", "jhash ip saddr", "ip saddr"),
    (nft, "/etc/lunch-gateway/split.nft", "tproxy ip to", "tproxy to"),
    (haproxy, "/etc/haproxy/haproxy.cfg", "mode tcp", "mode tpc"),
    (haproxy, "/etc/haproxy/haproxy.cfg", "timeout client 125m", ""),
    (haproxy_loop, "/etc/haproxy/haproxy.cfg", "tcp-request content reject", "# "),
    (nft, "/etc/lunch-gateway/quic.nft", "icmpx port-unreachable", "icmpx port-unreachabel"),
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
    (systemd, f"{UNITS}/gateway-resolver.service", "DynamicUser=yes", "DynamikUser=yes"),
    (networkd, NETWORKD, "ManageForeignRoutes", "ManageForeinRoutes"),
    (udev, PHONES_RULES, "RUN+=", "RUNS+="),
    (udev, PHONES_RULES, 'root fq"', "root fq"),
    (udev_link, LINK, "MaxBytes", "MaxByte"),
    (modules, "/etc/modules-load.d/lunch-gateway.conf", "esp4\n", "esp4 dummy\n"),
    (pppd, "/etc/ppp/chap-secrets", '"alice" lunch-gateway', '"alice" lunch-gatewy'),
    (pppd, "/etc/ppp/chap-secrets", '"alice" lunch-gateway "', '"alice" lunch-gateway '),
    (pppd, PPP_OPTIONS, "lcp-echo-interval", "lcp-ecco-interval"),
    (pppd, PPP_OPTIONS, "idle 1800", "idle long"),
    (pppd_effect, PPP_OPTIONS, "refuse-pap", "#refuse-pap"),
    (sshd, "/etc/ssh/sshd_config.d/10-lunch-gateway.conf", "PasswordAuth", "PaswordAuth"),
    (sshd, "/etc/ssh/sshd_config.d/10-lunch-gateway.conf", "PasswordAuth", "#PasswordAuth"),
    (sysctl, SYSCTLS, "net.ipv4.ip_forward = 1", "net.ipv4.ip_forward 1"),
    (sysctl, SYSCTLS, "net.ipv4.ip_forward = 1", "net.ipv4.ip_forwardd = 1"),
    (sysctl, SYSCTLS, "conf.all.rp_filter = 0", "conf.al.rp_filter = 0"),
    (sysctl, SYSCTLS, "default_qdisc", "default_qdisk"),
    (sysctl, SYSCTLS, "4096 131072 2097152", "4096 131072 2M"),
    (sysctl, SYSCTLS, "timeout_established", "timeout_establisht"),
    (sysctl, SYSCTLS, "nf_conntrack_max", "nf_conntrack_most"),
    (sysctl, SYSCTLS, "tcp_tso_rtt_log", "tcp_tso_rtt_lag"),
    (systemd, f"{UNITS}/gateway-ready.service", "sbin/gateway-ready", "sbin/gateway-redy"),
    (systemd, f"{UNITS}/gateway-ready.service", "RestartSec", "RestatSec"),
    (systemd, f"{UNITS}/gateway-ready.service", "After=", "After=cloud-final.service "),
    (
        systemd,
        f"{UNITS}/cloud-init-local.service.d/10-lunch-gateway.conf",
        "After=",
        "After=cloud-final.service ",
    ),
    (systemd, f"{UNITS}/gateway-scrub.service", "Type=oneshot", "Type=one-shot"),
    (systemd, f"{UNITS}/strongswan.service.d/10-lunch-gateway.conf", "=always", "=alwyas"),
    (systemd, f"{UNITS}/gateway-tunnel.service", "Type=oneshot", "Type=one-shot"),
    *(
        (systemd, f"{UNITS}/{unit}", "SystemCallFilter=@system-service", "UMask=0077")
        for unit in (
            "xl2tpd.service",
            "haproxy.service.d/10-lunch-gateway.conf",
            "strongswan.service.d/10-lunch-gateway.conf",
        )
    ),
    (systemd, f"{UNITS}/xl2tpd.service", "RestartSec=1", "RestartSec=one"),
    (xl2tpd, f"{UNITS}/xl2tpd.service", "xl2tpd -D", "xl2tpd -D --foreground"),
    (xl2tpd, "/etc/xl2tpd/xl2tpd.conf", "length bit", "lenght bit"),
    (xl2tpd, "/etc/xl2tpd/xl2tpd.conf", "max retries", "max retrys"),
    (xl2tpd, "/etc/xl2tpd/xl2tpd.conf", "ip range = 10", "ip range = x10"),
    (xl2tpd, "/etc/xl2tpd/xl2tpd.conf", "port = 1701", "port = 1702"),
]


@pytest.mark.parametrize(
    ("checker", "path", "old", "new"),
    [pytest.param(*row, id=f"{row[0].__name__}-{row[3].strip()}") for row in BROKEN],
)
def test_checker_complains_about_a_broken_file(
    checker: Checker, path: str, old: str, new: str, guest: Guest, tmp_path: Path
) -> None:
    broken = guest.altered(tmp_path / "out", path, lambda text: text.replace(old, new, 1))
    assert checker(broken) != ""


def test_python_checker_complains(guest: Guest, tmp_path: Path) -> None:
    path = f"{SBIN}/gateway-selftest"
    broken = guest.altered(tmp_path / "out", path, lambda _: "#!/usr/bin/python3\nprint('\\d')\n")
    assert python(broken) != ""


def test_every_checker_was_seen_to_complain() -> None:
    assert {row[0] for row in BROKEN} | {python} == set(CHECKERS)
