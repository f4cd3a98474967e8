"""That the default region is far from Japan is said before anything is made there."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.region import asked_by_make
from tests.ops.test_doctor import run


def test_doctor_says_it_before_make_up(tmp_path: Path) -> None:
    """STACK and REGION are what make hands on of its command line."""
    for name in ("git", "pulumi"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    environment = {"PATH": str(tmp_path), "ARM_CLIENT_ID": "so that az is not asked"}
    done = run(environment, "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("note: it will stand in westus2, the default. From Japan that is")
    assert done.stdout.endswith("Near: make up STACK=tokyo REGION=japaneast\n")
    for more in ({"REGION": "japaneast"}, {"STACK": "tokyo", "LIKE": "dev"}):
        assert run({**environment, **more}, "--quiet").stdout == ""
    assert run(environment).stdout == "Nothing is missing: make up can begin.\n"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (None, True),
        ("config:\n  azure-native:location: westus2\n", True),
        ("config:\n  azure-native:location: 'West US 2' # ours\n", True),
        ("config:\n  lunch-gateway:mtu: 1400\n", True),
        ("config:\n  azure-native:location: Japan East\n", False),
        ('config:\n  "azure-native:location": "japaneast"\n', False),
        ("config:\n  lunch-gateway:psk:\n    secure: v1:4711\n", False),
    ],
)
def test_it_is_said_of_new_stacks_that_name_no_other_region(
    settings: str | None, said: bool, tmp_path: Path
) -> None:
    if settings:
        (tmp_path / "Pulumi.tokyo.yaml").write_text(settings)
    assert bool(asked_by_make({"STACK": "acme/tokyo"}, tmp_path)) is said
