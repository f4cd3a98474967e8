"""Where the tests get Pulumi's command line from, in order: PATH, the cache, Pulumi's
installer, a build from its Go modules. Whatever comes out of it is a real engine."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab.host import aside, cache_directory, digest

MINIMUM = (3, 259, 0)
"""The oldest engine that these tests have been run with."""

INSTALLED = "3.272.0"
"""What the installer is asked for: the version of the SDK in constraints.txt."""

INSTALLER = "https://get.pulumi.com"
"""https://www.pulumi.com/docs/install/ : a shell script with these options."""

BUILT = "3.259.0"
"""What build/go.mod pins: the newest whose `pkg` module every Go proxy we asked has."""

BUILD = Path(__file__).with_name("build")
PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
SDK = "github.com/pulumi/pulumi/sdk/v3"
BESIDE = ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python")
"""Files of the SDK's module that the engine expects beside its own binary."""

GO_IN_A_HURRY = {"GOGC": "400", "GOMEMLIMIT": "2GiB"}
"""The compiler collects its garbage less often, up to so much memory: of net/http it then took
23 instead of 31 processor seconds, and 400 instead of 320 MB."""

NOT_INLINED = "all=-l"
"""Functions stay where they are: net/http took 18 processor seconds instead of 24."""

CONNECT_TIMEOUT = 10
INSTALL_TIMEOUT = 300
BUILD_TIMEOUT = 1800
"""Seconds. The build takes 140 on two idle cores, modules' download included, and far
longer where others use them."""

ENDS_WITH_US = ("setpriv", "--pdeathsig", "TERM", "--") if shutil.which("setpriv") else ()
"""Before a long command. macOS has none: there it goes on for a while."""

Say = Callable[[str], None]


QUICK = {
    "PULUMI_SKIP_UPDATE_CHECK": "1",
    "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "1",
    # A third of what a short command of Pulumi's takes was Go's collecting of garbage. A long one
    # begins with it where it is needed.
    "GOGC": "off",
    "GOMEMLIMIT": "1GiB",
}
"""What keeps Pulumi's commands from what nobody here needs, for their environment."""


class CliError(RuntimeError):
    """There is no usable Pulumi and no way to get one; says what was tried and what to do."""


@dataclass(frozen=True)
class Cli:
    """A Pulumi to run the tests with."""

    pulumi: Path
    version: str

    @property
    def language_host(self) -> Path | None:
        """Returns Pulumi's own language host for Python. A build from Go modules has none."""
        beside = self.pulumi.resolve().with_name("pulumi-language-python")
        return beside if beside.exists() else None


def say(line: str) -> None:
    """Print progress, past whatever captures a test's output."""
    print(line, file=sys.__stderr__, flush=True)


def obtain(say: Say = say) -> Cli:
    """Returns a Pulumi at least as new as `MINIMUM`.

    Raises:
        CliError: with every way that was tried, and why it failed.
    """
    on_path = shutil.which("pulumi")
    tried = []
    if on_path:
        cli, fault = examine(Path(on_path))
        if cli:
            return cli
        tried.append(f"on PATH: {fault}")
    with alone(say):
        for way in (_installed, _built):
            try:
                return way(say)
            except (OSError, subprocess.SubprocessError, CliError) as error:
                tried.append(f"{way.__name__.strip('_')}: {error}")
                if way is _installed:
                    say(f"that did not work: {_last_words(error)}")
    raise CliError(
        "no Pulumi to run the engine tests with; install it (https://www.pulumi.com/docs/install/)"
        f" so that `pulumi version` says at least {dotted(MINIMUM)}, or put Go 1.25.11 or later on"
        " PATH. Tried:\n  " + "\n  ".join(tried)
    )


def _last_words(error: Exception) -> str:
    """Returns a fault's reason in one line, without its number."""
    reason = getattr(error, "reason", error)
    return (getattr(reason, "strerror", None) or str(reason)).strip().splitlines()[-1]


def examine(pulumi: Path) -> tuple[Cli | None, str]:
    """Returns the binary there if it runs and is recent enough, else what is wrong with it."""
    try:
        done = subprocess.run([pulumi, "version"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.SubprocessError) as error:
        return None, f"{pulumi} does not run: {error}"
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", done.stdout)
    if done.returncode or not found:
        return None, f"{pulumi} says no version: {(done.stdout + done.stderr).strip()[:200]}"
    version = tuple(map(int, found.groups()))
    if version < MINIMUM:
        return None, f"{pulumi} is {dotted(version)}, older than {dotted(MINIMUM)}"
    return Cli(pulumi=pulumi, version=dotted(version)), ""


def dotted(version: tuple[int, ...]) -> str:
    """Returns a version as people write it."""
    return ".".join(map(str, version))


@contextmanager
def alone(say: Say) -> Iterator[None]:
    """Let one process fetch or build while others wait for what it leaves in the cache."""
    with (cache_directory() / "pulumi.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another process that is getting pulumi ready")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _cached(name: str, make: Callable[[Path], None]) -> Cli:
    """Return ``name/bin/pulumi`` in the cache; made aside first, so that a broken attempt leaves
    nothing that looks like one that worked."""
    target = cache_directory() / name
    if not target.exists():
        with aside() as scratch:
            made = scratch / "made"
            (made / "bin").mkdir(parents=True)
            make(made)
            _required(made / "bin" / "pulumi")
            made.rename(target)
    return _required(target / "bin" / "pulumi")


def _required(pulumi: Path) -> Cli:
    cli, fault = examine(pulumi)
    if cli is None:
        raise CliError(fault)
    return cli


def _installed(say: Say) -> Cli:
    """Install one by Pulumi's installer, which brings the language hosts along. Where a build is at
    hand already, nobody waits for a network that may not be there."""
    if not (cache_directory() / f"pulumi-{INSTALLED}").exists() and _build_directory().exists():
        return _built(say)
    return _cached(f"pulumi-{INSTALLED}", lambda made: _install(made, say))


def _install(made: Path, say: Say) -> None:
    say(f"fetching pulumi {INSTALLED} with the installer of {INSTALLER}")
    with urllib.request.urlopen(INSTALLER, timeout=CONNECT_TIMEOUT) as answer:
        script = made / "install.sh"
        script.write_bytes(answer.read())
    options = ["--version", INSTALLED, "--install-root", str(made), "--no-edit-path"]
    _run(["sh", str(script), *options], made, say, "fetching pulumi", INSTALL_TIMEOUT)
    script.unlink()


def _build_directory() -> Path:
    pins = [(BUILD / name).read_bytes() for name in ("go.mod", "go.sum")]
    return cache_directory() / f"pulumi-{BUILT}-{digest(*pins)}"


def _built(say: Say) -> Cli:
    return _cached(_build_directory().name, lambda made: _build(made, say))


def _build(made: Path, say: Say) -> None:
    if not shutil.which("go"):
        raise CliError("no Go on PATH")
    say(f"building pulumi {BUILT} from its Go modules; this takes minutes, once")
    version = f"-X {SDK}/go/common/version.Version=v{BUILT}"
    flags = ["-mod=readonly", "-trimpath", "-gcflags", NOT_INLINED, "-ldflags", f"-s -w {version}"]
    command = ["go", "build", "-C", str(BUILD), "-o", str(made / "bin" / "pulumi"), *flags, PACKAGE]
    _run(command, made, say, "building pulumi", BUILD_TIMEOUT)
    where = ["go", "list", "-C", str(BUILD), "-mod=readonly", "-m", "-f", "{{.Dir}}", SDK]
    sdk = Path(subprocess.run(where, check=True, capture_output=True, text=True).stdout.strip())
    for name in BESIDE:
        beside = made / "bin" / Path(name).name
        shutil.copyfile(sdk / name, beside)
        beside.chmod(0o755)


def _run(command: list[str], made: Path, say: Say, doing: str, timeout: float) -> None:
    """Run one long command, with a sign of life every fifteen seconds."""
    log = made.with_name("log")
    started = time.monotonic()
    # Without GOTOOLCHAIN=local an old Go would fetch a whole new one.
    environment = {**GO_IN_A_HURRY, **os.environ, "GOTOOLCHAIN": "local"}
    with (
        log.open("w") as out,
        subprocess.Popen(
            [*ENDS_WITH_US, *command], stdout=out, stderr=subprocess.STDOUT, env=environment
        ) as process,
    ):
        while True:
            try:
                process.wait(15)
                break
            except subprocess.TimeoutExpired:
                passed = time.monotonic() - started
                say(f"{doing}: {passed // 60:.0f}:{passed % 60:02.0f} min so far")
                if passed > timeout:
                    process.kill()
                    raise CliError(f"{doing} took more than {timeout:.0f} s") from None
    if process.returncode:
        raise CliError(f"{doing} failed:\n{log.read_text(errors='replace')[-1500:]}")
