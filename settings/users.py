"""Who may dial in, and by which password: the value of ``users``."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from settings.paths import dotted, path
from settings.places import Place
from settings.server import SERVER_NAME
from settings.values import BadValue, in_stack, secret, shown

PASSWORD_LENGTH = range(8, 129)
"""Characters. pppd reads at most 256 (MAXSECRETLEN, ppp 2.5); phones stop earlier."""

IKEV2_MIN_PASSWORD = 16
"""Characters. With L2TP the shared key stands before the password. With IKEv2 nothing does:
who knows a name can try passwords on line, and who poses as the gateway off line."""

_USER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


def users(value: Any) -> Mapping[str, str]:
    """Password by user name."""
    if not isinstance(value, Mapping):
        raise BadValue(
            "must be a map of user name to password, such as {alice: …}"
            + in_stack(": pulumi config set --secret --path users.alice")
        )
    if not value:
        raise BadValue("nobody could dial in; at least one user name with a password is needed")
    faults = [fault for name, password in value.items() for fault in _user_faults(name, password)]
    faults += _names_alike(value)
    if faults:
        raise BadValue(*faults)
    return dict(value)


_read_password = secret(
    "password", PASSWORD_LENGTH, note=f" ({IKEV2_MIN_PASSWORD} or more with ikev2 in protocols)"
)


def _user_faults(name: Any, password: Any) -> Iterator[str]:
    if not _is_usable(name):
        yield _not_usable(name)
        return
    # His password would prove anybody, and pppd could be asked to prove itself by it.
    if name.lower() == SERVER_NAME:
        yield f"user {name} is called like the gateway itself; choose another name"
    if isinstance(password, Mapping):
        yield f"user {name}: {_below(name, password)}"
        return
    if isinstance(password, list):
        yield f"user {name}: {_a_list(path('users', name))}"
        return
    try:
        _read_password(password)
    except BadValue as bad:
        again = "" if isinstance(password, str) else _as_text(path("users", name))
        yield f"user {name}: {bad}{again}"
        return
    if password.startswith("@/"):
        yield f"user {name}: a password that begins with @/ is a file name to pppd"


def _not_usable(name: Any) -> str:
    """Say what is wrong with a name that is none. To YAML 7, true and 2026-11-27 are no texts
    unless they are quoted, and a reader who sees digits allowed would not see why his are not."""
    if not isinstance(name, str | None):
        return f"user name {shown(name)} is no text to YAML; write it in quotes"
    return (
        f"user name {shown(name)} is not usable; allowed: 1 to 64 letters, digits and . _ @ -,"
        " a letter or digit first (pppd and some phones alter anything else)"
    )


def _a_list(path: str) -> str:
    """Say what is wrong with a list in the place of a password; its items are not shown."""
    return "the password must be text, and this is a list" + in_stack(
        f", which --path makes of a number in brackets. Set it: pulumi config set --secret --path"
        f" {path}, after pulumi config rm --path {path}"
    )


def _as_text(path: str) -> str:
    return in_stack(
        "; it came as a number or the like, which pulumi config set makes of digits without"
        f" --secret. Set it again: pulumi config set --secret --path {path}"
    )


def _below(name: str, parts: Mapping[Any, Any]) -> str:
    """Say what is wrong with a map in the place of a password. What it holds is not shown, but
    names that a dot cut."""
    meant = next((full for full in dotted(name, parts) if _is_usable(full)), f"{name}.NAME")
    return "the password must be text, and this is a map" + in_stack(
        ", which --path makes of a name with a dot."
        f" Quote it: pulumi config set --secret --path {path('users', meant)}, and take this one"
        f" away: pulumi config rm --path {path('users', name)}"
    )


def _names_alike(names: Iterable[Any]) -> Iterator[str]:
    """A line for each name that is written in several ways. IKE compares names as DNS does,
    and on a Mac or on Windows their files would be one."""
    alike = defaultdict(list)
    for name in filter(_is_usable, names):
        alike[name.lower()].append(name)
    for same in alike.values():
        if len(same) > 1:
            both = " and ".join(same)
            yield f"{both} differ in case only; to IKE they are one. Rename all but one"


def _is_usable(name: Any) -> bool:
    return isinstance(name, str) and bool(_USER_NAME.fullmatch(name))


def too_short_for_ikev2(known: Mapping[str, str], place: Place) -> Iterator[str]:
    """A line for everybody whose password must not be a key. It says its length alone."""
    for name, password in known.items():
        if len(password) < IKEV2_MIN_PASSWORD:
            yield (
                f"user {name}: the password has {len(password)} characters; with ikev2 in protocols"
                f" {IKEV2_MIN_PASSWORD} or more are needed, since it alone is the key and strangers"
                f" can try it on line. {place.longer.format(name=name, path=path('users', name))},"
                " or protocols: [l2tp]"
            )
