"""The ways to the site that are compared: their names for readers, in the order of the charts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mode:
    """A way to the site. `style` names its colour: page.css has one per scheme."""

    label: str
    """In charts and sentences."""
    explanation: str
    """In the glossary."""
    style: str
    marker: str = "o"
    dashes: tuple[int, ...] = ()
    """Of its line: never colour alone."""


OURS = "split+bbr"

MODES = {
    OURS: Mode(
        "this gateway",
        "L2TP/IPsec to the gateway, which ends the phone's TCP there and opens its own connection"
        " to the site. On the phone's line the sender is therefore the gateway, with BBR.",
        "mode-ours",
    ),
    "direct": Mode(
        "no VPN",
        "The bare line, without any gateway. The site sends, with cubic as most sites do.",
        "mode-direct",
        marker="s",
        dashes=(6, 3),
    ),
    "forward": Mode(
        "plain VPN",
        "The same L2TP/IPsec, but the gateway only forwards packets, so the site is the sender."
        " The gateway's own TCP is set to BBR, as in the article.",
        "mode-forward",
        marker="^",
        dashes=(2, 2),
    ),
    "forward+cubic": Mode(
        "plain VPN, cubic",
        "The plain VPN with the gateway's own TCP set to cubic."
        " If it differs from the plain VPN, BBR does something there after all.",
        "mode-forward-cubic",
    ),
    "split+cubic": Mode(
        "split, cubic",
        "This gateway with cubic in place of BBR. Shows what ending TCP does by itself.",
        "mode-ours-cubic",
    ),
    "split+bbr1": Mode(
        "split, plain BBR",
        "This gateway with BBR as the kernel has it, without the rules of its own.",
        "mode-ours-plain",
    ),
    "split+bbr+quic": Mode(
        "gateway, QUIC",
        "This gateway with QUIC let through, beside the split. As it ships it refuses QUIC, so"
        " that browsers take TCP.",
        "mode-ours-quic",
    ),
    "split+bbr+ikev2": Mode(
        "gateway by IKEv2",
        "This gateway, dialled by IKEv2 as Android 12 and later do, in place of L2TP.",
        "mode-ours-ikev2",
    ),
    "wireguard": Mode(
        "WireGuard",
        "Another VPN that only forwards packets, with less overhead. The phone needs its app.",
        "mode-wireguard",
    ),
    "shadowsocks": Mode(
        "Shadowsocks",
        "A proxy: it ends the phone's TCP, as this gateway does. The phone needs an app.",
        "mode-shadowsocks",
    ),
}


def mode_of(name: str) -> Mode:
    """Its entry, or a nameless one, so that a new mode is shown before it is explained."""
    return MODES.get(name, Mode(name, "", "mode-other"))


def rank(name: str) -> int:
    """Its place in every chart."""
    return list(MODES).index(name) if name in MODES else len(MODES)
