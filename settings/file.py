"""A settings file: YAML, read so that no message ever quotes what stands in it."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import yaml

from settings import machine, places, published
from settings.guest import Settings, SettingsError, parse
from settings.table import table


def read(path: Path, example: bool = False) -> Settings:
    """The guest's settings in a file; the machine's, which it may hold too, are checked.

    Args:
        path: the file.
        example: take also the secrets of ``settings.example.yaml``, which everybody can read.

    Raises:
        OSError: the file can't be read.
        SettingsError: with a line for every problem found.
    """
    raw = load(path)
    problems = machine.faults(raw) + ([] if example else published.faults(raw))
    try:
        settings = parse(raw, places.FILE)
    except SettingsError as error:
        raise SettingsError(error.problems + problems) from None
    if problems:
        raise SettingsError(problems)
    return settings


def load(path: Path) -> dict[str, Any]:
    """The raw settings in a file, for `settings.guest.parse`.

    Raises:
        OSError: the file can't be read.
        SettingsError: it is not one YAML map with distinct keys, or is another kind of file.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise SettingsError(["not UTF-8 text"]) from None
    try:
        loader = _Loader(text)
        raw = loader.get_single_data()
    except yaml.YAMLError as error:
        raise SettingsError([_not_yaml(error, text)]) from None
    except RecursionError:
        raise SettingsError(["nested too deeply"]) from None
    if loader.repeated:
        raise SettingsError(loader.repeated)
    if raw is None:
        raise SettingsError(["empty; it needs psk and users, as in settings.example.yaml"])
    if not isinstance(raw, dict):
        raise SettingsError([_line_without_space(text) or _NO_MAP])
    if kind := _other_kind(raw):
        raise SettingsError([kind])
    return raw


def _other_kind(raw: Mapping[Hashable, Any]) -> str:
    """Return what the file is instead of a settings file; empty if it is one."""
    if {"encryptionsalt", "secretsprovider", "encryptedkey"} & raw.keys() or isinstance(
        raw.get("config"), dict
    ):
        return (
            "a Pulumi stack's file, which make up and make profiles read by the stack's name"
            " (STACK=…); a settings file is one such as settings.example.yaml"
        )
    if "runtime" in raw:
        return (
            "Pulumi's file about this project; a settings file is one such as settings.example.yaml"
        )
    return ""


def _not_yaml(error: yaml.YAMLError, text: str) -> str:
    """PyYAML's own messages quote the file: an alias, a tag or a line may be a password."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return _NOT_YAML
    if text[mark.index : mark.index + 1] == "\t":
        return f"line {mark.line + 1}: a tab; YAML wants spaces"
    if str(getattr(error, "context", "")).startswith("expected a single document"):
        return f"line {mark.line + 1}: a second map of settings (---); one file holds one"
    if line := _line_without_space("\n".join(text.splitlines()[: mark.line + 1])):
        return line
    return f"line {mark.line + 1}, column {mark.column + 1}: {_NOT_YAML}"


def _line_without_space(text: str) -> str:
    """Returns what to say of a line whose colon is no colon to YAML; empty if there is none."""
    for number, line in enumerate(text.splitlines(), 1):
        found = _NO_COLON.match(line)
        # A stack's keys have a colon inside.
        if found and (found[1] in table() or ": " not in line[found.end() :]):
            return f"line {number}: YAML wants a plain colon and a plain space behind a key"
    return ""


_NO_COLON = re.compile(r"\s*[\"']?([\w.@-]+)[\"']?(?:\uff1a|:(?=[^ \t\r\n]))")
"""A colon with something else than a space behind it, or the wide one of a Japanese keyboard."""

_NO_MAP = "not a map of settings, whose lines are such as mtu: 1280; see settings.example.yaml"
_NOT_YAML = (
    "not valid YAML here or just before; text with special characters belongs in quotes, and each"
    " quote needs its end"
)


class _Loader(yaml.SafeLoader):
    """Collects repeated keys, of which YAML would silently take the last."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.repeated: list[str] = []

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except ValueError:  # 2001-99-99 looks like a date and is none
            raise yaml.constructor.ConstructorError(None, None, None, node.start_mark) from None

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if (key.tag, key.value) in seen:
                    line = key.start_mark.line + 1
                    # Where a colon is missing, it is a name and its password.
                    name = repr(key.value) if key.value in table() else "a name"
                    self.repeated.append(f"line {line}: {name} stands here a second time")
                seen.add((key.tag, key.value))
        return super().construct_mapping(node, deep)
