"""A directory in which Pulumi's engine, the double of Azure and a backend live together.

Nothing leaves it: no network, no account, no file of the person who runs the tests. All
that the engine prints or writes stays there too, for the search for secrets.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from here.azure.__main__ import DIRECTORY
from here.azure.arm import Azure
from here.azure.control import Control, Fault
from here.azure.kinds import SUBSCRIPTION
from here.cli.obtain import QUICK, Cli

REPOSITORY = Path(__file__).parents[2]
PROJECT = "lunch-gateway"
PASSPHRASE = "the passphrase of the engine tests"
PROGRAM = ("__main__.py", "gateway", "cloud_init", "ops", "settings")

TIMEOUT = 240
"""Seconds for one command. The slowest takes ten on two idle cores."""

WITHOUT_WAITING = {"readyTimeout": "0"}
"""Nobody answers IKE here. Set where the project has such a setting."""


@dataclass(frozen=True)
class Done:
    """One command that has ended."""

    code: int
    out: str
    err: str
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return self.out + self.err

    def steps(self) -> dict[str, str]:
        """What happens to which resource: ``{"VirtualMachine": "replace"}``; same is left out."""
        found: dict[str, str] = {}
        for event in self.events:
            step = event.get("resourcePreEvent", {}).get("metadata")
            if step and step["op"] != "same" and step["type"].startswith("azure-native:"):
                kind = step["type"].rpartition(":")[2]
                if found.get(kind) != "replace":
                    found[kind] = step["op"]
        return found

    def replacing(self, kind: str) -> list[str]:
        """The paths that made the engine replace a resource."""
        for event in self.events:
            step = event.get("resourcePreEvent", {}).get("metadata", {})
            if step.get("type", "").endswith(f":{kind}") and step.get("op") == "replace":
                found = step.get("detailedDiff") or {}
                return sorted(path for path, what in found.items() if "replace" in what["diffKind"])
        return []


class World:
    """One backend, one Azure, any number of stacks."""

    def __init__(self, directory: Path, cli: Cli, schema: Path) -> None:
        self.directory = directory
        self.cli = cli
        self.project = directory / "project"
        self.said = directory / "said"
        for made in (self.project, self.said, directory / "azure", directory / "backend"):
            made.mkdir(parents=True)
        self.azure = Azure(directory / "azure")
        shutil.copyfile(schema, self.azure.directory / "schema.json")
        shutil.copyfile(REPOSITORY / "Pulumi.yaml", self.project / "Pulumi.yaml")
        for name in PROGRAM:
            (self.project / name).symlink_to(REPOSITORY / name)
        # The environment that `make setup` made, where Pulumi.yaml looks for it.
        (self.project / ".venv").symlink_to(Path(sys.executable).parents[1])
        self._write_plugins()

    def _write_plugins(self) -> None:
        """The double under the provider's name and, where Pulumi brought none, a language host."""
        plugins = self.directory / "plugins"
        plugins.mkdir()
        starts = {"pulumi-resource-azure-native": "-m here.azure"}
        if self.cli.language_host is None:
            executor = self.cli.pulumi.with_name("pulumi-language-python-exec")
            shown = shlex.quote(str(executor))
            starts["pulumi-language-python"] = f"-m here.cli.language_host {shown}"
        for name, start in starts.items():
            script = plugins / name
            python, here = shlex.quote(sys.executable), shlex.quote(str(REPOSITORY))
            script.write_text(f'#!/bin/sh\ncd {here} && exec {python} {start} "$@"\n')
            script.chmod(0o755)

    @property
    def environment(self) -> dict[str, str]:
        path = [self.directory / "plugins", self.cli.pulumi.parent, Path(sys.executable).parent]
        return {
            "PATH": os.pathsep.join([*map(str, path), os.environ["PATH"]]),
            "HOME": str(self.directory),
            "LANG": "C.UTF-8",
            "PULUMI_HOME": str(self.directory / "home"),
            "PULUMI_BACKEND_URL": f"file://{self.directory}/backend?metadata=skip",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            **QUICK,
            "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK": "1",
            # What `az login` says elsewhere.
            "ARM_SUBSCRIPTION_ID": SUBSCRIPTION.rpartition("/")[2],
            # Shows the option --event-log.
            "PULUMI_DEBUG_COMMANDS": "1",
            DIRECTORY: str(self.azure.directory),
        }

    def control(self, *faults: Fault, **asked: Any) -> None:
        """Ask Azure for something from now on, and for nothing else."""
        Control(faults=list(faults), **asked).write(self.azure.directory)

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(self.cli.pulumi), *arguments, "--color", "never", "--non-interactive"],
            cwd=self.project,
            env={**self.environment, **options.pop("environment", {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    def run(self, *arguments: str, environment: dict[str, str] | None = None) -> Done:
        """One command to its end; what it says is kept."""
        number = len(list(self.said.iterdir()))
        with self.start(*arguments, environment=environment or {}) as process:
            try:
                out, err = process.communicate(timeout=TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()
                out, err = process.communicate()
                raise AssertionError(f"pulumi {arguments[0]} hangs:\n{out}{err}") from None
        (self.said / f"{number:03}-{arguments[0]}.txt").write_text(out + err)
        return Done(process.returncode, out, err)


class Stack:
    """One gateway."""

    def __init__(self, world: World, name: str, *, region: str, secrets: dict[str, str]) -> None:
        self.world = world
        self.name = name
        world.project.joinpath(f"Pulumi.{name}.yaml").write_text("config: {}\n")
        created = world.run("stack", "init", name)
        assert created.code == 0, created.text
        self.configure({"azure-native:location": region, **_declared(WITHOUT_WAITING)}, secrets)

    @property
    def file(self) -> Path:
        return self.world.project / f"Pulumi.{self.name}.yaml"

    def configure(self, plain: dict[str, str], secrets: dict[str, str] | None = None) -> None:
        flags = [f"--plaintext={key}={value}" for key, value in plain.items()]
        flags += [f"--secret={key}={value}" for key, value in (secrets or {}).items()]
        done = self.world.run("config", "set-all", "--path", "-s", self.name, *flags)
        assert done.code == 0, done.text

    def remove(self, *keys: str) -> None:
        done = self.world.run("config", "rm-all", "--path", "-s", self.name, *keys)
        assert done.code == 0, done.text

    def preview(self, *options: str) -> Done:
        return self._operation("preview", *options)

    def up(self, *options: str) -> Done:
        return self._operation("up", "--yes", "--skip-preview", *options)

    def refresh(self, *options: str) -> Done:
        return self._operation("refresh", "--yes", "--skip-preview", *options)

    def destroy(self, *options: str) -> Done:
        return self._operation("destroy", "--yes", "--skip-preview", *options)

    def arguments(self, command: str, *options: str) -> list[str]:
        return [command, "-s", self.name, *options]

    def _operation(self, command: str, *options: str) -> Done:
        log = self.world.said / f"{len(list(self.world.said.iterdir())):03}-events.json"
        done = self.world.run(*self.arguments(command, *options, "--event-log", str(log)))
        lines = log.read_text().splitlines() if log.exists() else []
        return Done(done.code, done.out, done.err, [json.loads(line) for line in lines])

    def outputs(self) -> dict[str, Any]:
        """With the secrets, past the record of what was said."""
        shown = self.world.start("stack", "output", "-s", self.name, "--json", "--show-secrets")
        out, err = shown.communicate(timeout=TIMEOUT)
        assert shown.returncode == 0, err
        return dict(json.loads(out))

    def state(self) -> dict[str, Any]:
        """As the backend keeps it."""
        folder = self.world.directory / "backend" / ".pulumi" / "stacks" / PROJECT
        return dict(json.loads((folder / f"{self.name}.json").read_text())["checkpoint"])

    def pending(self) -> list[dict[str, Any]]:
        return list((self.state().get("latest") or {}).get("pending_operations") or [])


def _declared(settings: dict[str, str]) -> dict[str, str]:
    """Those of these settings that the project has."""
    known = yaml.safe_load((REPOSITORY / "Pulumi.yaml").read_text())["config"]
    return {key: value for key, value in settings.items() if key in known}
