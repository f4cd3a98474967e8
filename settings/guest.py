"""What a deployment may choose about the guest, checked once, here.

The keys are those of the stack's configuration and of a settings file (see
``settings.example.yaml``); what is left out gets its default from `settings.table`. Everything
behind this module may rely on a `Settings` being valid.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from settings import amounts, reachable, server, unknown, users, values
from settings.places import STACK, Place
from settings.table import table

REDACTED = "[redacted]"


class SettingsError(ValueError):
    """One or more settings are unusable; ``problems`` has one line for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The guest's settings. Build one with `parse`, which checks every rule."""

    psk: str = dataclasses.field(repr=False)
    """IPsec pre-shared key."""
    users: Mapping[str, str] = dataclasses.field(repr=False)
    """Password by user name, for MS-CHAPv2."""
    tunnel_subnet: IPv4Network
    """The phones' network. Its first address is the gateway's end of every tunnel."""
    dns_servers: tuple[IPv4Address, ...]
    """One or two, which the gateway's own resolver asks for the phones."""
    mtu: int
    """Bytes of the largest IP packet inside the tunnel (pppd's mtu and mru)."""
    vnet_subnet: IPv4Network
    """The network the machine itself stands in; phones can't reach it."""
    reachable_networks: tuple[IPv4Network, ...]
    """Private networks that phones reach all the same; from all others they are walled off.
    No two overlap."""
    ssh_source: IPv4Network | None
    """From where SSH is let in; None: from nowhere."""
    acceleration: str
    """``split``: the gateway terminates the phones' TCP, so that its BBR is the sender
    towards them. ``off``: it forwards."""
    quic: str
    """``reject``: where the gateway splits, the phones' QUIC (UDP 443) is refused, so that apps
    take TCP instead. ``allow``: it is forwarded."""
    modp1024: str
    """``allow``: L2TP phones that know no better Diffie-Hellman group than 2 (modp1024) get in;
    Android up to 11 is one. ``reject``: they don't."""
    phone_to_phone: bool
    """Whether phones may talk to each other through the gateway."""
    protocols: tuple[str, ...]
    """How phones may dial in, in the order of `server.PROTOCOLS`."""
    server_name: str | None
    """What phones dial: a DNS name, or an IPv4 address. An IKEv2 client wants the gateway
    to call itself exactly that. None: nobody said (gateway/config.py fills in Azure's)."""

    @property
    def tunnel_gateway(self) -> IPv4Address:
        """The gateway's own address in the tunnel subnet: its first."""
        return self.tunnel_subnet[1]

    @property
    def l2tp_range(self) -> tuple[IPv4Address, IPv4Address]:
        """First and last address given to L2TP phones: .100 to .150 of a /24, and the
        same share of a subnet of another size, so that room stays beside it."""
        size = self.tunnel_subnet.num_addresses
        return self.tunnel_subnet[size * 100 // 256], self.tunnel_subnet[size * 150 // 256]

    @property
    def ikev2_range(self) -> tuple[IPv4Address, IPv4Address]:
        """First and last address given to IKEv2 phones: .160 to .250 of a /24, and the
        same share of a subnet of another size, above `l2tp_range`."""
        size = self.tunnel_subnet.num_addresses
        # The last one of all is for broadcasts.
        last = min(size * 250 // 256, size - 2)
        return self.tunnel_subnet[size * 160 // 256], self.tunnel_subnet[last]

    def redacted(self) -> Settings:
        """The same settings for people to read and compare: every secret is replaced, and so is
        every user's name, because that is half of what he proves himself with."""
        # What stands before an @ decides how the guest spells a name; see _swanctl_secret.
        ends = ("@redacted" if "@" in user else "" for user in self.users)
        users = {f"user-{number}{end}": REDACTED for number, end in enumerate(ends, 1)}
        return dataclasses.replace(self, psk=REDACTED, users=users)


def parse(raw: Mapping[str, Any], place: Place = STACK) -> Settings:
    """Check raw configuration values (YAML or JSON types, numbers also as text). ``place`` is
    where they are written.

    Raises:
        SettingsError: with a line for every problem found, naming the key, the value
            (never a secret's) and what is allowed.
    """
    strange = {number: key for number, key in enumerate(raw, 1) if key not in table()}
    problems = [unknown.problem(number, key, place) for number, key in strange.items()]
    misspelt = set(map(unknown.meant, strange.values()))
    read: dict[str, Any] = {}
    for key, (field, reader) in _READERS.items():
        value = table()[key].default if raw.get(key) is None else raw[key]
        if value is None:
            if key not in misspelt:
                problems.append(f"{key}: missing; {place.missing[key]}")
            continue
        try:
            read[field] = reader(value)
        except values.BadValue as bad:
            hint = _as_list(key, value, reader, place)
            faults = bad.in_stack if place.pulumi else bad.faults
            problems += [f"{key}: {fault}{hint}" for fault in faults]
    if not problems:
        settings = Settings(**read)
        problems = _conflicts(settings, place)
        if not problems:
            return settings
    raise SettingsError(problems)


_READERS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    # Quotes delimit the key in the ipsec.secrets of a user's own Linux, where nothing escapes them.
    "psk": ("psk", values.secret("pre-shared key", values.PSK_LENGTH, "\"'\\")),
    "users": ("users", users.users),
    "tunnelSubnet": (
        "tunnel_subnet",
        values.private_network(values.TUNNEL_PREFIXES, "tunnelSubnet", "vnetSubnet"),
    ),
    "dnsServers": ("dns_servers", values.dns_servers),
    "mtu": ("mtu", amounts.mtu),
    "vnetSubnet": (
        "vnet_subnet",
        values.private_network(range(8, 30), "vnetSubnet", "tunnelSubnet"),
    ),
    "reachableNetworks": ("reachable_networks", reachable.networks),
    "sshSource": ("ssh_source", values.ssh_source),
    "acceleration": ("acceleration", values.one_of("split", "off")),
    "quic": ("quic", values.one_of("allow", "reject")),
    "modp1024": ("modp1024", values.one_of("allow", "reject")),
    "phoneToPhone": ("phone_to_phone", values.boolean),
    "protocols": ("protocols", server.protocols),
    "serverName": ("server_name", server.server_name),
}

GUEST_KEYS = frozenset(_READERS)


def _as_list(key: str, value: Any, reader: Callable[[Any], Any], place: Place) -> str:
    """A hint for who wrote one text where a list of its words would do, or had ``--path KEY.0``
    make a map of it; empty if it would not."""
    if isinstance(value, Mapping) and list(value) == ["0"]:
        value = value["0"]
    if table()[key].type != "array" or not isinstance(value, str):
        return ""
    items = re.split(r"[,;\s]+", value.strip("[], "))
    try:
        reader(items)
    except values.BadValue:
        # The words that are known have small letters.
        return _as_list(key, value.lower(), reader, place) if value != value.lower() else ""
    told = [
        place.item.format(key=key, number=number, value=item) for number, item in enumerate(items)
    ]
    meant = " and ".join(told) if place.pulumi else f"[{', '.join(told)}]"
    return f"; did you mean {meant}?"


def _conflicts(settings: Settings, place: Place) -> list[str]:
    """Values that are fine alone and not together."""
    problems = [*_overlapping(settings)]
    if "ikev2" in settings.protocols:
        problems += _names_of_ikev2(settings)
        problems += [f"users: {line}" for line in users.too_short_for_ikev2(settings.users, place)]
    return problems


def _overlapping(settings: Settings) -> Iterator[str]:
    """A line for each network or address that lies in another one."""
    if settings.tunnel_subnet.overlaps(settings.vnet_subnet):
        yield (
            f"tunnelSubnet: {settings.tunnel_subnet} overlaps vnetSubnet {settings.vnet_subnet};"
            " the gateway could not tell a phone from a neighbour. Choose another range"
        )
    for network in settings.reachable_networks:
        if network.overlaps(settings.tunnel_subnet):
            yield (
                f"reachableNetworks: {network} overlaps tunnelSubnet {settings.tunnel_subnet}, the"
                " phones' own (phoneToPhone opens that); name smaller networks, or move"
                " tunnelSubnet"
            )
    for key, network in (
        ("tunnelSubnet", settings.tunnel_subnet),
        ("vnetSubnet", settings.vnet_subnet),
    ):
        for resolver in settings.dns_servers:
            if resolver in network:
                yield (
                    f"dnsServers: {resolver} lies in {key} {network}, which has no resolver for"
                    " phones"
                )
    # In vnetSubnet it may lie: a gateway at home is dialled there by who sits in the same net.
    dialled = settings.server_name or ""
    if server.is_address(dialled) and IPv4Address(dialled) in settings.tunnel_subnet:
        yield (
            f"serverName: {dialled} lies in tunnelSubnet {settings.tunnel_subnet}, where no phone"
            " finds the gateway; write its address from outside"
        )


def _names_of_ikev2(settings: Settings) -> Iterator[str]:
    """A line for each user whose name IKEv2 takes for another."""
    for user in settings.users:
        # Whoever is called like the gateway could prove himself as anybody, and as the gateway.
        if user.lower() == settings.server_name:
            yield f"users: user {user} has the gateway's own name; choose another"
        elif server.is_address(user):
            yield (
                f"users: user {user} looks like an IP address, and IKEv2 clients would announce it"
                " as one; choose a name with a letter"
            )
