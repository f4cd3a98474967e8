"""Tags of what stands on Azure, by Azure's rules: the value of ``tags``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from settings.amounts import OddNumber
from settings.paths import dotted, path
from settings.values import BadValue, in_stack, shown

MAX_TAGS = 50
"""Per resource (azure-docs, "Use tags"). The project's and the stack's count."""
_TAG_NAME_LENGTH = 512
_TAG_VALUE_LENGTH = 256
_NOT_IN_TAG_NAMES = "<>%&\\?/"
_RESERVED_TAG_NAMES = ("azure", "microsoft", "windows")
OWN_TAGS = ("project", "stack")
"""Tags that the program sets itself."""


def tags(value: Any) -> dict[str, str]:
    """Tags for everything that can carry one."""
    if not isinstance(value, Mapping):
        raise BadValue(
            f"{shown(value)} is not a map of tag name to value, such as {{owner: alice}}"
        )
    if len(value) > MAX_TAGS - len(OWN_TAGS):
        raise BadValue(
            f"{len(value)} tags are too many; Azure takes {MAX_TAGS}, and"
            f" {' and '.join(OWN_TAGS)} are set here"
        )
    if not all(isinstance(name, str) for name in value):
        raise BadValue("a tag's name is not text; write names such as 1 or true in quotes")
    faults = [fault for name, text in value.items() for fault in _tag_faults(name, text)]
    if faults:
        raise BadValue(*faults)
    # Azure tells tag names apart without regard to case.
    if len({name.lower() for name in value}) < len(value):
        raise BadValue(f"two of the names {', '.join(value)} differ in case only")
    return {name: _tag_text(text) for name, text in value.items()}


def _tag_faults(name: str, value: Any) -> Iterator[str]:
    """A line for everything that is wrong with one tag, whose name is a text."""
    text = _tag_text(value)
    if (
        not 1 <= len(name) <= _TAG_NAME_LENGTH
        or set(_NOT_IN_TAG_NAMES) & set(name)
        or not name.isprintable()
        or name != name.strip()
    ):
        yield (
            f"tag name {shown(name)} is not usable; allowed: 1 to {_TAG_NAME_LENGTH} printable"
            f" characters without any of {_NOT_IN_TAG_NAMES}, no space at either end"
        )
    elif name.lower() in OWN_TAGS:
        yield f"tag {shown(name)} is set by the program itself; choose another name"
    elif name.lower().startswith(_RESERVED_TAG_NAMES):
        yield (
            f"tag name {shown(name)} begins with a word that Azure keeps for itself:"
            f" {', '.join(_RESERVED_TAG_NAMES)}"
        )
    if isinstance(value, Mapping):
        meant = next(dotted(name, value), f"{name}.NAME")
        yield (
            f"tag {shown(name)} holds a map"
            + in_stack(
                ", which --path makes of a name with a dot. Quote it:"
                f" pulumi config set --path {path('tags', meant)} …, and take this one away: pulumi"
                f" config rm --path {path('tags', name)}"
            )
        )
    elif not isinstance(text, str) or len(text) > _TAG_VALUE_LENGTH or not text.isprintable():
        yield (
            f"the value of tag {shown(name)} is not usable; allowed: text of at most"
            f" {_TAG_VALUE_LENGTH} printable characters"
        )


def _tag_text(value: Any) -> Any:
    """`pulumi config set --path tags.x true` stores a boolean, and 42 a number."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, OddNumber):
        return value.written
    # Python writes no integer of more than 4300 digits, and Azure takes no such text.
    short = isinstance(value, int) and abs(value) < 10**_TAG_VALUE_LENGTH
    return str(value) if short else value
