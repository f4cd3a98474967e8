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
    """The setting ``{key}`` as a list of nothing but ``{value}``."""
    longer: str
    """How to give a user another password; ``{path}`` is his as Pulumi names it."""
    elsewhere: Mapping[str, str]
    """By key, in lower case: where to go with one that is known, but not here."""


_REGION = ("location", "region", "azure-native:location")

STACK = Place(
    missing={
        "psk": "set the pre-shared key that every phone types (pulumi config set --secret psk …)",
        "users": "set at least one (pulumi config set --secret --path users.alice …)",
    },
    part="a part of {whole} is set with pulumi config set --path",
    item="pulumi config set --path '{key}[0]' {value}",
    longer="Set a longer one (pulumi config set --secret --path {path} …)",
    elsewhere=dict.fromkeys(
        _REGION, "the region is azure-native:location (pulumi config set azure-native:location …)"
    ),
)
"""The configuration of a Pulumi stack."""

FILE = Place(
    missing={
        "psk": "write psk: and, in quotes, the pre-shared key that every phone types",
        "users": "write users: and below it, indented, a line for each, such as alice: and, in"
        " quotes, a password",
    },
    part="write {whole}: and below it, indented, its parts",
    item="[{value}]",
    longer="Write a longer one",
    elsewhere=dict.fromkeys(
        _REGION, "a settings file has no region; a stack has one (make up REGION=japaneast)"
    ),
)
"""A settings file."""
