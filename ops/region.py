"""Where a stack is to stand, as its settings file tells. Standard library only, as doctor is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

REGION = "azure-native:location"
DEFAULT_REGION = "westus2"

_FAR = (
    f"it will stand in {DEFAULT_REGION}, the default. From Japan that is far: pages take longer"
    " through it\nthan without a VPN. Near: make up STACK=tokyo REGION=japaneast"
)


def short_region(region: str) -> str:
    """A region as Azure's interfaces write it; its portal writes West US 2."""
    return region.replace(" ", "").lower()


def far(settings_file: Path) -> str:
    """Return what to say before a new stack is made without a region; empty if it is not new, or
    its settings name another one than the default."""
    try:
        text = settings_file.read_text(encoding="utf-8")
    except (OSError, ValueError):
        text = ""
    # Its secrets are made with it, and by the first `make up` or `make preview`.
    if re.search(r"^\s*secure:|: *secure:", text, re.MULTILINE):
        return ""
    named = re.search(rf"^ *['\"]?{REGION}['\"]?:([^#\n]*)", text, re.MULTILINE)
    stands_in = short_region(named[1].strip().strip("'\"")) if named else DEFAULT_REGION
    return _FAR if stands_in in ("", DEFAULT_REGION) else ""


def asked_by_make(environment: Mapping[str, str], directory: Path) -> str:
    """Return the same for `make up`, which hands on what stood on its command line."""
    if environment.get("REGION") or environment.get("LIKE"):
        return ""
    name = (environment.get("STACK") or "dev").split("/")[-1]
    return far(directory / f"Pulumi.{name}.yaml")
