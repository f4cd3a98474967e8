"""The files that land on the guest: the tree ``rootfs/``, with the settings filled in.

A file's path under ``rootfs/`` is its path on the guest. One that ends in ``.tmpl`` is a
`string.Template`; every other is literal. What git calls executable is 0755 there, the
rest 0644, except what `SECRET_FILES` names.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from cloud_init.settings import Settings

ROOTFS = Path(__file__).parent / "rootfs"

SERVER_NAME = "lunch-gateway"
"""What pppd calls itself to a phone; no phone shows or checks it."""

SECRET_FILES: Mapping[str, str] = {
    "/etc/ipsec.d/lunch-gateway.secrets": "holds the pre-shared key",
    "/etc/ppp/chap-secrets": "holds every user's password",
}
"""Guest path to the reason why only root may read it (mode 0600)."""

ONLY_FOR_SPLIT = frozenset(
    {
        "/etc/haproxy/haproxy.cfg",
        "/etc/lunch-gateway/split.nft",
        "/etc/systemd/networkd.conf.d/lunch-gateway.conf",
        "/etc/systemd/system/gateway-split.service",
        "/etc/systemd/system/haproxy.service.d/10-lunch-gateway.conf",
    }
)
"""Guest paths that are left out where the phones' TCP is not split."""

ONLY_WITHOUT_QUIC = frozenset({"/etc/lunch-gateway/quic.nft"})
"""Guest paths that are left out where the phones' QUIC is let through."""

NOBODY = "255.255.255.255"
"""An address that no packet can come from, for nft definitions that must not be empty."""


@dataclass(frozen=True)
class GuestFile:
    """One file on the guest."""

    path: str
    """Absolute, on the guest."""
    content: str
    mode: int


def guest_files(settings: Settings) -> Iterator[GuestFile]:
    """Every file of the guest, by path.

    Raises:
        KeyError: a template names a value that does not exist.
    """
    values, left_out = _template_values(settings), _left_out(settings)
    for source in sorted(path for path in ROOTFS.rglob("*") if path.is_file()):
        path = "/" + source.relative_to(ROOTFS).as_posix()
        content = source.read_text(encoding="utf-8")
        if path.endswith(".tmpl"):
            path, content = path.removesuffix(".tmpl"), Template(content).substitute(values)
        if path not in left_out:
            yield GuestFile(path, content, _mode(source, path))


def _left_out(settings: Settings) -> frozenset[str]:
    return (frozenset() if settings.acceleration == "split" else ONLY_FOR_SPLIT) | (
        frozenset() if settings.quic == "reject" else ONLY_WITHOUT_QUIC
    )


def _mode(source: Path, path: str) -> int:
    if path in SECRET_FILES:
        return 0o600
    return 0o755 if os.access(source, os.X_OK) else 0o644


def _template_values(settings: Settings) -> dict[str, str]:
    """What the templates may name. Lists are joined here: templates have no loops."""
    first, last = settings.l2tp_range
    return {
        "chap_secrets": "\n".join(
            f'"{user}" {SERVER_NAME} "{_pppd_escape(password)}" *'
            for user, password in settings.users.items()
        ),
        "l2tp_first": str(first),
        "l2tp_last": str(last),
        "meeting_phones": str(settings.tunnel_subnet) if settings.phone_to_phone else NOBODY,
        "mtu": str(settings.mtu),
        "psk": settings.psk,
        "server_name": SERVER_NAME,
        "ssh_source": str(settings.ssh_source or NOBODY),
        "tunnel_gateway": str(settings.tunnel_gateway),
        "tunnel_mss": str(settings.mtu - 40),
        "tunnel_subnet": str(settings.tunnel_subnet),
        "upstream_servers": "\n".join(f"server={server}" for server in settings.dns_servers),
        "vnet_subnet": str(settings.vnet_subnet),
    }


def _pppd_escape(secret: str) -> str:
    """For between double quotes in chap-secrets: pppd(8), "a backslash escapes the
    following character"."""
    return secret.replace("\\", "\\\\").replace('"', '\\"')
