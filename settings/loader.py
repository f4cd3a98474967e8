"""YAML as a settings file has it: values alone, each name once, and no secret that a
comment cuts off.

What YAML can do besides is refused in a line that quotes nothing of the file.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from typing import Any

import yaml

from settings.amounts import OddNumber
from settings.guest import SettingsError
from settings.not_yaml import SIGNS, place, told
from settings.table import table


def loaded(text: str) -> Any:
    """Returns what a text of YAML holds.

    Raises:
        SettingsError: with a line for what is wrong with it.
    """
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        value = None if node is None else loader.construct_document(node)
    except yaml.YAMLError as error:
        raise SettingsError([told(error, text)]) from None
    except RecursionError:
        raise SettingsError(["nested too deeply"]) from None
    if faults := [*loader.repeated, *_cut(node, text)]:
        raise SettingsError(faults)
    return value


def _cut(node: yaml.Node | None, text: str) -> Iterator[str]:
    """A line for each secret without quotes that ends where YAML's comment begins: what stands
    there may be its second half."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    for key, value in pairs:
        if isinstance(key, yaml.ScalarNode) and key.value in table() and table()[key.value].secret:
            inside = value.value if isinstance(value, yaml.MappingNode) else [(key, value)]
            yield from (
                f"{place(each.end_mark)}: {key.value}: a comment begins at the #; put the text in"
                " quotes, and a comment in a line of its own"
                for _, each in inside
                if isinstance(each, yaml.ScalarNode)
                and each.style is None
                and _COMMENT.match(text, each.end_mark.index)
            )


_COMMENT = re.compile(r"[ \t]+#")


class _Loader(yaml.SafeLoader):
    """Collects repeated keys, of which YAML would silently take the last."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.repeated: list[str] = []

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse what leads elsewhere or asks for a type: mostly it is a text that begins so, and
        else it would hand a secret to another setting, or hold itself."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        signs = {
            "alias": isinstance(event, yaml.AliasEvent),
            "anchor": not isinstance(event, yaml.AliasEvent) and event.anchor is not None,
            "tag": getattr(event, "tag", None) not in (None, "tag:yaml.org,2002:str"),
        }
        for sign in (sign for sign, is_there in signs.items() if is_there):
            raise yaml.MarkedYAMLError(None, None, SIGNS[sign], event.start_mark)
        return super().compose_node(parent, index)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except ValueError:  # 2001-99-99 looks like a date and is none
            raise yaml.constructor.ConstructorError(
                None, None, "no such number or date", node.start_mark
            ) from None

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        """Keep how a number was written that people read otherwise."""
        number, written = super().construct_yaml_int(node), str(node.value)
        odd = re.fullmatch(r"0[0-7_]+|[0-9_:]+:[0-9]+", written) and len(written) < _LONGEST
        return OddNumber(number, written) if odd else number

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if (key.tag, key.value) in seen:
                    # Where a colon is missing, it is a name and its password.
                    name = repr(key.value) if key.value in table() else "a name"
                    line = place(key.start_mark)
                    self.repeated.append(f"{line}: {name} stands here a second time")
                seen.add((key.tag, key.value))
        return super().construct_mapping(node, deep)


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_yaml_int)

_LONGEST = 20
"""Characters of a number that is shown as it was written."""
