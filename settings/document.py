"""docs/settings.md: the table of settings as a page to read."""

from __future__ import annotations

import itertools
import textwrap
from pathlib import Path

import yaml

from settings.table import Setting, table

FILE = Path(__file__).parents[1] / "docs/settings.md"
WIDTH = 100

_TOP = """\
<!-- Made from Pulumi.yaml by: python -m settings table --write. Change that file, not this one. -->

# Settings

    # Pulumi.dev.yaml
    config:
      lunch-gateway:mtu: 1400
      lunch-gateway:dnsServers: [9.9.9.9]

in that file, and then `make up`, changes a gateway on Azure ([how](operate.md#settings)). The two
secrets are set by `make user` and `make new-key`. Another cloud, a machine at home and the lab take
a file with the same keys and no project's name before them, such as
[settings.example.yaml](../settings.example.yaml).

All may be left alone but `psk` and `users`. A mistake costs seconds: each value is checked before
anything is made.

The region is no setting of this list: `make up REGION=japaneast` chooses it for a new stack.
"""

_KINDS = {
    "string": "text",
    "integer": "number",
    "boolean": "choice of true and false",
    "array": "list",
    "object": "map",
}
"""Pulumi's types, in words."""


def page() -> str:
    """Returns the page: a list of the keys in groups, then what Pulumi.yaml says of each."""
    groups = [
        (heading, list(settings))
        for heading, settings in itertools.groupby(table().values(), lambda each: each.group)
    ]
    contents = [_contents(heading, settings) for heading, settings in groups]
    parts = ["\n\n".join([f"## {heading}", *map(_entry, settings)]) for heading, settings in groups]
    return "\n".join([_TOP, *contents, "", "\n\n".join(parts), ""])


def _contents(heading: str, settings: list[Setting]) -> str:
    links = ", ".join(f"[{each.key}](#{each.key.lower()})" for each in settings)
    return _wrapped(f"{heading}: {links}.", first="- ", rest="  ")


def _entry(setting: Setting) -> str:
    kind = f"a secret {_KINDS[setting.type]}" if setting.secret else f"a {_KINDS[setting.type]}"
    facts = f"{kind.capitalize()}; {_default(setting)}."
    return "\n\n".join([f"### {setting.key}", facts, _wrapped(setting.text)])


def _default(setting: Setting) -> str:
    if setting.default is None:
        return "required"
    if setting.default == "":
        return "default: empty"
    # As it is written in a settings file.
    written = yaml.safe_dump(setting.default, default_flow_style=True, width=WIDTH)
    return f"default: `{written.splitlines()[0]}`"


def _wrapped(text: str, first: str = "", rest: str = "") -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
