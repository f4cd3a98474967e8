"""What a label begins with, when nobody chose one."""

from __future__ import annotations

import pytest

from settings.azure_values import dns_label
from settings.label import beginning


@pytest.mark.parametrize(
    ("stack", "expected"),
    [
        ("dev", "lunch-gateway-dev"),
        ("1.2", "lunch-gateway-1-2"),
        ("windows", "lunch-gateway"),
        ("login-test", "lunch-gateway-test"),
        ("my-microsoft", "lunch-gateway-my"),
        ("loxboxgin", "lunch-gateway-lo-gin"),
        ("x" * 100, f"lunch-gateway-{'x' * 36}"),
        ("\u663c", "lunch-gateway"),
    ],
)
def test_names_become_a_label_that_azure_takes(stack: str, expected: str) -> None:
    assert beginning("lunch-gateway", stack) == expected
    assert dns_label(f"{beginning('lunch-gateway', stack)}-0a1b2c3d")


@pytest.mark.parametrize("name", ["windows", "123", "---", ""])
def test_names_of_which_nothing_is_left(name: str) -> None:
    assert beginning(name) == "gateway"
