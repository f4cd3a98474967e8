"""Where settings are written: advice in a message fits the place that its reader is in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Place:
    """How a setting is changed in one kind of place. Words in braces are filled in."""

    missing: Mapping[str, str]
    """By key: how to set one that must be set."""
    part: str
    """How a part of the setting ``{whole}`` is set."""
    item: str
    """The item ``{value}`` of the setting ``{key}``, a list; ``{number}`` is its place, from 0."""
    longer: str
    """How to give the user ``{name}`` a longer password; ``{path}`` is his as Pulumi names it."""
    region: str
    """Where the region is chosen."""
    encrypted: Mapping[str, str]
    """By key: how to set a secret again that stands there in plain text; empty where it may."""
    name: str
    """How to choose the setting ``{key}``."""
    pulumi: bool = False
    """Whether Pulumi's own command reaches it, so that what is `settings.values.in_stack` helps."""


REGION = frozenset({"location", "region", "azure-native:location"})
"""Keys, in lower case, by which people look for the region. It is the provider's setting."""

STACK = Place(
    missing={
        "psk": "set the pre-shared key that L2TP phones type (pulumi config set --secret psk …)",
        "users": "set at least one (pulumi config set --secret --path users.alice …)",
    },
    part="a part of {whole} is set with pulumi config set --path",
    item="pulumi config set --path '{key}[{number}]' {value}",
    longer="Set a longer one (pulumi config set --secret --path {path} …)",
    region="the region is azure-native:location (pulumi config set azure-native:location …)",
    encrypted={
        "psk": "set it again with pulumi config set --secret psk",
        "users": "set it again with pulumi config set --secret --path users.NAME",
    },
    name="pulumi config set {key} NAME",
    pulumi=True,
)
"""The configuration of a Pulumi stack."""

MAKE = Place(
    missing={
        "psk": "make the pre-shared key that L2TP phones type (make new-key)",
        "users": "name at least one (make user ADD=alice)",
    },
    part="write lunch-gateway:{whole}: and below it, indented, its parts (people: make user ADD=…)",
    item="{value}",
    longer="Make another (make user REMOVE={name}, then make user ADD={name})",
    region="the region is azure-native:location (make up REGION=japaneast, for a new stack)",
    encrypted={
        "psk": "make another, which is kept encrypted: make new-key",
        "users": "make each again, which is kept encrypted: make user REMOVE=NAME, then make user"
        " ADD=NAME",
    },
    name="write lunch-gateway:{key}: NAME into the stack's file",
)
"""The same, for who came by `make up`: Pulumi's own command would look for another stack. The
stack's file is written by hand, but for the secrets."""

FILE = Place(
    missing={
        "psk": "write psk: and, in quotes, the pre-shared key that L2TP phones type; it must be"
        " there without L2TP too",
        "users": "write users: and below it, indented, a line for each, such as alice: and, in"
        " quotes, a password",
    },
    part="write {whole}: and below it, indented, its parts",
    item="{value}",
    longer="Write a longer one",
    region="a settings file has no region; a stack has one (make up REGION=japaneast)",
    encrypted={},
    name="write {key}: NAME",
)
"""A settings file."""
