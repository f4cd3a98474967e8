"""The files that land on the guest: the tree ``rootfs/``, with the settings filled in.

A file's path under ``rootfs/`` is its path on the guest. One that ends in ``.tmpl`` is a
`string.Template`; every other is literal. What git calls executable is 0755 there, the
rest 0644, except what `SECRET_FILES` names. Lines that are all comment, and docstrings that
no program prints, stay here: they would take a third of what Azure allows, and a better word
in one would replace every machine.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from settings.guest import Settings
from settings.server import SERVER_NAME

ROOTFS = Path(__file__).parent / "rootfs"

SECRET_FILES: Mapping[str, str] = {
    "/etc/swanctl/conf.d/l2tp-secret.conf": "holds the pre-shared key",
    "/etc/swanctl/conf.d/ikev2-secrets.conf": "holds every user's password",
    "/etc/ppp/chap-secrets": "holds every user's password",
}
"""Guest path to the reason why only root may read it (mode 0600)."""

ONLY_FOR_SPLIT = frozenset(
    {
        "/etc/haproxy/haproxy.cfg",
        "/etc/lunch-gateway/split.nft",
        "/etc/ppp/ip-up.d/lunch-gateway",
        "/etc/systemd/network/10-lunch-gateway-phones.link",
        "/etc/systemd/system/gateway-bbr-phone.service",
        "/etc/systemd/system/gateway-split.service",
        "/etc/systemd/system/gateway-tunnel.service.d/10-lunch-gateway-split.conf",
        "/etc/systemd/system/haproxy.service.d/10-lunch-gateway.conf",
        "/etc/udev/rules.d/90-lunch-gateway-phones.rules",
        "/usr/local/lib/lunch-gateway/bbr-phone.c",
    }
)
"""Guest paths that are left out where the phones' TCP is not split."""

ONLY_FOR = {
    "l2tp": frozenset(
        {
            "/etc/lunch-gateway/l2tp.nft",
            "/etc/modules-load.d/lunch-gateway-l2tp.conf",
            "/etc/ppp/chap-secrets",
            "/etc/ppp/ip-down.d/lunch-gateway",
            "/etc/ppp/ip-up.d/lunch-gateway",
            "/etc/ppp/options.xl2tpd",
            "/etc/swanctl/conf.d/l2tp-secret.conf",
            "/etc/swanctl/conf.d/l2tp.conf",
            "/etc/swanctl/conf.d/modp1024.conf",
            "/etc/systemd/system/xl2tpd.service",
            "/usr/local/sbin/gateway-l2tp-ended",
            "/etc/xl2tpd/xl2tpd.conf",
        }
    ),
    "ikev2": frozenset(
        {
            "/etc/lunch-gateway/tunnel.env",
            "/etc/modules-load.d/lunch-gateway-ikev2.conf",
            "/etc/swanctl/conf.d/ikev2-secrets.conf",
            "/etc/swanctl/conf.d/ikev2.conf",
            "/etc/systemd/system/gateway-tunnel.service",
            "/etc/systemd/system/gateway-tunnel.service.d/10-lunch-gateway-split.conf",
        }
    ),
}
"""Guest paths that are left out where phones don't dial in that way."""

ONLY_WITHOUT_QUIC = frozenset({"/etc/lunch-gateway/quic.nft"})
"""Guest paths that are left out where the phones' QUIC is let through: where that is asked
for, and where TCP would gain nothing from taking its place."""

ONLY_WITH_MODP1024 = frozenset({"/etc/swanctl/conf.d/modp1024.conf"})
"""Guest paths that are left out where phones that know no better group are refused."""

NOBODY = "255.255.255.255"
"""An address that no packet can come from, for nft definitions that must not be empty."""


class GuestFileError(ValueError):
    """A file of the tree can't be rendered. One line: its path on the guest, and why."""


@dataclass(frozen=True)
class GuestFile:
    """One file on the guest."""

    path: str
    """Absolute, on the guest."""
    content: str
    mode: int


def guest_files(settings: Settings, rootfs: Path = ROOTFS) -> Iterator[GuestFile]:
    """Every file of the guest, by path. ``rootfs`` is the tree that they are made of.

    Raises:
        GuestFileError: one is no text, or a template that names what does not exist.
    """
    values, left_out = _template_values(settings), _left_out(settings)
    for source in sorted(path for path in rootfs.rglob("*") if path.is_file()):
        file = _guest_file(source, "/" + source.relative_to(rootfs).as_posix(), values)
        if file.path not in left_out:
            yield file


def _guest_file(source: Path, path: str, values: Mapping[str, str]) -> GuestFile:
    try:
        content = _without_comments(source.read_text(encoding="utf-8"), path)
        if path.endswith(".tmpl"):
            path, content = path.removesuffix(".tmpl"), Template(content).substitute(values)
    except UnicodeDecodeError:
        raise GuestFileError(f"{path}: not UTF-8 text") from None
    except KeyError as error:
        raise GuestFileError(f"{path}: names {error}, a value that does not exist") from None
    except (ValueError, SyntaxError, RecursionError, MemoryError) as error:
        raise GuestFileError(f"{path}: {str(error) or 'nested too deeply'}") from None
    return GuestFile(path, content, _mode(source, path))


def _without_comments(text: str, path: str) -> str:
    """Before anything is filled in: what a user calls himself is no comment."""
    slashes = path.startswith("/etc/apt/apt.conf.d/") or path.endswith(".c")
    mark = "//" if slashes else "#(?!!)"
    code = re.sub(rf"^[ \t]*{mark}.*\n", "", text, flags=re.MULTILINE)
    if path.endswith(".py") or text.startswith("#!/usr/bin/python3\n"):
        code = _without_docstrings(code)
    return re.sub(r"\n{3,}", "\n\n", code).lstrip("\n")


def _without_docstrings(code: str) -> str:
    """Also without those of constants. What ``--help`` prints stays."""
    printed = "__doc__" in code
    lines = code.splitlines(keepends=True)
    for node in ast.walk(ast.parse(code)):
        body = getattr(node, "body", None)
        # What has nothing else needs it.
        if not isinstance(body, list) or len(body) == 1:
            continue
        for number, statement in enumerate(body):
            told = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            if told and not (printed and isinstance(node, ast.Module) and number == 0):
                for line in range(statement.lineno - 1, statement.end_lineno):
                    lines[line] = ""
    return "".join(lines)


def _left_out(settings: Settings) -> frozenset[str]:
    splitting = settings.acceleration == "split"
    return frozenset().union(
        () if splitting else ONLY_FOR_SPLIT,
        () if splitting and settings.quic == "reject" else ONLY_WITHOUT_QUIC,
        () if settings.modp1024 == "allow" else ONLY_WITH_MODP1024,
        *(paths for protocol, paths in ONLY_FOR.items() if protocol not in settings.protocols),
    )


def _mode(source: Path, path: str) -> int:
    if path in SECRET_FILES:
        return 0o600
    return 0o755 if os.access(source, os.X_OK) else 0o644


def _template_values(settings: Settings) -> dict[str, str]:
    """What the templates may name. Lists are joined here: templates have no loops."""
    first, last = settings.l2tp_range
    ikev2_first, ikev2_last = settings.ikev2_range
    return {
        "called": settings.server_name or "*",
        "chap_secrets": "\n".join(
            f'"{user}" {SERVER_NAME} "{_pppd_escape(password)}" *'
            for user, password in settings.users.items()
        ),
        "ikev2_first": str(ikev2_first),
        "ikev2_last": str(ikev2_last),
        "ikev2_secrets": "\n".join(
            _swanctl_secret(number, user, password)
            for number, (user, password) in enumerate(settings.users.items(), 1)
        ),
        "l2tp_first": str(first),
        "l2tp_last": str(last),
        "meeting_phones": str(settings.tunnel_subnet) if settings.phone_to_phone else NOBODY,
        "mtu": str(settings.mtu),
        "own_name": settings.server_name or SERVER_NAME,
        "psk": _swanctl_text(settings.psk),
        "reachable_networks": ", ".join(map(str, settings.reachable_networks)) or NOBODY,
        "server_name": SERVER_NAME,
        "ssh_source": str(settings.ssh_source or NOBODY),
        "tunnel_gateway": str(settings.tunnel_gateway),
        "tunnel_mss": str(settings.mtu - 40),
        "tunnel_subnet": str(settings.tunnel_subnet),
        "upstream_servers": "\n".join(f"server={server}" for server in settings.dns_servers),
    }


def _swanctl_secret(number: int, user: str, password: str) -> str:
    """One assignment a line: swanctl's parser knows no other separator. None is indented, since
    each byte of these counts a hundred times.

    A client sends a name with an @ as somebody's at a host, and any other as a host's
    (RFC 7296, 3.5; Android's VpnIkev2Utils, Apple's and strongSwan's clients); some send all
    as the latter, and some as bytes (ID_KEY_ID; strongswan#2101).
    """
    names = (f"fqdn:{user}", f"keyid:{user}", *([f"email:{user}"] if "@" in user else []))
    ids = (f"id{index} = {name}" for index, name in enumerate(names))
    return "\n".join((f"ike-{number} {{", *ids, f"secret = {_swanctl_text(password)}", "}"))


def _swanctl_text(secret: str) -> str:
    """A secret as swanctl.conf(5) reads it: between double quotes, unless it holds one or
    would be taken for hexadecimal or base64 itself."""
    if set(secret) & {'"', "\\"} or secret[:2].lower() in ("0x", "0s"):
        return f"0x{secret.encode().hex()}"
    return f'"{secret}"'


def _pppd_escape(secret: str) -> str:
    """For between double quotes in chap-secrets: pppd(8), "a backslash escapes the
    following character"."""
    return secret.replace("\\", "\\\\").replace('"', '\\"')
