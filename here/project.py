"""A clone's Pulumi part in a directory of its own, with a backend, keys and a home that are
nobody's: the stacks of whoever runs this are never touched."""

from __future__ import annotations

import os
import secrets
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from here.azure import schema
from here.azure.__main__ import DIRECTORY
from here.azure.arm import Azure
from here.azure.behind import Behind
from here.azure.kinds import SUBSCRIPTION
from here.cli.obtain import QUICK, Cli
from lab.host import cache_directory

ROOT = Path(__file__).parents[1]
PROJECT = "lunch-gateway"
ROOMS = ("gateway", "cloud_init", "ops", "settings", "profiles")
FILES = ("__main__.py", "Pulumi.yaml")


@dataclass(frozen=True)
class Ran:
    """A command that has ended."""

    status: int
    text: str
    """What it said, on both of its outputs."""


@dataclass(frozen=True)
class Project:
    """Everything that one gateway here has on the disk, below ``directory``. What is there already
    stays: its settings, its secrets and its state."""

    directory: Path
    stack: str

    @property
    def clone(self) -> Path:
        """Returns where the program lies."""
        return self.directory / "project"

    @property
    def azure(self) -> Azure:
        """Returns the subscription."""
        return Azure(self.directory / "azure")

    @property
    def pages(self) -> Path:
        """Returns where the pages are written."""
        return self.clone / "build/profiles" / self.stack

    @property
    def _passphrase(self) -> Path:
        return self.directory / "passphrase"

    def make(self, cli: Cli, behind: Behind) -> None:
        """Lay it out, with Pulumi and the double of Azure in front of ``behind``."""
        for name in ("project", "home", "azure", "bin", "state"):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        if not self._passphrase.exists():
            self._passphrase.touch(mode=0o600)
            self._passphrase.write_text(secrets.token_urlsafe(32))
        for name in (*ROOMS, *FILES):
            self.link(name, ROOT / name)
        # The environment that this runs in, where Pulumi.yaml looks for it.
        self.link(".venv", Path(sys.prefix))
        behind.write(self.azure.directory)
        self.link("../azure/schema.json", _schema())
        self.link("../bin/pulumi", cli.pulumi)
        self._write_programs(cli, behind)

    def link(self, name: str, target: Path) -> None:
        """Have a name in the clone lead elsewhere."""
        path = self.clone / name
        path.unlink(missing_ok=True)
        path.symlink_to(target)

    def _write_programs(self, cli: Cli, behind: Behind) -> None:
        """Write the double under the provider's name, az and, where Pulumi brought none, a language
        host."""
        self._write(self.directory / "bin/az", f"-m here.az {shlex.quote(behind.socket)}")
        azure = f"resource-azure-native-v{version('pulumi_azure_native')}"
        self._write(self.plugins / azure / "pulumi-resource-azure-native", "-m here.azure")
        if cli.language_host is None:
            executor = cli.pulumi.resolve().with_name("pulumi-language-python-exec")
            host = f"-m here.cli.language_host {shlex.quote(str(executor))}"
            place = self.plugins / f"language-python-v{cli.version}"
            self._write(place / "pulumi-language-python", host)

    @staticmethod
    def _write(script: Path, start: str) -> None:
        script.parent.mkdir(parents=True, exist_ok=True)
        python, here = shlex.quote(sys.executable), shlex.quote(str(ROOT))
        script.write_text(f'#!/bin/sh\ncd {here} && exec {python} {start} "$@"\n')
        script.chmod(0o755)

    @property
    def plugins(self) -> Path:
        """Returns where Pulumi installs its plugins. Of one that it finds on PATH it warns in each
        command."""
        return self.directory / "home/.pulumi/plugins"

    @property
    def environment(self) -> dict[str, str]:
        """Returns what commands find around them; nothing of the caller's but PATH."""
        return {
            "PATH": os.pathsep.join([str(self.directory / "bin"), os.environ["PATH"]]),
            "HOME": str(self.directory / "home"),
            "LANG": "C.UTF-8",
            "PULUMI_HOME": str(self.directory / "home/.pulumi"),
            "PULUMI_BACKEND_URL": f"file://{self.directory / 'state'}?metadata=skip",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self._passphrase),
            **QUICK,
            "ARM_SUBSCRIPTION_ID": SUBSCRIPTION.rpartition("/")[2],
            DIRECTORY: str(self.azure.directory),
        }

    def ops(self, *arguments: str) -> list[str]:
        """Returns the command behind one of make's."""
        return [sys.executable, "-m", "ops", *arguments, "--stack", self.stack]

    def run(
        self, command: Sequence[str], say: Callable[[str], None] = lambda _: None, given: str = ""
    ) -> Ran:
        """Run a command of the project to its end; ``say`` hears each line as it comes.

        Args:
            command: what to run.
            say: is called with each line.
            given: its standard input, where secrets go.
        """
        lines = []
        with subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "--", *command],
            cwd=self.clone,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            try:
                _hand_over(process, given)
                for line in process.stdout or ():
                    lines.append(line)
                    say(line.rstrip("\n"))
            except BaseException:
                # It saves what was made, and then ends.
                process.terminate()
                process.wait()
                raise
        return Ran(process.returncode, "".join(lines))


def _hand_over(process: subprocess.Popen[str], given: str) -> None:
    if process.stdin:
        process.stdin.write(given)
        process.stdin.close()


def _schema() -> Path:
    """Returns the file of the SDK's own types; it takes ten seconds, so it is kept."""
    name = f"azure-types-{version('pulumi_azure_native')}.json"
    target = cache_directory() / name
    if not target.exists():
        partial = target.with_suffix(f".{os.getpid()}")
        schema.extract(partial)
        partial.replace(target)
    return target
