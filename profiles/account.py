"""One person's access to the gateway: what every profile is made of, checked once, here."""

from __future__ import annotations

import dataclasses
import uuid
from dataclasses import dataclass

from settings import values
from settings.guest import Settings
from settings.server import server_name

DEFAULT_TITLE = "lunch-gateway"

MAX_TITLE = 40
"""Characters. Windows takes 256 for a connection's name, phones show some 30."""

NOT_IN_TITLES = '\\/:*?"<>|'
"""What Windows refuses in a connection's name (learn.microsoft.com, RasValidateEntryName).
One rule for every device: a title is fine on all of them or refused."""

PROTOCOL_NAMES = {"ikev2": "IKEv2", "l2tp": "L2TP"}
"""How a profile calls a protocol, the better one first."""


class ProfileError(ValueError):
    """No profiles can be made; ``problems`` has one line for each reason, without secrets."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, kw_only=True)
class Account:
    """What one person needs. Build them with `accounts`, which checks every rule."""

    server: str
    """Exactly what a phone is told, in lower case: with IKEv2 it is also the name that the
    gateway has to answer with (IDr)."""
    user: str
    """With IKEv2 also the name that the phone gives itself (IDi)."""
    password: str = dataclasses.field(repr=False)
    """With IKEv2 the pre-shared key of this person alone."""
    psk: str = dataclasses.field(repr=False)
    """L2TP's pre-shared key, the same for everybody."""
    title: str
    """What the device shows, in any script."""
    protocols: tuple[str, ...]
    modp1024: bool
    """Whether a device gets in by L2TP that knows no better Diffie-Hellman group: Android
    up to 11."""

    def name(self, protocol: str) -> str:
        """Return what the device calls this connection: both protocols can stand side by side."""
        return f"{self.title} {PROTOCOL_NAMES[protocol]}"

    def identifier(self, *parts: str) -> str:
        """The same for the same server and user for ever, so that a new profile takes the
        old one's place; readable, because devices show it."""
        return ".".join(("lunch-gateway", self.server, self.user, *parts))

    def uuid(self, *parts: str) -> str:
        """Made from `identifier` and nothing else: never from a secret, which it would
        help to guess."""
        gateway = uuid.uuid5(uuid.NAMESPACE_DNS, self.server)
        return str(uuid.uuid5(gateway, "/".join((self.user, *parts)))).upper()


def accounts(settings: Settings, server: str, title: str = DEFAULT_TITLE) -> list[Account]:
    """Everybody's access, in the order of the settings.

    Raises:
        ProfileError: a value that some device would alter, refuse or take for another.
    """
    problems = _title_faults(title)
    try:
        name = server_name(server)
    except values.BadValue as bad:
        problems = [*(f"server: {fault}" for fault in bad.faults), *problems]
    else:
        problems += [] if name else ["server: nobody could find an empty one"]
    if problems or not name:
        raise ProfileError(*problems)
    return [
        Account(
            server=name,
            user=user,
            password=password,
            psk=settings.psk,
            title=title,
            protocols=tuple(name for name in PROTOCOL_NAMES if name in settings.protocols),
            modp1024=settings.modp1024 == "allow",
        )
        for user, password in settings.users.items()
    ]


def _title_faults(title: str) -> list[str]:
    if (
        1 <= len(title) <= MAX_TITLE
        and title.isprintable()
        and title == title.strip()
        and not set(NOT_IN_TITLES) & set(title)
    ):
        return []
    return [
        f"title: {values.shown(title)} is not usable; allowed: 1 to {MAX_TITLE} characters of any"
        f" script, none of {' '.join(NOT_IN_TITLES)}, no control characters, no space at either end"
    ]
