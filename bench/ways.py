"""The ways a phone can take to the site: what each is, and what readers are told of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way, and what the gateway does on it."""

    label: str
    """In charts and sentences."""
    explanation: str
    """In the glossary."""
    transport: str
    """``direct``, ``l2tp``, ``ikev2``, ``wireguard`` or ``shadowsocks``."""
    congestion_control: str = "bbr"
    """The gateway's."""
    split: bool = False
    towards_phones: str = "bbr.phone"
    """What the phones' routes name instead, where it splits; empty: nothing."""
    quic: bool = True
    """Whether QUIC gets through on this way; the gateway's `quic: reject` is False."""


OURS, IKEV2, DIRECT = "gateway-l2tp", "gateway-ikev2", "direct"
"""The phone's own two clients, and none."""
_gateway = partial(Way, transport="l2tp", split=True, quic=False)

WAYS: dict[str, Way] = {
    OURS: _gateway(
        label="this gateway",
        explanation="L2TP/IPsec to the gateway, which ends the phone's TCP there and opens its own"
        " connection to the site. So the gateway, with BBR, is who sends on the phone's line.",
    ),
    DIRECT: Way(
        label="no VPN",
        explanation="The bare line, without any gateway. The site sends, with cubic as most do.",
        transport="direct",
    ),
    "forward": Way(
        label="ordinary VPN",
        explanation="The same L2TP/IPsec, but the gateway only forwards packets, so the site is the"
        " sender. The gateway's own TCP is set to BBR, as in the article.",
        transport="l2tp",
    ),
    "forward-cubic": Way(
        label="ordinary VPN, cubic",
        explanation="The ordinary VPN with the gateway's own TCP set to cubic."
        " If it differs from the ordinary VPN, BBR does something there after all.",
        transport="l2tp",
        congestion_control="cubic",
    ),
    "gateway-cubic": _gateway(
        label="gateway, cubic",
        explanation="This gateway with cubic, which most senders run, in place of BBR. Shows what"
        " ending TCP does alone.",
        congestion_control="cubic",
        towards_phones="",
    ),
    "gateway-plain-bbr": _gateway(
        label="gateway, plain BBR",
        explanation="This gateway with BBR as the kernel has it, without the rules of its own.",
        towards_phones="",
    ),
    "gateway-quic": _gateway(
        label="gateway, QUIC",
        explanation="This gateway with QUIC let through, beside the split. As it ships it refuses"
        " QUIC, so that browsers take TCP.",
        quic=True,
    ),
    IKEV2: _gateway(
        label="gateway by IKEv2",
        explanation="This gateway, dialled by IKEv2 as Android 12 and later do, in place of L2TP.",
        transport="ikev2",
    ),
    "wireguard": Way(
        label="WireGuard",
        explanation="Another VPN that only forwards packets, with less overhead. It needs an app.",
        transport="wireguard",
    ),
    # ss-tunnel carries TCP here, as most apps' proxies do.
    "shadowsocks": Way(
        label="Shadowsocks",
        explanation="A proxy: it ends the phone's TCP, as this gateway does. It needs an app.",
        transport="shadowsocks",
        quic=False,
    ),
}
"""In the order of the charts."""


def label(name: str) -> str:
    """Return what readers call a way: of one that is not explained yet, its name."""
    return WAYS[name].label if name in WAYS else name


def colour(name: str) -> str:
    """Return what colours a way, a custom property of report.css."""
    return f"var(--way-{name if name in WAYS else 'other'})"


def rank(name: str) -> int:
    """Return a way's rank in every chart."""
    return list(WAYS).index(name) if name in WAYS else len(WAYS)
