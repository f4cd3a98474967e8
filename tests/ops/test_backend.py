"""Where state and passphrase are kept, and what is said where they can't be."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops import backend
from ops.__main__ import main
from ops.cli import OpsError

EXPECTED = "no directory's whole path; expected one that begins with /"


def test_by_default_below_the_home_directory(tmp_path: Path) -> None:
    chosen = backend.with_backend({"HOME": str(tmp_path), "XDG_DATA_HOME": ""})
    assert chosen[backend.URL] == (
        f"file://{tmp_path}/.local/share/lunch-gateway/state?metadata=skip"
    )
    assert chosen[backend.PASSPHRASE_FILE] == f"{tmp_path}/.config/lunch-gateway/passphrase"


@pytest.mark.parametrize(
    ("environment", "line"),
    [
        ({"XDG_DATA_HOME": "rel"}, f"XDG_DATA_HOME: 'rel' is {EXPECTED}"),
        ({"XDG_CONFIG_HOME": "rel"}, f"XDG_CONFIG_HOME: 'rel' is {EXPECTED}"),
        ({"HOME": ""}, f"HOME: '' is {EXPECTED}"),
        ({"HOME": "rel"}, f"HOME: 'rel' is {EXPECTED}"),
        (
            {"HOME": "/proc/nope"},
            "HOME: /proc/nope/.local/share/lunch-gateway/state can't be made (No such file or"
            " directory); expected a directory that you may write to",
        ),
        (
            {"XDG_DATA_HOME": "/dev/null"},
            "XDG_DATA_HOME: /dev/null/lunch-gateway/state can't be made (Not a directory);"
            " expected a directory that you may write to",
        ),
    ],
    ids=str,
)
def test_where_nothing_can_be_kept(
    environment: dict[str, str],
    line: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("CI", backend.URL, "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, text in {"HOME": str(tmp_path), **environment}.items():
        monkeypatch.setenv(name, text)
    assert main(["status"]) == 1
    assert capsys.readouterr().err == f"status: {line}\n"


def test_where_no_passphrase_can_be_kept() -> None:
    environment = {"XDG_CONFIG_HOME": "/dev/null", "HOME": "/", backend.URL: "file:///nowhere"}
    with pytest.raises(OpsError) as refused:
        backend.ensure_passphrase(backend.with_backend(environment), own=True, used=False)
    assert str(refused.value).startswith("XDG_CONFIG_HOME: /dev/null/lunch-gateway can't be made")


def test_a_home_that_nobody_has_is_a_name_like_any_other() -> None:
    assert backend.local_state("file://~nobody-here/x") == Path("~nobody-here/x/.pulumi")
