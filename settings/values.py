"""How single configuration values are read: what each may be, and how to say no."""

from __future__ import annotations

import contextlib
import re
import reprlib
from collections.abc import Callable, Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from settings.table import table

PSK_LENGTH = range(16, 129)
"""Characters."""

MTU_RANGE = range(576, 1411)
"""Bytes. 576 is the least that every IPv4 host takes (RFC 1122). 1410 is what is left of
1500 after IP, UDP, ESP (AES-CBC, SHA-2), UDP, L2TP and PPP headers."""

TUNNEL_PREFIXES = range(16, 28)
"""A /27 has seven addresses for L2TP and eleven for IKEv2: a phone that dials again and again and
never hangs up holds six in three minutes, since the gateway believes each call that long. In a /28
it shut itself out. More than a /16 cannot be needed on a 1 GiB machine."""

PRIVATE_NETWORKS = tuple(
    IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
)
"""RFC 1918."""

NEVER_A_RESOLVER = tuple(
    IPv4Network(text)
    for text in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "168.63.129.16/32", "224.0.0.0/3")
)
"""This host, loopback, link-local (instance metadata), Azure's host, multicast and above:
the guest walls phones off from all of them, and what they may not ask themselves nobody
asks for them: Azure's host, for one, knows names of the VNet."""

NEVER_A_SOURCE = tuple(
    IPv4Network(text) for text in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3")
)
"""No packet from the internet has such a sender; 0.0.0.0 alone is not "anybody"."""

SSH_PREFIXES = range(8, 33)
"""Half the internet in two steps is the whole internet."""


class BadValue(ValueError):
    """What is wrong with one value: a line for each fault, worded to stand behind its key.

    ``faults`` fit any place that settings are written in, ``in_stack`` the configuration of a
    Pulumi stack: with what a fault says `in_stack` too.
    """

    def __init__(self, *told: str) -> None:
        self.in_stack = tuple(told_in_stack(fault) for fault in told)
        self.faults = tuple(_IN_STACK.sub("", fault) for fault in told)
        self.told = told
        super().__init__(*self.faults)


def in_stack(advice: str) -> str:
    """The part of a fault that helps only who sets a stack's configuration."""
    return f"\N{START OF TEXT}{advice}\N{END OF TEXT}"


def told_in_stack(line: str) -> str:
    """Returns the line with what is `in_stack` of it."""
    return _IN_STACK.sub(r"\1", line)


_IN_STACK = re.compile("\N{START OF TEXT}(.*?)\N{END OF TEXT}")


def shown(value: Any) -> str:
    """A value as a message quotes it: one line, however long or deeply nested it is."""
    if isinstance(value, bool):
        return f"{str(value).lower()} (YAML's word for {'yes and on' if value else 'no and off'})"
    try:
        return _SHORT.repr(value)
    except ValueError:  # Python writes no integer of more than 4300 digits
        return "a number of thousands of digits"


def ordinal(number: int) -> str:
    """Returns 1st, 2nd and so on: how a message names what it may not quote."""
    tens, last = divmod(number, 10)
    told = {1: "1st", 2: "2nd", 3: "3rd"}.get(last, f"{last}th") if tens % 10 != 1 else f"{last}th"
    return f"{tens or ''}{told}"


def kind(value: Any) -> str:
    """Returns what YAML made of something that is no text, without showing it."""
    kinds: dict[type, str] = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        type(None): "nothing",
        list: "a list",
        Mapping: "a map",
    }
    # The module of dates knows a clock, too, and nothing here may.
    other = "a date" if hasattr(value, "isoformat") else "another type"
    return next((words for each, words in kinds.items() if isinstance(value, each)), other)


def did_you_mean(guess: str, reader: Callable[[Any], Any]) -> str:
    """Returns what to add to a refusal: the guess, if the reader takes it; else nothing."""
    try:
        reader(guess)
    except BadValue:
        return ""
    return f"; did you mean {guess}?"


_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 80
_SHORT.maxlevel = 2


def is_encrypted(value: Any) -> bool:
    """Say whether a value is how Pulumi writes a secret into a stack's file."""
    return isinstance(value, Mapping) and list(value) == ["secure"]


def secret(what: str, lengths: range, forbidden: str = "", note: str = "") -> Callable[[Any], str]:
    """A reader for a secret. Its messages speak of the secret's length, never its text.
    ``note`` is what they add to the lengths."""
    allowed = (
        f"{lengths.start} to {lengths.stop - 1} printable ASCII characters{note}"
        + (f" without {' '.join(forbidden)}" if forbidden else "")
        + ", no space at either end"
    )

    def read(value: Any) -> str:
        if is_encrypted(value):
            raise BadValue(f"the {what} is encrypted, as in a stack's file; write the text itself")
        if not isinstance(value, str):
            sign = {"a map": "{", "a list": "["}.get(kind(value))
            why = f", since a {sign} in front makes {kind(value)} of it" if sign else ""
            raise BadValue(f"the {what} must be text in quotes{why}: {allowed}")
        if len(value) not in lengths:
            count = f"{len(value)} character{'' if len(value) == 1 else 's'}"
            raise BadValue(f"the {what} has {count}; allowed: {allowed}")
        for number, character in enumerate(value, 1):
            at_an_end = number in (1, len(value))
            if why := _not_in_a_secret(character, forbidden, at_an_end):
                raise BadValue(
                    f"character {number} of the {what} is not allowed ({why}); allowed: {allowed}"
                )
        return value

    return read


def _not_in_a_secret(character: str, forbidden: str, at_an_end: bool) -> str:
    """Return why it may not stand there, by its kind; empty if it may."""
    if not character.isascii():
        return "not ASCII"
    if not character.isprintable():
        return "a tab, a line's end or another that can't be printed"
    if character in forbidden:
        return "a quote or a backslash"
    return "a space at an end" if character == " " and at_an_end else ""


def network(value: Any, example: str, allowed: str, reader: Callable[[Any], Any]) -> IPv4Network:
    """An IPv4 network without host bits.

    Args:
        value: what was written.
        example: one to show with the refusal.
        allowed: which ones are, where the network around an address is none of them.
        reader: who takes it in the end.
    """
    text = value if isinstance(value, str) else shown(value)
    try:
        return IPv4Network(text)
    except ValueError:
        hint = ""
        with contextlib.suppress(ValueError):
            guess = str(IPv4Network(text, strict=False))
            hint = did_you_mean(guess, reader) or f"; allowed: {allowed}"
        raise BadValue(
            f"{shown(value)} is not an IPv4 network; expected one such as {example}{hint}"
        ) from None


def private_network(prefixes: range, key: str, beside: str) -> Callable[[Any], IPv4Network]:
    """A reader for a private network with one of these prefix lengths: the value of ``key``. None
    is guessed that overlaps the default of ``beside``."""
    sizes = f"/{prefixes.start} to /{prefixes.stop - 1}"

    def fitting(guess: str) -> None:
        if read(guess).overlaps(IPv4Network(table()[beside].default)):
            raise BadValue(f"{guess} overlaps {beside}")

    def read(value: Any) -> IPv4Network:
        wanted = network(value, table()[key].default, f"{sizes}, a private one", fitting)
        if "/" not in value:
            guess = IPv4Network(f"{value}/24", strict=False)
            raise BadValue(
                f"{shown(value)} has no size; allowed: {sizes}" + did_you_mean(str(guess), fitting)
            )
        if not any(wanted.subnet_of(private) for private in PRIVATE_NETWORKS):
            raise BadValue(
                f"{wanted} is not private; it must lie in one of "
                + ", ".join(map(str, PRIVATE_NETWORKS))
            )
        if wanted.prefixlen not in prefixes:
            raise BadValue(f"{wanted} is the wrong size; allowed: {sizes}")
        return wanted

    return read


def ssh_source(value: Any) -> IPv4Network | None:
    """Read where SSH may come from; an empty text is nowhere."""
    if value == "":
        return None
    sizes = f"/{SSH_PREFIXES.start} to /{SSH_PREFIXES.stop - 1}"
    source = network(value, "203.0.113.7/32", sizes, ssh_source)
    if source.prefixlen == 0:
        raise BadValue(f"{source} is the whole internet; name the address or network you come from")
    if source.prefixlen not in SSH_PREFIXES:
        raise BadValue(f"{source} is too large; allowed: {sizes}")
    for strange in NEVER_A_SOURCE:
        if source.overlaps(strange):
            raise BadValue(f"{source} lies in {strange}, from where nobody can come")
    return source


def dns_servers(value: Any) -> tuple[IPv4Address, ...]:
    """Read one or two resolvers for the gateway's own to ask."""
    if not isinstance(value, list) or len(value) not in (1, 2):
        raise BadValue(f"{shown(value)} is not a list of one or two IPv4 addresses")
    faults = [fault for item in value for fault in _resolver_faults(item)]
    if value[0] == value[-1] and len(value) == 2:
        faults.append(f"{shown(value[0])} stands here twice; name another one, or it alone")
    if faults:
        raise BadValue(*faults)
    return tuple(IPv4Address(item) for item in value)


def _resolver_faults(item: Any) -> Iterator[str]:
    try:
        server = IPv4Address(item if isinstance(item, str) else shown(item))
    except ValueError:
        yield f"{shown(item)} is not an IPv4 address"
        return
    for network in NEVER_A_RESOLVER:
        if server in network:
            yield f"{server} lies in {network}, which phones can't reach, nor the gateway for them"


def boolean(value: Any) -> bool:
    """True or false, as such or as text."""
    text = str(value).lower() if isinstance(value, bool | str) else ""
    named = {"true": True, "false": False}.get(text)
    if named is None:
        raise BadValue(f"{shown(value)} is neither true nor false")
    return named


def one_of(*allowed: str) -> Callable[[Any], str]:
    """A reader for one of a few words."""

    def read(value: Any) -> str:
        # To YAML, a bare off is false.
        text = "off" if value is False and "off" in allowed else value
        if text not in allowed:
            words = text.strip().lower() if isinstance(text, str) else ""
            hint = did_you_mean(words, read) if words != text else ""
            raise BadValue(f"{shown(value)} is unknown; allowed: {', '.join(allowed)}{hint}")
        return str(text)

    return read
