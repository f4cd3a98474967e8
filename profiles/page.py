"""One person's page: values, QR codes, profiles and steps, in one HTML file that needs
nothing else. It fetches nothing, and its own policy would not let it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path

import jinja2

from profiles import qr
from profiles.account import Account
from profiles.bundle import File

HERE = Path(__file__).parent

NAMES = {
    "server": ("Server", "サーバー"),
    "user": ("User name", "ユーザー名"),
    "password": ("Password", "パスワード"),
    "psk": ("Pre-shared key (L2TP only)", "事前共有鍵(L2TP のみ)"),
}
"""Each value's name on the page, in English and Japanese."""

KINDS = (
    *("ikev2", "on_demand", "nothing_beside", "l2tp"),
    *("nm_ikev2", "nm_l2tp", "powershell"),
)
"""Of files (`profiles.bundle`); not everybody gets each."""

OPEN_KEYS = ("server", "user")
"""Shown at once. The others are behind a tap, because somebody may look over a shoulder."""


def render(account: Account, files: Mapping[str, File]) -> str:
    """The page.

    Args:
        account: whose page it is.
        files: what `profiles.bundle.files` made for the same account.
    """
    values = {key: getattr(account, key) for key in NAMES}
    css, js = _read("page.css"), _read("page.js")
    return (
        _environment()
        .get_template("page.html.tmpl")
        .render(
            account=account,
            ikev2="ikev2" in account.protocols,
            l2tp="l2tp" in account.protocols,
            values=values,
            names=NAMES,
            ids={key: f"text-{key}" for key in NAMES},
            open_keys=OPEN_KEYS,
            shown_keys=[key for key in NAMES if key != "psk" or "l2tp" in account.protocols],
            codes={key: qr.svg(value) for key, value in values.items()},
            names_of={
                **dict.fromkeys(KINDS),
                **{kind: file.name for kind, file in files.items()},
            },
            files={file.name: file for file in files.values()},
            css=css,
            js=js,
            policy=_policy(css, js),
        )
    )


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        # By itself it would escape only templates whose name ends in .html.
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _policy(css: str, js: str) -> str:
    """Nothing may be loaded, sent or run but our own style sheet and script, known by
    their hashes: not even something that a quoting mistake of ours let in."""
    return (
        "default-src 'none'; base-uri 'none'; form-action 'none';"
        f" style-src {_hash(css)}; script-src {_hash(js)}"
    )


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
    return f"'sha256-{digest}'"
