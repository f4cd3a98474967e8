"""The table of settings: what Pulumi.yaml says of each key.

It stands beside this folder and is the one place that names a setting's type, default and
meaning. Pulumi reads it too: it checks types and fills defaults in before the program runs.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

FILE = Path(__file__).parents[1] / "Pulumi.yaml"

_HEADING = re.compile(r"  # == (.+) ==")
_KEY = re.compile(r"  (\w+):")


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One row of the table."""

    key: str
    group: str
    """Heading in Pulumi.yaml under which it stands."""
    type: str
    """``string``, ``integer``, ``boolean``, ``array`` or ``object``."""
    default: Any
    """As a settings file would give it; None: it must be given."""
    secret: bool
    text: str
    """What it means and what is allowed. The first sentence says it in short."""

    @property
    def short(self) -> str:
        """The first sentence of the text."""
        return re.split(r"(?<=[.])\s", self.text)[0]


@functools.cache
def table(file: Path = FILE) -> Mapping[str, Setting]:
    """Returns the settings by key, in the file's order."""
    text = file.read_text(encoding="utf-8")
    # The one written in C is not in every build of PyYAML.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    declared = yaml.load(text, Loader=loader)["config"]  # noqa: S506
    groups = _groups(text)
    return MappingProxyType(
        {
            key: Setting(
                key=key,
                group=groups[key],
                type=entry["type"],
                default=entry.get("default"),
                secret=entry.get("secret", False),
                text=entry["description"],
            )
            for key, entry in declared.items()
        }
    )


def _groups(text: str) -> Mapping[str, str]:
    """Returns the heading by key. To YAML a heading is a comment."""
    groups, heading = {}, ""
    for line in text.splitlines():
        if found := _HEADING.fullmatch(line):
            heading = found[1]
        elif found := _KEY.fullmatch(line):
            groups[found[1]] = heading
    return groups
