"""What the packet filter does to real packets: the rendered /etc/nftables.conf is loaded by
the guest's own nft, in namespaces laid out like the gateway and what is around it. And every
check has to go red when the rule behind it is taken away, or it would guard nothing.

The kernel is that of the machine that runs the tests, and it may have no ESP. So what only
IPsec can show, that L2TP does get in and out through it, is left to the lab.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cloud_init.__main__ import render
from settings.guest import parse
from tests.cloud_init.conftest import EVERY_FILE
from tests.cloud_init.guest_tree import Guest
from tests.cloud_init.packets import limits, outside, paths, phones
from tests.cloud_init.packets.hosts import ADMIN, HOSTER_HOST, PRIVATE
from tests.cloud_init.packets.layout import Layout

Check = Callable[[Layout], None]

CHECKS = (*phones.CHECKS, *limits.CHECKS, *outside.CHECKS, *paths.CHECKS)

SETTINGS: dict[Check, dict[str, Any]] = {
    phones.at_a_hoster: {"dnsServers": [HOSTER_HOST]},
    phones.wall_with_a_door: {"reachableNetworks": [PRIVATE[0]]},
    phones.phones_meet: {"phoneToPhone": True},
    phones.quic_allowed: {"quic": "allow"},
    # The split has sites told a second time.
    phones.segment_size: {"acceleration": "off"},
    outside.ssh_from_its_source: {"sshSource": f"{ADMIN}/32"},
}
"""Where a check needs others than the example's."""

RUN_CHECK = (
    "mkdir -p /root/tests/cloud_init/packets && cd /root/tests/cloud_init/packets\n"
    + "".join(
        f"cat >{path.name} <<'END OF FILE'\n{path.read_text()}END OF FILE\n"
        for path in Path(__file__).with_name("packets").glob("*.py")
    )
    + "cd /root && exec python3 -Bm tests.cloud_init.packets "
)


def verdict(check: Check, guest: Guest, tunnels: str = "ppp0 ipsec1") -> str:
    """Empty, or what the gateway did wrong."""
    done = guest.run(f"export TUNNELS='{tunnels}'\n{RUN_CHECK}{check.__name__}")
    if done.returncode == 1 and done.stdout.startswith("RED: "):
        return done.stdout
    assert (done.returncode, done.stdout) == (0, ""), f"no verdict:\n{done.stdout}"
    return ""


@pytest.fixture
def guest_for(guest: Guest, raw: dict[str, Any], tmp_path: Path) -> Callable[[Check], Guest]:
    def build(check: Check) -> Guest:
        if check not in SETTINGS:
            return guest
        render(parse({**raw, **EVERY_FILE, **SETTINGS[check]}), tmp_path / "settings")
        return Guest(tmp_path / "settings")

    return build


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("tunnels", ["ppp0 ipsec1", "ipsec1 ppp0"], ids=["l2tp", "ikev2"])
def test_packets(check: Check, tunnels: str, guest_for: Callable[[Check], Guest]) -> None:
    """A phone that came with L2TP, and one that came with IKEv2: the same for both."""
    assert verdict(check, guest_for(check), tunnels) == ""


FILES = (
    "/etc/nftables.conf",
    *(f"/etc/lunch-gateway/{name}.nft" for name in ("settings", "split", "quic")),
    "/usr/local/sbin/gateway-ready",
    "/etc/sysctl.d/90-lunch-gateway.conf",
    "/etc/systemd/system/gateway-split.service",
)
REJECT = "goto refuse"
REFUSE = "reject with icmpx admin-prohibited"
NEXT = "\n        "
MASQUERADE = "ip saddr $tunnel_subnet oifname != $tunnels masquerade"
HIGH_PORTS = "masquerade to :16384-65535"
ESTABLISHED = "ct state established,related accept"
INVALID = "ct state invalid drop"
NOT_OURS = f"ip saddr != $tunnel_subnet drop{NEXT}"
NOT_ITS_OWN = f"fib saddr . iif oif missing drop{NEXT}"
ASK = "ip daddr $tunnel_gateway udp dport 53 add"
ASK_BY_TCP = "ip daddr $tunnel_gateway tcp dport 53 add"
DNS = "ip daddr $tunnel_gateway meta l4proto { tcp, udp } th dport 53 accept"
WALL = "ip daddr @walled ip daddr != $reachable_networks goto refuse"
SPLIT_WALL = "ip daddr @walled ip daddr != $reachable_networks return"
HAPROXY_WALL = "ip daddr @walled ip daddr != $reachable_networks reject"
OF_ONE = "ip saddr limit rate over"
BY_IPV6 = "ip6 saddr & ffff:ffff:ffff:ffff::"
NO_ROOM = "counter name split_full return"
ONES_SHARE = f"add @split_connections {{ ip saddr ct count over 1000 }} {NO_ROOM}\n"
ALL_ROOM = f"ct count over 2000 {NO_ROOM}\n"
QUIC = "udp dport 443 reject with icmpx port-unreachable"
MEETING = "oifname $tunnels ip saddr $meeting_phones ip daddr $meeting_phones accept"
SITE_CLAMP = "tcp option maxseg size set 1240"
CLAMP = "tcp flags syn tcp option maxseg size set $tunnel_mss"

BROKEN: list[tuple[Check, str, str]] = [
    (phones.internet, "iifname $tunnels jump from_phone\n", "\n"),
    (phones.internet, f"oifname $tunnels {ESTABLISHED}", ""),
    (phones.internet, MASQUERADE, ""),
    (phones.stray, f"ct state invalid drop{NEXT}oifname", "oifname"),
    (phones.unsolicited, f"$tunnels {ESTABLISHED}", "$tunnels accept"),
    (phones.unsolicited, "hook forward priority filter; policy drop", "hook forward priority 0"),
    (phones.unsolicited, f"{ESTABLISHED}{NEXT}{ASK_BY_TCP}", ASK_BY_TCP),
    (phones.wall, WALL, ""),
    (phones.wall, WALL, WALL.replace(REJECT, "drop")),
    (phones.wall, REFUSE, "drop"),
    (phones.wall, "0.0.0.0/8,", ""),
    (phones.wall, "169.254.0.0/16,", ""),
    (phones.wall, "168.63.129.16,", ""),
    (phones.wall, "224.0.0.0/3,", ""),
    (phones.wall, "10.0.0.0/8,", ""),
    (phones.wall, "172.16.0.0/12,", ""),
    (phones.wall, "192.168.0.0/16,", ""),
    (phones.wall, "100.64.0.0/10,", ""),
    (phones.wall_with_a_door, WALL, WALL.replace(" ip daddr != $reachable_networks", "")),
    (phones.wall_with_a_door, SPLIT_WALL, "ip daddr @walled return"),
    (phones.wall_with_a_door, HAPROXY_WALL, HAPROXY_WALL.replace("!= $", "$")),
    (phones.wall_has_no_memory, WALL, f"ct state new {WALL}"),
    (phones.at_a_hoster, "scope link", "scope host"),
    (phones.at_a_hoster, WALL, f"th dport != 53 {WALL}"),
    (phones.names, DNS, ""),
    (phones.names, DNS, DNS.replace("{ tcp, udp }", "tcp")),
    (phones.names, DNS, DNS.replace("{ tcp, udp }", "udp")),
    (phones.names, DNS, DNS.replace("ip daddr $tunnel_gateway", "")),
    (phones.names, "udp dport @ike_ports accept", "meta l4proto { tcp, udp } th dport 53 accept"),
    (phones.own_services, DNS, DNS.replace("th dport 53", "")),
    (phones.split, "iifname $tunnels ip saddr $tunnel_subnet meta l4proto tcp goto split", ""),
    (phones.split, "meta mark set 0x10000000 fib", "fib"),
    (phones.split, "        meta mark set 0\n", ""),
    (phones.split, "meta mark 0x10000000 meta l4proto tcp accept", ""),
    (phones.split, "lookup 100 &&", "lookup 101 &&"),
    (phones.split_has_the_walls, SPLIT_WALL, ""),
    (phones.split_has_the_walls, "fib daddr type local return", ""),
    (phones.split_has_the_walls, "fib daddr oifname $tunnels return", ""),
    (phones.quic_rejected, QUIC, ""),
    (phones.quic_rejected, QUIC, "udp dport 443 drop"),
    (phones.quic_rejected, QUIC, QUIC.replace("udp dport 443", "meta l4proto udp")),
    (phones.quic_rejected, QUIC, QUIC.replace("udp", "meta l4proto { tcp, udp } th")),
    (phones.quic_rejected, "jump quic", ""),
    (phones.quic_rejected, "net.ipv4.icmp_ratelimit = 0", ""),
    (phones.quic_allowed, "jump quic", "udp dport 443 drop"),
    (phones.own_services, "iifname $tunnels goto from_phone_to_us", "iifname $tunnels accept"),
    (phones.own_services, "iifname $tunnels goto from_phone_to_us", ""),
    (phones.own_services, "ip daddr $tunnel_gateway icmp type echo-request accept", ""),
    (phones.own_services, "ip daddr $tunnel_gateway icmp", "icmp"),
    (phones.phones_apart, MEETING, "oifname $tunnels accept"),
    (phones.phones_apart, f"oifname $tunnels {REJECT}", ""),
    (phones.phones_apart, WALL, ""),
    (phones.phones_meet, MEETING, ""),
    (phones.phones_meet, MEETING, "oifname $tunnels accept"),
    (phones.phones_meet, "oifname != $tunnels masquerade", "masquerade"),
    (phones.spoofed, f"{NOT_OURS}{NOT_ITS_OWN}{ASK}", f"{NOT_ITS_OWN}{ASK}"),
    (phones.spoofed, f"{NOT_OURS}{NOT_ITS_OWN}{INVALID}", f"{NOT_ITS_OWN}{INVALID}"),
    (phones.spoofed, f"{NOT_ITS_OWN}{ASK}", ASK),
    (phones.spoofed, f"{NOT_ITS_OWN}{INVALID}", INVALID),
    (limits.names_of_one, f"{OF_ONE} 50/", f"{OF_ONE} 50000/"),
    (limits.names_of_one, f"{OF_ONE} 50/", f"{OF_ONE} 50/".replace("saddr", "daddr")),
    (limits.names_by_tcp_of_one, "ip saddr ct count over 8", "ip saddr ct count over 80"),
    (limits.names_by_tcp_of_one, "ip saddr ct count over 8", "ip daddr ct count over 8"),
    (limits.split_of_one, "ip saddr ct count over 1000", "ip saddr ct count over 1001"),
    (limits.split_of_one, "ip saddr ct count over 1000", "ip daddr ct count over 1000"),
    (limits.split_of_one, f"over 1000 }} {NO_ROOM}", "over 1000 } return"),
    (limits.surplus_of_one, f"{ONES_SHARE}        {ALL_ROOM}", f"{ALL_ROOM}        {ONES_SHARE}"),
    (limits.split_of_all, "ct count over 2000", "ct count over 2001"),
    (limits.split_of_all, "ct count over 2000", "ct count over 1999"),
    (limits.split_of_all, f"ct count over 2000 {NO_ROOM}", ""),
    (limits.split_of_all, f"over 2000 {NO_ROOM}", "over 2000 return"),
    (limits.split_of_all, f"over 2000 {NO_ROOM}", "over 2000 counter name split_full drop"),
    (limits.flows_of_one, "ip saddr ct count over 4000", "ip saddr ct count over 5000"),
    (limits.flows_of_one, "ip saddr ct count over 4000", "ip daddr ct count over 4000"),
    (limits.refusals_of_one, f"refusals {{ {OF_ONE} 100/", f"refusals {{ {OF_ONE} 90000/"),
    (limits.refusals_of_one, "443 add @refusals { ip saddr", "443 add @refusals { ip daddr"),
    (limits.ike_of_one, f"{OF_ONE} 20/", f"{OF_ONE} 20000/"),
    (limits.ike_of_one, "ike_begun { ip saddr", "ike_begun { ip daddr"),
    (limits.ike_of_one, "udp dport 500 @th,128,64 0 jump ike_begins", ""),
    (limits.ike_of_one, "udp dport 500 @th,128,64 0", "udp dport 500"),
    (limits.ike_of_one, "udp dport 4500 @th,64,32 0 @th,160,64 0 jump ike_begins", ""),
    (limits.ike_of_one, "@th,160,64 0", ""),
    (
        limits.ike_of_one_by_ipv6,
        f"{BY_IPV6} limit rate over 20/",
        f"{BY_IPV6} limit rate over 20000/",
    ),
    (limits.ike_of_one_by_ipv6, f"{BY_IPV6} limit", "ip6 saddr limit"),
    (limits.ike_of_one_by_ipv6, BY_IPV6, BY_IPV6.replace("saddr", "daddr")),
    (limits.split_without_its_routing, "fib daddr . mark oif missing", ""),
    (limits.split_without_its_routing, "ExecStartPre=-", "#"),
    (limits.haproxy_has_the_walls, "ct state new jump dialled", ""),
    (outside.cleartext_l2tp, "udp dport 1701 drop", ""),
    (outside.cleartext_l2tp, "udp dport 1701 meta ipsec exists", "udp dport 1701"),
    (outside.cleartext_l2tp_answer, "udp sport 1701 rt ipsec missing drop", ""),
    (outside.cleartext_l2tp_answer, "rt ipsec missing", "rt ipsec exists"),
    (outside.ike, "type inet_service\n", "type inet_service\nelements = { 500 }\n"),
    (outside.ike, "udp dport @ike_ports accept", ""),
    (outside.ike, "udp dport @ike_ports accept", "meta l4proto udp accept"),
    (outside.ike, "ike_ports '{ 500, 4500 }'", "ike_ports '{ 500 }'"),
    (outside.ike_is_ours, HIGH_PORTS, "masquerade"),
    (outside.ssh_from_nobody, "ip saddr $ssh_source tcp", "tcp"),
    (outside.ssh_from_its_source, "ip saddr $ssh_source tcp", "tcp"),
    (outside.ssh_from_its_source, "ip saddr $ssh_source tcp dport 22 accept", ""),
    (outside.ssh_from_its_source, "$ssh_source tcp dport 22", "$ssh_source"),
    (outside.outside_world, "hook input priority filter; policy drop", "hook input priority 0"),
    (outside.outside_world, "udp sport 67 udp dport 68 accept", ""),
    (outside.outside_world, "udp sport 67 udp dport 68 accept", "udp sport 67 accept"),
    (outside.outside_world, "icmp type { echo-request,", "icmp type {"),
    (phones.segment_size, f"iifname $tunnels {CLAMP}", f'iifname "none" {CLAMP}'),
    (phones.segment_size, f"oifname $tunnels {CLAMP}", f'oifname "none" {CLAMP}'),
    (phones.segment_size, "define tunnel_mss = 1240", "define tunnel_mss = 1280"),
    (paths.narrow_paths, f"meta skuid haproxy {SITE_CLAMP}", f"meta skuid nobody {SITE_CLAMP}"),
    (paths.narrow_paths, f"iifname != $tunnels tcp flags syn {SITE_CLAMP}", ""),
    (paths.narrow_paths, SITE_CLAMP, SITE_CLAMP.replace("1240", "1241")),
]
"""A check, and an edit of a shipped file that must turn it red."""


@pytest.mark.parametrize(
    ("check", "old", "new"),
    [pytest.param(*row, id=f"{row[0].__name__}-{row[2] or f'no {row[1]}'}") for row in BROKEN],
)
def test_check_goes_red(
    check: Check, old: str, new: str, guest_for: Callable[[Check], Guest], tmp_path: Path
) -> None:
    guest = guest_for(check)
    path = next(path for path in FILES if old in guest.text(path))
    broken = guest.altered(tmp_path / "out", path, lambda text: text.replace(old, new, 1))
    assert verdict(check, broken) != ""


def test_every_check_was_seen_to_go_red() -> None:
    assert {row[0] for row in BROKEN} == set(CHECKS)
