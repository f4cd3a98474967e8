"""Who may dial in, and by which password: the value of ``users``."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from settings.paths import dotted, path
from settings.places import Place
from settings.server import SERVER_NAME
from settings.values import BadValue, in_stack, is_encrypted, kind, ordinal, secret

PASSWORD_LENGTH = range(8, 129)
"""Characters. pppd reads at most 256 (MAXSECRETLEN, ppp 2.5); phones stop earlier."""

IKEV2_MIN_PASSWORD = 16
"""Characters. With L2TP the shared key stands before the password. With IKEv2 nothing does:
who knows a name can try passwords on line, and who poses as the gateway off line."""

_USER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


def users(value: Any) -> Mapping[str, str]:
    """Password by user name."""
    if is_encrypted(value) and str(value["secure"]).startswith("v1:"):
        raise BadValue("encrypted, as in a stack's file; write the map itself")
    if not isinstance(value, Mapping):
        colon = isinstance(value, str) and re.search("[:=\uff1a]", value)
        raise BadValue(
            "must be a map of user name to password, such as {alice: …}"
            + ("; behind a colon YAML wants a blank" if colon else "")
            + in_stack(": pulumi config set --secret --path users.alice")
        )
    if not value:
        raise BadValue("nobody could dial in; at least one user name with a password is needed")
    faults = [
        fault
        for number, (name, password) in enumerate(value.items(), 1)
        for fault in _user_faults(number, name, password)
    ]
    faults += _names_alike(value)
    if faults:
        raise BadValue(*faults)
    return dict(value)


_read_password = secret(
    "password", PASSWORD_LENGTH, note=f" ({IKEV2_MIN_PASSWORD} or more with ikev2 in protocols)"
)


def called(number: int, name: Any, password: Any) -> str:
    """Returns what a message calls a user: by name, or by place where what stands for the name may
    be the password, since somebody wrote the two in the wrong order. No password is shorter than
    `PASSWORD_LENGTH`, and few are shorter than the name that they belong to."""
    longer = isinstance(password, str) and is_usable(name) and len(password) > len(name)
    if is_usable(name) and (longer or len(name) < PASSWORD_LENGTH.start):
        return f"user {name}"
    return f"the {ordinal(number)} user"


def _user_faults(number: int, name: Any, password: Any) -> Iterator[str]:
    if not is_usable(name):
        yield f"the {ordinal(number)} name {_not_usable(name)}"
        return
    who = called(number, name, password)
    # His password would prove anybody, and pppd could be asked to prove itself by it.
    if name.lower() == SERVER_NAME:
        yield f"user {name} is called like the gateway itself; choose another name"
    if is_encrypted(password):
        yield f"{who}: the password is encrypted, as in a stack's file; write the text itself"
        return
    if isinstance(password, Mapping):
        yield f"{who}: {_below(name, password)}"
        return
    if isinstance(password, list):
        yield f"{who}: {_a_list(path('users', name))}"
        return
    try:
        _read_password(password)
    except BadValue as bad:
        again = "" if isinstance(password, str) else _as_text(path("users", name))
        yield f"{who}: {bad}{again}"
        return
    if password.startswith("@/"):
        yield f"{who}: a password that begins with @/ is a file name to pppd"


ALLOWED_NAME = (
    "allowed: 1 to 64 letters, digits and . _ @ -, a letter or digit first (pppd and some phones"
    " alter anything else)"
)

_STRAY = {
    ":": "a colon; YAML wants a blank behind it",
    "=": "an equals sign; YAML wants a colon and a blank between name and password",
    " ": "a blank; YAML wants a colon in front of it, between name and password",
    "\uff1a": "a wide colon; YAML wants a plain one and a blank",
}
"""What often stands in a name that swallowed its password, in words."""


def _not_usable(name: Any) -> str:
    """Say what is wrong with a name that is none, without quoting it: where a blank is missing it
    holds the password. To YAML 7, true and 2026-11-27 are no texts unless they are quoted, and a
    reader who sees digits allowed would not see why his are not."""
    if not isinstance(name, str):
        return f"is no text to YAML but {kind(name)}; write it in quotes"
    for number, character in enumerate(name, 1):
        if not is_usable(f"x{character}" if number > 1 else character):
            told = _STRAY.get(character) or (
                f"not usable ({character!r})" if character.isprintable() else "not printable"
            )
            return f"is not usable: character {number} is {told}; {ALLOWED_NAME}"
    return f"is not usable: it has {len(name)} characters; {ALLOWED_NAME}"


def _a_list(path: str) -> str:
    """Say what is wrong with a list in the place of a password; its items are not shown."""
    return "the password must be text in quotes, and this is a list" + in_stack(
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
    meant = next((full for full in dotted(name, parts) if is_usable(full)), f"{name}.NAME")
    return "the password must be text in quotes, and this is a map" + in_stack(
        ", which --path makes of a name with a dot."
        f" Quote it: pulumi config set --secret --path {path('users', meant)}, and take this one"
        f" away: pulumi config rm --path {path('users', name)}"
    )


def _names_alike(names: Iterable[Any]) -> Iterator[str]:
    """A line for each name that is written in several ways. IKE compares names as DNS does,
    and on a Mac or on Windows their files would be one."""
    alike = defaultdict(list)
    for name in filter(is_usable, names):
        alike[name.lower()].append(name)
    for same in alike.values():
        if len(same) > 1:
            both = " and ".join(same)
            yield f"{both} differ in case only; to IKE they are one. Rename all but one"


def is_usable(name: Any) -> bool:
    """Say whether a user may be called so."""
    return isinstance(name, str) and bool(_USER_NAME.fullmatch(name))


def too_short_for_ikev2(known: Mapping[str, str], place: Place) -> Iterator[str]:
    """A line for everybody whose password must not be a key. It says its length alone."""
    for number, (name, password) in enumerate(known.items(), 1):
        if len(password) < IKEV2_MIN_PASSWORD:
            who = called(number, name, password)
            shown = name if name in who else "NAME"
            longer = place.longer.format(name=shown, path=path("users", shown))
            yield (
                f"{who}: the password has {len(password)} characters; with ikev2 in protocols"
                f" {IKEV2_MIN_PASSWORD} or more are needed, since it alone is the key and strangers"
                f" can try it on line. {longer},"
                " or protocols: [l2tp]"
            )
