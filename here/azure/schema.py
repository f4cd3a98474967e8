"""The types of inputs, taken from the SDK's own classes, and a check against them."""

from __future__ import annotations

import collections.abc
import enum
import importlib
import inspect
import json
import subprocess
import sys
import types
import typing
from pathlib import Path
from typing import Any

from pulumi import _types as sdk_types

from here.azure.kinds import KINDS

REPOSITORY = Path(__file__).parents[2]

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the engine writes for a value that a preview can't know."""

Schema = dict[str, Any]


def extract(target: Path) -> None:
    """Write down all types that `KINDS` reaches. It takes seconds, so it is done once per session
    and not in each of the engine's runs; and in a process of its own, because the SDK loads its
    modules lazily and is not whole afterwards in one that has imported some by hand."""
    subprocess.run([sys.executable, "-m", __name__, str(target)], check=True, cwd=REPOSITORY)


def write(target: Path) -> None:
    """Do what `extract` asks of a process of its own."""
    classes: dict[str, Schema] = {}
    for token, kind in KINDS.items():
        module, _, name = kind.arguments.partition(":")
        loaded = importlib.import_module(f"pulumi_azure_native.{module}")
        found = getattr(loaded, name, None) or getattr(loaded, name.replace("InitArgs", "Args"))
        classes[token] = {"is": _class(found, classes)}
    target.write_text(json.dumps(classes))


def _class(found: type, classes: dict[str, Schema]) -> str:
    name = f"{found.__module__}.{found.__qualname__}"
    if name in classes:
        return name
    classes[name] = {}
    names = sdk_types.input_type_py_to_pulumi_names(found)
    hints = inspect.get_annotations(vars(found)["__init__"])
    needed = {names[key] for key, hint in hints.items() if key in names and not _optional(hint)}
    classes[name] = {
        "required": sorted(needed),
        "properties": {
            key: _shape(hint, classes) for key, hint in sdk_types.input_type_types(found).items()
        },
    }
    return name


def _optional(hint: Any) -> bool:
    return type(None) in typing.get_args(hint)


def _shape(hint: Any, classes: dict[str, Schema]) -> Schema:
    if hint in (str, int, float, bool):
        return {"plain": hint.__name__}
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return {"plain": "str", "one_of": [str(member.value) for member in hint]}
    if isinstance(hint, type) and sdk_types.is_input_type(hint):
        return {"is": _class(hint, classes)}
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (collections.abc.Sequence, list):
        return {"items": _shape(inner[0], classes)}
    if origin in (collections.abc.Mapping, dict):
        return {"values": _shape(inner[1], classes)}
    if origin in (typing.Union, types.UnionType):
        return _either(inner, classes)
    return {}


def _either(inner: tuple[Any, ...], classes: dict[str, Schema]) -> Schema:
    """Returns what is meant where the SDK writes an input as "this, or a promise of this", and a
    text from a list as "a text, or one of these"."""
    promises = (collections.abc.Awaitable,)
    plain = [
        hint
        for hint in inner
        if hint is not type(None)
        and typing.get_origin(hint) not in promises
        and getattr(hint, "__name__", "") != "Output"
        and "output.Output" not in repr(hint)[:30]
    ]
    shapes = [shape for hint in plain if (shape := _shape(hint, classes))]
    listed = [shape for shape in shapes if "one_of" in shape]
    return (listed or shapes or [{}])[0]


def faults(classes: dict[str, Schema], token: str, inputs: dict[str, Any]) -> list[str]:
    """Return what azure-native, or Azure behind it, would refuse about these inputs."""
    # The provider adds these two itself.
    own = {k: v for k, v in inputs.items() if k not in ("azureApiVersion", "__createBeforeDelete")}
    return _faults(classes, classes[token], own, "")


def _faults(classes: dict[str, Schema], shape: Schema, value: Any, at: str) -> list[str]:
    if value == UNKNOWN or not shape:
        return []
    if "is" in shape:
        return _object_faults(classes, classes[shape["is"]], value, at)
    if "items" in shape:
        if not isinstance(value, list):
            return [f"'{at}' should be of type 'array'"]
        parts = [(f"{at}[{number}]", part) for number, part in enumerate(value)]
        return [f for where, part in parts for f in _faults(classes, shape["items"], part, where)]
    if "values" in shape:
        if not isinstance(value, dict):
            return [f"'{at}' should be of type 'object'"]
        entries = [(f"{at}.{key}", part) for key, part in value.items()]
        inner = shape["values"]
        return [f for where, part in entries for f in _faults(classes, inner, part, where)]
    if not _fits(shape["plain"], value):
        return [f"'{at}' should be of type '{shape['plain']}'"]
    # The SDK's list of sizes ends with those of some years ago.
    if value not in shape.get("one_of", [value]) and at != "hardwareProfile.vmSize":
        return [f"'{at}' is '{value}'; allowed: {', '.join(shape['one_of'])}"]
    return []


def _object_faults(classes: dict[str, Schema], found: Schema, value: Any, at: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"'{at}' should be of type 'object'"]
    dot = f"{at}." if at else ""
    missing = [f"missing required property '{dot}{n}'" for n in found["required"] if n not in value]
    unknown = [f"unknown property '{dot}{n}'" for n in value if n not in found["properties"]]
    inside = [
        fault
        for name, part in value.items()
        if name in found["properties"]
        for fault in _faults(classes, found["properties"][name], part, f"{dot}{name}")
    ]
    return missing + unknown + inside


def _fits(plain: str, value: Any) -> bool:
    if plain == "bool":
        return isinstance(value, bool)
    if plain == "str":
        return isinstance(value, str)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and (plain == "float" or value == int(value))


def settable(classes: dict[str, Schema], token: str, state: Any) -> Any:
    """Return the part of a reading that can also be asked for."""
    return _settable(classes, classes[token], state)


def _settable(classes: dict[str, Schema], shape: Schema, value: Any) -> Any:
    if "is" in shape and isinstance(value, dict):
        known = classes[shape["is"]]["properties"]
        return {k: _settable(classes, known[k], part) for k, part in value.items() if k in known}
    if "items" in shape and isinstance(value, list):
        return [_settable(classes, shape["items"], part) for part in value]
    return value


if __name__ == "__main__":
    write(Path(sys.argv[1]))
