"""A settings file: YAML, read so that no message ever quotes what stands in it."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from settings.guest import SettingsError


def load(path: Path) -> dict[str, Any]:
    """The raw settings in a file, for `settings.guest.parse`.

    Raises:
        OSError: the file can't be read.
        SettingsError: it is not one YAML map with distinct keys.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise SettingsError(["not UTF-8 text"]) from None
    try:
        loader = _Loader(text)
        raw = loader.get_single_data()
    except yaml.YAMLError as error:
        raise SettingsError([_where(error) + _NOT_YAML]) from None
    except RecursionError:
        raise SettingsError(["nested too deeply"]) from None
    if loader.repeated:
        raise SettingsError(loader.repeated)
    if not isinstance(raw, dict):
        raise SettingsError(["not a map of settings; see settings.example.yaml"])
    return raw


_NOT_YAML = "not valid YAML; text with special characters belongs in quotes"


def _where(error: yaml.YAMLError) -> str:
    """PyYAML's own messages quote the file: an alias, a tag or a line may be a password."""
    mark = getattr(error, "problem_mark", None)
    return f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""


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
                    self.repeated.append(f"line {line}: {key.value!r} stands here a second time")
                seen.add((key.tag, key.value))
        return super().construct_mapping(node, deep)
