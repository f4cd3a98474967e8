"""The session fails when a test did not run."""

from __future__ import annotations

from pathlib import Path

import pytest

CONFTEST = Path(__file__).with_name("conftest.py")


@pytest.mark.parametrize("processes", [(), ("-n", "1")], ids=["one", "several"])
@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("def test(): pass", 0),
        ("def test(): assert False", 1),
        ("def test(): pytest.skip('no')", 1),
        ("@pytest.mark.skip\ndef test(): pass", 1),
        ("@pytest.mark.skipif(True, reason='no')\ndef test(): pass", 1),
        ("@pytest.mark.xfail\ndef test(): assert False", 1),
        ("@pytest.mark.xfail\ndef test(): pass", 1),
        ("pytest.importorskip('no_such_module')\ndef test(): pass", 4),
        ("pytest.skip('no', allow_module_level=True)\ndef test(): pass", 4),
    ],
)
def test_what_does_not_run_fails(
    body: str, status: int, processes: tuple[str, ...], pytester: pytest.Pytester
) -> None:
    pytester.makeconftest(CONFTEST.read_text(encoding="utf-8"))
    pytester.makepyfile(f"import pytest\n{body}\n")
    assert pytester.runpytest_inprocess(*processes).ret == status
