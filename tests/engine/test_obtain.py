"""Every way to a Pulumi, and what is said where none leads to one."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

import pytest

from here.cli import obtain as module
from here.cli.obtain import CliError, examine, obtain

MINIMUM = module.dotted(module.MINIMUM)


def fake(directory: Path, version: str) -> Path:
    """A program that says it is this Pulumi."""
    directory.mkdir(parents=True, exist_ok=True)
    program = directory / "pulumi"
    program.write_text(f"#!/bin/sh\necho {version}\n")
    program.chmod(0o755)
    return program


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No cache, no network, and of the commands on PATH only the shell's."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setattr(module, "INSTALLER", (tmp_path / "no installer").as_uri())


def quiet(line: str) -> None:
    pass


def installer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    (tmp_path / "installer").write_text(script)
    monkeypatch.setattr(module, "INSTALLER", (tmp_path / "installer").as_uri())


INSTALLS = """
# --version V --install-root DIRECTORY --no-edit-path
test "$#" = 5 && test "$5" = --no-edit-path || exit 9
printf '#!/bin/sh\\necho v%s\\n' "$2" >"$4/bin/pulumi"
chmod 755 "$4/bin/pulumi"
touch "$4/bin/pulumi-language-python"
"""


def test_the_one_on_path_is_taken(tmp_path: Path) -> None:
    program = fake(tmp_path / "bin", f"v{MINIMUM}")
    assert obtain(quiet).pulumi == program


@pytest.mark.parametrize("version", ["v3.100.0", "nonsense", ""])
def test_one_on_path_that_will_not_do_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    fake(tmp_path / "bin", version)
    installer(tmp_path, monkeypatch, INSTALLS)
    found = obtain(quiet)
    assert found.version == module.INSTALLED
    assert found.language_host is not None
    assert (tmp_path / "cache") in found.pulumi.parents


def test_what_was_installed_once_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installer(tmp_path, monkeypatch, INSTALLS)
    first = obtain(quiet)
    (tmp_path / "installer").unlink()
    assert obtain(quiet) == first


def test_with_no_way_left_it_says_what_was_tried_and_what_to_do(tmp_path: Path) -> None:
    fake(tmp_path / "bin", "v3.100.0")
    with pytest.raises(CliError) as failed:
        obtain(quiet)
    told = str(failed.value)
    assert f"older than {MINIMUM}" in told
    assert "no Go on PATH" in told
    assert "no installer" in told
    assert "https://www.pulumi.com/docs/install/" in told


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (None, "No such file or directory"),
        ("echo it is shut; exit 3", "it is shut"),
    ],
)
def test_before_it_builds_it_says_why_it_could_not_fetch(
    script: str | None, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if script:
        installer(tmp_path, monkeypatch, script)
    said: list[str] = []
    with pytest.raises(CliError):
        obtain(said.append)
    assert said[0].startswith("fetching pulumi ")
    assert said[1] == f"that did not work: {reason}"


@pytest.mark.parametrize(
    "script", ["exit 3", "true", 'printf "#!/bin/sh\\nexit 1\\n" >"$4/bin/pulumi"']
)
def test_a_broken_attempt_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    installer(tmp_path, monkeypatch, script)
    with pytest.raises(CliError):
        obtain(quiet)
    left = {path.name for path in (tmp_path / "cache" / "lunch-gateway").iterdir()}
    assert left == {"pulumi.lock", "run.lock"}


def test_a_build_that_fails_shows_why(tmp_path: Path) -> None:
    go = tmp_path / "bin" / "go"
    go.parent.mkdir()
    go.write_text("#!/bin/sh\necho 'go: this is the reason' >&2\nexit 1\n")
    go.chmod(0o755)
    with pytest.raises(CliError, match="this is the reason"):
        obtain(quiet)


@pytest.mark.parametrize("own", [{}, {"GOGC": "50"}], ids=["ours", "own"])
def test_a_build_hurries_unless_somebody_says_otherwise(
    own: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GOGC", raising=False)
    for key, value in own.items():
        monkeypatch.setenv(key, value)
    go = tmp_path / "bin" / "go"
    go.parent.mkdir()
    go.write_text('#!/bin/sh\necho "GOGC=$GOGC GOTOOLCHAIN=$GOTOOLCHAIN" >&2\nexit 1\n')
    go.chmod(0o755)
    with pytest.raises(CliError, match=f"GOGC={own.get('GOGC', '400')} GOTOOLCHAIN=local"):
        obtain(quiet)


def test_a_build_takes_the_sdk_s_files_along(tmp_path: Path) -> None:
    sdk = tmp_path / "sdk"
    for name in module.BESIDE:
        (sdk / name).parent.mkdir(parents=True, exist_ok=True)
        (sdk / name).write_text("#!/bin/sh\n")
    go = tmp_path / "bin" / "go"
    go.parent.mkdir()
    # go build -C DIRECTORY -o PROGRAM …, go list …
    go.write_text(
        f"#!/bin/sh\ntest $1 = list && {{ echo {sdk}; exit; }}\n"
        f'printf "#!/bin/sh\\necho v{module.BUILT}\\n" >"$5"; chmod 755 "$5"\n'
    )
    go.chmod(0o755)
    built = obtain(quiet)
    assert built.version == module.BUILT
    assert built.language_host is None
    for name in module.BESIDE:
        assert built.pulumi.with_name(Path(name).name).stat().st_mode & 0o111


def hold(ready: str) -> None:
    with module.alone(quiet):
        Path(ready).touch()
        time.sleep(1)


def test_a_second_one_waits_for_the_first(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    other = multiprocessing.get_context("fork").Process(target=hold, args=(str(ready),))
    other.start()
    while not ready.exists():
        time.sleep(0.01)
    said: list[str] = []
    with module.alone(said.append):
        # What it held for a second is free, so it is at its end.
        other.join(5)
        assert other.exitcode == 0
    assert said == ["waiting for another process that is getting pulumi ready"]


def test_the_pins_agree() -> None:
    modules = (module.BUILD / "go.mod").read_text()
    for name in ("pkg", "sdk"):
        assert f"github.com/pulumi/pulumi/{name}/v3 v{module.BUILT}" in modules
    constraints = (Path(__file__).parents[2] / "constraints.txt").read_text()
    assert f"pulumi=={module.INSTALLED}\n" in constraints


def test_what_does_not_run_is_named(tmp_path: Path) -> None:
    found, fault = examine(tmp_path / "nothing")
    assert found is None
    assert "does not run" in fault
