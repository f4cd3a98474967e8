"""Loads a stack's configuration outside of a stack."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.config import ConfigError, GatewayConfig, load
from tests.gateway.program_run import in_stack


def loaded(values: dict[str, Any], plain: bool = False) -> tuple[GatewayConfig, list[str]]:
    found: list[GatewayConfig] = []
    log = in_stack(values, lambda: found.append(load()), plain)
    return found[0], log


def problems(values: dict[str, Any]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        in_stack(values, load)
    assert str(caught.value).splitlines() == caught.value.problems
    return caught.value.problems
