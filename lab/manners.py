"""How a gateway that runs treats what passes, for those who compare: splitting or forwarding, by
which congestion control, and with or without QUIC."""

from __future__ import annotations

from lab.machines.machine import Machine

KERNELS_TSO_RTT_LOG = "9"
"""tcp_tso_rtt_log by default, for what does not split: the partner of the gateway's own, the
limit on phones' interfaces, does not hold for Shadowsocks, which would send 64 KB at once into
a queue that takes as much."""


def tso_rtt_log(gateway: Machine) -> str:
    """Returns what the gateway has set; it booted with its own."""
    return gateway.succeed("sysctl -n net.ipv4.tcp_tso_rtt_log").strip()


def forward(gateway: Machine, congestion_control: str, quic: bool) -> None:
    """Have the gateway forward, its own TCP by this congestion control."""
    gateway.succeed(" && ".join(_steps(congestion_control, quic, KERNELS_TSO_RTT_LOG)))


def split(
    gateway: Machine, congestion_control: str, towards_phones: str, quic: bool, bursts: str
) -> None:
    """Have the gateway end the phones' TCP; their routes name another congestion control, or, if
    that is empty, none."""
    steps = [
        *_steps(congestion_control, quic, bursts),
        "systemctl start haproxy",
        "timeout 30 sh -c 'until ss -Hltn sport = :3129 | grep -q .; do sleep 0.2; done'",
        # Last: a phone that has only just dialled has had its own from ip-up by now.
        phones_routes(towards_phones),
    ]
    gateway.succeed(" && ".join(steps))


def _steps(congestion_control: str, quic: bool, bursts: str) -> list[str]:
    """Returns what is run at once: on a slow host each command takes the agent a quarter of a
    second."""
    steps = [
        # What listens keeps the congestion control it began with.
        f"sysctl -qw net.ipv4.tcp_congestion_control={congestion_control}"
        f" net.ipv4.tcp_tso_rtt_log={bursts} && systemctl stop haproxy",
        "nft flush chain inet gateway quic",
    ]
    # As /etc/lunch-gateway/quic.nft has it.
    refused = "nft add rule inet gateway quic udp dport 443 reject with icmpx port-unreachable"
    return steps if quic else [*steps, refused]


def phones_routes(congestion_control: str) -> str:
    """Returns the shell command that has the phones' routes name it, or nothing."""
    named = f" congctl {congestion_control}" if congestion_control else ""
    return (
        "ip -4 route show | sed -n 's/ congctl .*//; / dev \\(ppp[0-9]*\\|ipsec1\\) /p'"
        f" | while read -r route; do ip route change $route{named} || exit 1; done"
    )
