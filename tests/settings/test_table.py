"""What repeats the table of settings is made from it, or says the same."""

from __future__ import annotations

import io
import re
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from settings import document, values
from settings.__main__ import main
from settings.guest import GUEST_KEYS
from settings.reachable import MAX_NETWORKS
from settings.table import FILE, table
from settings.users import PASSWORD_LENGTH

ROOT = FILE.parent
EXAMPLE = (ROOT / "settings.example.yaml").read_text(encoding="utf-8")


def test_the_page_is_up_to_date() -> None:
    written = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    assert written == document.page(), "run python -m settings table --write"


def test_the_page_names_every_key_with_its_default() -> None:
    page = document.page()
    for key, setting in table().items():
        (entry,) = re.findall(rf"^### {key}\n\n(.*?)\n\n(.*?)(?=\n#|\Z)", page, re.S | re.M)
        assert " ".join(entry[1].split()) == setting.text
        assert ("secret" in entry[0]) == ("required" in entry[0]) == setting.secret
        assert f"(#{key.lower()})" in page
    assert "A number; default: `1280`." in page
    assert "A list; default: `[8.8.8.8, 1.1.1.1]`." in page
    assert max(map(len, page.splitlines())) <= document.WIDTH


def test_a_changed_table_is_another_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "Pulumi.yaml"
    other.write_text(FILE.read_text().replace("default: 1280", "default: 1281"))
    before = document.page()
    monkeypatch.setattr(document, "table", lambda: table(other))
    assert document.page() == before.replace("`1280`", "`1281`") != before


def test_the_command_shows_or_writes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "FILE", tmp_path / "settings.md")
    with redirect_stdout(io.StringIO()) as out:
        assert main(["table"]) == 0
    assert not (tmp_path / "settings.md").exists()
    assert main(["table", "--write"]) == 0
    assert (tmp_path / "settings.md").read_text(encoding="utf-8") == out.getvalue()


def test_a_page_that_can_t_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(document, "FILE", tmp_path / "missing/settings.md")
    assert main(["table", "--write"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "missing/settings.md: No such file" in line


def commented() -> dict[str, str]:
    """By key of the example: the comment above it, in one line; empty if there is none."""
    blocks = re.findall(r"^((?:# .*\n)*)(\w+):", EXAMPLE, re.M)
    return {key: " ".join(re.sub(r"^# ", "", text, flags=re.M).split()) for text, key in blocks}


@pytest.mark.parametrize("key", sorted(GUEST_KEYS - {"sshSource"}))
def test_the_example_says_what_the_table_says(key: str) -> None:
    assert commented()[key].startswith(table()[key].short)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("psk", f"{values.PSK_LENGTH.start} to {values.PSK_LENGTH.stop - 1} "),
        ("users", f"16 to {PASSWORD_LENGTH.stop - 1} "),
        ("users", f"; {PASSWORD_LENGTH.start} are enough"),
        ("mtu", f"{values.MTU_RANGE.start} to {values.MTU_RANGE.stop - 1}."),
        ("tunnelSubnet", "/16 to /27"),
        ("vnetSubnet", "/8 to /29"),
        ("reachableNetworks", f"At most {MAX_NETWORKS}, "),
        ("readyTimeout", "0 to 120."),
    ],
)
def test_the_table_names_the_limits_that_hold(key: str, words: str) -> None:
    assert words in table()[key].text
