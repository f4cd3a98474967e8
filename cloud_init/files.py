"""The files that land on the guest: the layers of ``rootfs/``, with the settings filled in.

A file's path in its layer, ``rootfs/LAYER/``, is its path on the guest. The layer's name says
when it ships: ``a+b`` where both parts are on (`parts`). A file that ends in ``.tmpl`` is a
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

README = "README.md"
"""Stands beside the layers: a paragraph for each."""

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


def parts(settings: Settings) -> Mapping[str, bool]:
    """Every word that a layer's name may be made of, and whether it is on."""
    return {
        "base": True,
        "l2tp": "l2tp" in settings.protocols,
        "ikev2": "ikev2" in settings.protocols,
        "split": settings.acceleration == "split",
        "quic-rejected": settings.quic == "reject",
        "modp1024": settings.modp1024 == "allow",
    }


def guest_files(settings: Settings, rootfs: Path = ROOTFS) -> Iterator[GuestFile]:
    """Yields every file of the guest, by path. ``rootfs`` holds the layers that they come from.

    Raises:
        GuestFileError: one is no text, is a template that names what does not exist, or lies
            in no layer, or in two.
    """
    values, on = _template_values(settings), parts(settings)
    for path, source, layer in _sources(rootfs, frozenset(on)):
        # Also of a layer that stays here: a mistake in it shows with any settings.
        file = _guest_file(source, path, values)
        if all(on[part] for part in layer.split("+")):
            yield file


def _sources(rootfs: Path, known: frozenset[str]) -> Iterator[tuple[str, Path, str]]:
    """Yields guest path, source and layer of every file of the tree, in the order of paths."""
    found = [path.relative_to(rootfs) for path in rootfs.rglob("*") if path.is_file()]
    brought: dict[str, str] = {}
    for name in sorted(found, key=lambda name: name.parts[1:]):
        if name == Path(README):
            continue
        layer, *inside = name.parts
        path = "/" + "/".join(inside)
        if not inside or not set(layer.split("+")) <= known:
            raise GuestFileError(
                f"/{name.as_posix()}: {layer} is no layer; a layer's name is made of"
                f" {', '.join(sorted(known))}, with + between two"
            )
        lands = path.removesuffix(".tmpl")
        if other := brought.get(lands):
            raise GuestFileError(f"{lands}: brought twice, as {other} and as {name.as_posix()}")
        brought[lands] = name.as_posix()
        yield path, rootfs / name, layer


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
    """Return Python without docstrings, those of constants too. What ``--help`` prints stays."""
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


def _mode(source: Path, path: str) -> int:
    if path in SECRET_FILES:
        return 0o600
    return 0o755 if os.access(source, os.X_OK) else 0o644


def _template_values(settings: Settings) -> dict[str, str]:
    """Return what the templates may name. Lists are joined here: templates have no loops."""
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
        "upstream_servers": "\n".join(
            f"    forward-addr: {server}" for server in settings.dns_servers
        ),
    }


def _swanctl_secret(number: int, user: str, password: str) -> str:
    """Assign one a line: swanctl's parser knows no other separator. None is indented, since
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
    """Return a text for between double quotes in chap-secrets: pppd(8), "a backslash escapes the
    following character"."""
    return secret.replace("\\", "\\\\").replace('"', '\\"')
