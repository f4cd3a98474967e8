"""How a gateway that runs treats what passes, for those who compare: splitting or forwarding, by
which congestion control, and with or without QUIC."""

from __future__ import annotations

from dataclasses import dataclass

from lab.machines.machine import Machine

KERNELS_TSO_RTT_LOG = "9"
"""tcp_tso_rtt_log by default, for what does not split: the partner of the gateway's own, the
limit on phones' interfaces, does not hold for Shadowsocks, which would send 64 KB at once into
a queue that takes as much."""

OWN_BURSTS = "sysctl -n net.ipv4.tcp_tso_rtt_log"


@dataclass
class Manners:
    """A gateway's, which is told only what changes."""

    gateway: Machine
    _now: tuple[str, str, bool, bool] | None = None
    _bursts: str | None = None
    """Its own tcp_tso_rtt_log, as it booted."""

    def take(self, congestion_control: str, towards_phones: str, split: bool, quic: bool) -> None:
        """Have the gateway forward, its own TCP by this congestion control; or have it end the
        phones' TCP, whose routes name another or, if that is empty, none."""
        before, self._now = self._now, (congestion_control, towards_phones, split, quic)
        if before == self._now:
            return
        self._bursts = self._bursts or self.gateway.succeed(OWN_BURSTS).strip()
        bursts = self._bursts if split else KERNELS_TSO_RTT_LOG
        steps = _steps(congestion_control, quic, bursts)
        if split:
            steps += [
                "systemctl start haproxy",
                "timeout 30 sh -c 'until ss -Hltn sport = :3129 | grep -q .; do sleep 0.2; done'",
                # Last: a phone that has only just dialled has had its own from ip-up by now.
                phones_routes(towards_phones),
            ]
        self.gateway.succeed(" && ".join(steps))

    def forget(self) -> None:
        """Tell it all anew next time, because something else has changed it."""
        self._now = None


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
