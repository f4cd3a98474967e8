"""What is wrong with settings, line by line."""

from __future__ import annotations

from typing import Any

import pytest

from settings.guest import SettingsError, parse
from tests.cloud_init.strategies import MINIMAL


def problems(**changes: Any) -> list[str]:
    """The complaints about the smallest settings with these changes."""
    with pytest.raises(SettingsError) as caught:
        parse(MINIMAL | changes)
    return caught.value.problems
