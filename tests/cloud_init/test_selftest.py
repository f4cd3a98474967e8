"""The self-test on a machine that is fit, and on one with a single thing wrong: each check
has to be seen to fail, or it guards nothing."""

from __future__ import annotations

import re

import pytest

from tests.cloud_init.fit_machine import FIT, RUN, failures, run
from tests.cloud_init.guest_tree import Guest

MODULES = ("tunnel", "names", "rules", "speed", "health")


def test_a_fit_machine_passes(guest: Guest) -> None:
    assert failures(guest, "true") == {}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            "cd /proc/sys/net/ipv4/conf && mkdir ppp7 && ln -s /gone ppp7/rp_filter",
            id="a phone goes while its interface is looked at",
        ),
        pytest.param(
            "yes 'alice failed CHAP authentication' | head -n 99 >/tmp/journal",
            id="mistyped passwords",
        ),
    ],
)
def test_what_happens_every_day_is_fit(change: str, guest: Guest) -> None:
    assert failures(guest, change) == {}


WRONG = [
    # check, what is wrong, words of the complaint
    ("kernel", "release=7.3.4+deb13-cloud-amd64", "cloud flavour"),
    ("mainline", "release=6.12.57+deb13-amd64", "older than 7.0"),
    (
        "updates",
        "stand_in apt-cache '  Installed: 7.3.4-1\n  Candidate: 7.4.1-1'",
        "7.4.1-1 is there",
    ),
    ("conntrack", "echo 30000 >/proc/sys/net/netfilter/nf_conntrack_count", "30000 of 32768"),
    ("disk", "free=9", "91% of / is used; see"),
    (
        "guesses",
        "yes 'alice failed CHAP authentication' | head -n 150 >/tmp/journal",
        "100 refused logins, or more,",
    ),
    (
        "guesses",
        "yes \"tried 1 shared key for '%any' - 'bob', but MAC mismatched\" | head -n 100"
        " >/tmp/journal",
        "100 refused logins, or more,",
    ),
    (
        "guesses",
        "printf '#!/bin/sh\necho no file >&2; exit 1\n' >/usr/local/sbin/journalctl",
        "journalctl: no file",
    ),
    ("l2tp_calls", "sed -i 's/has 2/has 50/' /tmp/tunnels", "50 calls hold 51 addresses, 0 phones"),
    ("l2tp_calls", "rm /tmp/tunnels", "takes no questions"),
    ("cleartext", ": >/tmp/policies", "no IPsec policy refuses"),
    ("esp", "echo 'rfc4106' >/tmp/unknown", "rfc4106"),
    ("esp", "echo 'hmac(sha1)' >/tmp/unknown", "hmac(sha1)"),
    ("pppd", "echo lcp-ecco-interval 30 >>/etc/ppp/options.xl2tpd", "lcp-ecco-interval"),
    ("congestion_control", "echo cubic >/proc/sys/net/ipv4/tcp_congestion_control", "cubic"),
    (
        "bbr_phone",
        "echo reno bbr >/proc/sys/net/ipv4/tcp_available_congestion_control",
        "the kernel has none",
    ),
    ("bbr_phone", "echo 10.2.2.0/24 scope link >/tmp/routes-ipsec1", "routes of ipsec1"),
    ("qdisc", """echo '[{"kind": "mq"}, {"kind": "fq_codel"}]' >/tmp/qdisc-eth0""", "fq_codel"),
    ("qdisc", "ip route del default", "no default route"),
    ("burst", "ip link set ipsec1 gso_max_size 65536", "ipsec1 takes 65536 bytes"),
    (
        "burst",
        "ip link add ppp7 type veth peer name other-ppp7",
        "ppp7 takes 65536 bytes at once, expected 8192",
    ),
    ("pacing", "echo '[]' >/tmp/qdisc-ipsec1", "no fq on ipsec1;"),
    (
        "pacing",
        "ip link add ppp7 gso_max_size 8192 type veth peer name other-ppp7"
        """ && echo '[{"kind": "noqueue"}]' >/tmp/qdisc-ppp7""",
        "no fq on ppp7;",
    ),
    ("modules", "rmdir /sys/module/esp4", "esp4"),
    ("blacklist", "stand_in modprobe 'blacklist esp4'", "blacklist esp4"),
    ("blacklist", "stand_in modprobe 'install l2tp_ppp /bin/false'", "install l2tp_ppp"),
    ("modules", "rmdir /sys/module/dummy", "dummy"),
    ("tuning", "echo 6291456 >/proc/sys/net/ipv4/tcp_rmem", "expected 4096 131072 2097152"),
    ("tuning", "rm /proc/sys/net/netfilter/nf_conntrack_max", "nf_conntrack_max is not there"),
    ("sysctls", "rm /proc/sys/net/ipv4/ip_forward", "ip_forward is not there"),
    ("sysctls", "echo 0 >/proc/sys/net/ipv4/ip_forward", "ip_forward = 0"),
    ("sysctls", "echo 2 >/proc/sys/net/ipv4/conf/eth0/rp_filter", "eth0/rp_filter = 2"),
    ("firewall", "nft 'add chain inet gateway input { policy accept; }'", "only"),
    ("firewall", "nft flush chain inet gateway refuse", "refuse; try systemctl reload"),
    (
        "firewall",
        "nft insert rule inet gateway from_phone accept",
        "from_phone; try systemctl reload",
    ),
    ("firewall", "nft add chain inet gateway other", "other; try systemctl reload"),
    ("firewall", "nft delete table inet gateway", "nft"),
    ("nat", "nft flush chain inet gateway postrouting", "no masquerade"),
    (
        "nat",
        "nft flush chain inet gateway postrouting"
        " && nft add rule inet gateway postrouting oifname != ppp7 masquerade",
        "may get ports of ours",
    ),
    ("wall", "ip route add 198.18.7.0/24 dev eth0 scope link", "198.18.7.0/24"),
    ("daemons", "stand_in systemctl failed", "strongswan.service is failed"),
    ("connections", "sed -i /l2tp/d /tmp/--list-conns", "not loaded: l2tp;"),
    ("connections", "sed -i /address-2-mail/d /tmp/--list-conns", "loaded: ikev2-address-2-mail;"),
    (
        "connections",
        "sed -i s/10.1.0.4/10.1.0.7/ /etc/swanctl/conf.d/own*",
        "does not fit our addr",
    ),
    ("ikev2", "ip route del 10.2.2.0/24", "10.2.2.0/24 does not lead to ipsec1"),
    ("ikev2", ": >/tmp/--list-pools", "no addresses for phones"),
    ("listening", "sed -i s/charon/other/ /usr/local/sbin/ss", "charon-systemd on UDP 500"),
    ("listening", "sed -i s/xl2tpd/other/ /usr/local/sbin/ss", "xl2tpd on UDP 1701"),
    ("split", "nft flush chain inet gateway split", "no tproxy rule"),
    ("split", "ip rule del fwmark 0x10000000", "no routing rule"),
    ("split", "ip route flush table 100", "table 100"),
    ("split", "sed -i s/bbr/cubic/ /usr/local/sbin/ss", "does not run bbr"),
    ("split", "haproxy=down", "does not listen"),
    ("split", "sed -i s/haproxy/other/ /usr/local/sbin/ss", "accepts nothing"),
    (
        "split_connections",
        'mv /usr/local/sbin/ss /tmp/ss && printf \'#!/bin/sh\\ncase "$*" in *dst*)'
        ' yes ESTAB | head -n 1600 ;; *) exec /tmp/ss "$@" ;; esac\\n\''
        " >/usr/local/sbin/ss && chmod 755 /usr/local/sbin/ss",
        "1600 of 2000 connections are split; 0 have found no room",
    ),
    (
        "split_connections",
        "sed -i '/^ *ct count over 2000/d' /etc/lunch-gateway/split.nft",
        "split.nft has 0 limits",
    ),
    ("quic", "nft flush chain inet gateway quic", "nothing refuses it"),
    ("resolver", "sed -i '/dnsmasq/s/10.2.2.1:53/0.0.0.0:53/' /usr/local/sbin/ss", "0.0.0.0:53"),
    ("resolver", "sed -i s/dnsmasq/other/ /usr/local/sbin/ss", "listens on []"),
    ("resolver", "answer=192.0.2.1", "no address"),
    ("resolver", "answer=none", "no answer"),
    ("names", "code=2", "phones get SERVFAIL for names: no upstream of 8.8.8.8 1.1.1.1"),
    ("names", "code=5", "phones get REFUSED"),
    ("upstreams", "first=2", "SERVFAIL from 8.8.8.8 by UDP; SERVFAIL from 8.8.8.8 by TCP; what"),
    ("upstreams", "second='5 0'", "dnsServers: REFUSED from 1.1.1.1 by UDP; what"),
    ("upstreams", "second='0 none'", "dnsServers: no answer (Connection refused) from 1.1.1.1 by"),
    ("upstreams", "first=none second=1", "no answer (timed out) from 8.8.8.8 by UDP"),
    ("secrets", "chmod 644 /etc/ppp/chap-secrets", "0644"),
    ("secrets", "chmod 640 /etc/swanctl/conf.d/ikev2-secrets.conf", "0640"),
    ("secrets", "sed -i /lunch-gateway/d /etc/ppp/chap-secrets", "no user"),
    ("password_login", "rm /etc/ssh/sshd_config.d/10-lunch-gateway.conf", "takes passwords"),
]


RULES = {"firewall", "nat", "split", "split_connections", "quic", "wall"}
ALSO = {
    "tuning": ["conntrack"],
    "secrets": ["pppd"],
    "resolver": ["names"],
    "split_connections": ["firewall"],
}


@pytest.mark.parametrize(("check", "change", "words"), WRONG)
def test_what_is_wrong_is_found(check: str, change: str, words: str, guest: Guest) -> None:
    found = failures(guest, change)
    assert words in found[check]
    # A value, or a rule, may be what several checks look at.
    assert set(found) <= {check, "tuning", *ALSO.get(check, ())} | (
        RULES if "nft " in change else set()
    )


@pytest.mark.parametrize(
    ("change", "options", "status", "line"),
    [
        ("true", "--gate", 0, "ok    resolver: dnsmasq answers on 10.2.2.1 only"),
        # Nor is it waited for.
        ("haproxy=down", "--gate --wait 50", 0, "WARN  split: HAProxy does not listen"),
        ("haproxy=down", "", 1, "WARN  split: HAProxy does not listen"),
        (": >/tmp/--list-pools", "--gate", 1, "FAIL  ikev2: no addresses for phones"),
        ("first=2", "--gate --wait 50", 0, "WARN  upstreams: dnsServers: SERVFAIL from 8.8.8.8"),
        ("first=2 second=2 code=2", "--gate", 1, "FAIL  names: phones get SERVFAIL for names"),
    ],
)
def test_only_what_keeps_phones_out_shuts_the_gate(
    change: str, options: str, status: int, line: str, guest: Guest
) -> None:
    done = run(guest, change, options)
    assert done.returncode == status, done.stdout
    assert f"\n{line}" in f"\n{done.stdout}"


def test_changes_alone_are_told(guest: Guest) -> None:
    """Once each, for better and for worse."""
    again = RUN.replace("OPTIONS", "--gate --changes --save /tmp/saved") + "echo status $?\n"
    pool = "/tmp/--list-pools"
    done = guest.run(
        f"{FIT}\n{again} set +e\n echo AND\n{again} mv {pool} /tmp/kept; : >{pool}\n{again}{again}"
        f" mv /tmp/kept {pool}\n{again}"
    ).stdout
    first, later = done.split("AND\n")
    assert first.count("\nok  ") > 25
    fails, mended, *rest = (line for line in later.splitlines() if not line.startswith("status"))
    assert fails.startswith("FAIL  ikev2: no addresses")
    assert mended.startswith("ok    ikev2: ")
    assert rest == []
    assert later.split()[-1] == "0"
    assert [line for line in later.splitlines() if "status" in line] == [
        *("status 0", "status 1", "status 1", "status 0")
    ]


QUIC, SPLIT = "/etc/lunch-gateway/quic.nft", "/etc/lunch-gateway/split.nft"


def test_split_and_quic_may_be_off(guest: Guest) -> None:
    assert failures(guest, f"rm {QUIC} {SPLIT} && nft -f /etc/nftables.conf") == {}


@pytest.mark.parametrize(
    "protocol",
    [
        "rm /etc/xl2tpd/xl2tpd.conf /etc/ppp/chap-secrets /etc/swanctl/conf.d/l2tp*"
        " && sed -i /xl2tpd/d /usr/local/sbin/ss && sed -i /l2tp/d /tmp/--list-conns",
        "rm /etc/swanctl/conf.d/ikev2* /etc/lunch-gateway/tunnel.env && ip link del ipsec1"
        " && sed -i /ikev2/d /tmp/--list-conns && rm /tmp/--list-pools",
    ],
)
def test_either_protocol_may_be_off(protocol: str, guest: Guest) -> None:
    assert failures(guest, f"{protocol} && gateway-identity") == {}


def test_without_the_firewall_nothing_passes_for_it(guest: Guest) -> None:
    assert {"firewall", "nat", "wall"} <= set(failures(guest, "nft flush ruleset"))


def test_every_check_was_seen_to_fail(guest: Guest) -> None:
    shipped = "".join(guest.text(f"/usr/local/lib/lunch-gateway/{name}.py") for name in MODULES)
    registered = set(re.findall(r"^@(?:required|advisory)\ndef (\w+)", shipped, re.M))
    assert registered == {check for check, *_ in WRONG}
