"""The session fails when a test did not run; what takes long begins early."""

from __future__ import annotations

import re
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


def test_what_failed_is_told_whole(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As pytest shortens it, the reader of a log elsewhere sees neither what failed nor why."""
    for name in ("CI", "BUILD_NUMBER"):
        monkeypatch.delenv(name, raising=False)
    pyproject = CONFTEST.parents[1].joinpath("pyproject.toml").read_text(encoding="utf-8")
    (told,) = re.findall(r"^(verbosity_assertions) = \"(\d)\"$", pyproject, re.M)
    pytester.makeini("[pytest]\n" + " = ".join(told))
    pytester.makepyfile(
        "FAILED = [f'check-{number}: why {number} failed' for number in range(60)]\n"
        "def test_list(): assert not FAILED\n"
        "def test_same(): assert FAILED == []\n"
        "def test_text(): assert '\\n'.join(FAILED) == ''\n"
    )
    said = pytester.runpytest_inprocess().stdout.str()
    assert [number for number in range(60) if said.count(f"why {number} failed") < 3] == []


FILES = {
    "test_a_few": "def test(): pass\n",
    "test_b_many": "".join(f"def test_{number}(): pass\n" for number in range(4)),
    "test_c_mixed": "import pytest\n\ndef test_0(): pass\n\n"
    "@pytest.mark.engine\ndef test_1(): pass\n",
    "test_b_slow": "import pytest\n\npytestmark = pytest.mark.slow\n\ndef test(): pass\n",
    "test_d_engine": "import pytest\n\npytestmark = pytest.mark.engine\n\ndef test(): pass\n",
}


ORDER = ["test_c_mixed", "test_b_slow", "test_d_engine", "test_b_many", "test_a_few"]


def test_what_takes_long_begins_early(pytester: pytest.Pytester) -> None:
    """As make has them run, so that xdist does not order them by itself again."""
    makefile = CONFTEST.parents[1].joinpath("Makefile").read_text(encoding="utf-8")
    (options,) = re.findall(r"^SIDE_BY_SIDE := (.+)$", makefile, re.M)
    pytester.makeini("[pytest]\nmarkers =\n    engine: takes long\n    slow: too\n")
    pytester.makeconftest(CONFTEST.read_text(encoding="utf-8"))
    pytester.makepyfile(**FILES)
    done = pytester.runpytest_inprocess("--verbose", *options.replace("auto", "1").split())
    ran = re.findall(r"PASSED.* (test_\w+)\.py::(\w+)", done.stdout.str())
    files = [file for file, _ in ran]
    assert list(dict.fromkeys(files)) == ORDER
    # Each file's tests stay together and in their order.
    assert files == sorted(files, key=ORDER.index)
    assert [test for file, test in ran if file == "test_c_mixed"] == ["test_0", "test_1"]
