"""The difference that azure-native reports: inputs against inputs, leaf by leaf.

After provider/pkg/provider/diff.go of pulumi-azure-native, version 3: what stands in the
resource's path or is forceNew replaces, everything else is an update, even where Azure
will refuse it.
"""

from __future__ import annotations

from typing import Any

from here.azure.kinds import Kind

Changes = dict[str, str]
"""A path such as ``osProfile.customData`` to ADD, DELETE or UPDATE, with _REPLACE or not."""

IGNORED = frozenset({"__createBeforeDelete"})


def changes(kind: Kind, old: dict[str, Any], new: dict[str, Any]) -> Changes:
    """Returns every leaf that differs, with what it means."""
    found = {
        path: what
        for path, what in _object("", old, new).items()
        if path not in IGNORED and not _same_place(path, old, new)
    }
    replacing = kind.path_inputs() | kind.replaced_on

    def replaces(path: str, what: str) -> bool:
        # Below a marked input only a changed value counts, as in the provider.
        return path in replacing or (what == "UPDATE" and path.partition(".")[0] in replacing)

    return {path: f"{what}_REPLACE" * replaces(path, what) or what for path, what in found.items()}


def _same_place(path: str, old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Returns whether it is one region: "West US 2" is "westus2" too."""

    def short(inputs: dict[str, Any]) -> str:
        return str(inputs.get("location", "")).replace(" ", "").lower()

    return path == "location" and short(old) == short(new)


def _object(base: str, old: dict[str, Any], new: dict[str, Any]) -> Changes:
    found: Changes = {}
    for key in old.keys() | new.keys():
        if key not in old:
            found[base + key] = "ADD"
        elif key not in new:
            found[base + key] = "DELETE"
        else:
            found |= _value(base + key, old[key], new[key])
    return found


def _value(at: str, old: Any, new: Any) -> Changes:
    if isinstance(old, dict) and isinstance(new, dict):
        return _object(f"{at}.", old, new)
    if isinstance(old, list) and isinstance(new, list):
        found: Changes = {}
        for number in range(max(len(old), len(new))):
            if number >= len(old):
                found[f"{at}[{number}]"] = "ADD"
            elif number >= len(new):
                found[f"{at}[{number}]"] = "DELETE"
            else:
                found |= _value(f"{at}[{number}]", old[number], new[number])
        return found
    return {} if old == new else {at: "UPDATE"}


def apply_drift(inputs: Any, old: Any, new: Any) -> Any:
    """Return the inputs after a refresh: what changed in Azure between two readings is written into
    them, what Azure only filled in by itself is not (`applyDiff` of the same file)."""
    if all(isinstance(part, dict) for part in (inputs, old, new)):
        kept = {key: value for key, value in inputs.items() if key not in old or key in new}
        for key, value in new.items():
            if key not in old:
                kept[key] = value
            elif old[key] != value:
                kept[key] = apply_drift(inputs[key], old[key], value) if key in inputs else value
        return kept
    if all(isinstance(part, list) for part in (inputs, old, new)):
        return [
            apply_drift(inputs[n], old[n], part) if n < min(len(inputs), len(old)) else part
            for n, part in enumerate(new)
        ]
    return inputs if old == new else new
