"""A language host for Python, where a build from Go modules brought none.

Pulumi's own is a small program that answers the engine and starts
`pulumi-language-python-exec`, which runs the program. It lies in a Go module of its own
that is never tagged and not every proxy has. This one answers the same requests with the
SDK's own protocol and starts the very same `-exec`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

from here.plugin import serve

SHOWN_ALREADY = 32
"""`pulumi-language-python-exec` ends with it after a message to the user."""

PROVIDERS = {"azure-native": "pulumi_azure_native"}
"""Plugins by the distribution that needs them. Pulumi's own host reads the plugin file of
every installed package; the program here has this one."""


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Answers the engine as Pulumi's own host does. Each request is named by the protocol."""

    def __init__(self, executor: Path, engine: str) -> None:
        self.executor = executor
        self.engine = engine

    def Handshake(self, request: Any, context: Any) -> Any:
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=version("pulumi"))

    def About(self, request: Any, context: Any) -> Any:
        return language_pb2.AboutResponse(executable=sys.executable, version=sys.version.split()[0])

    def GetRequiredPackages(self, request: Any, context: Any) -> Any:
        packages = [
            plugin_pb2.PackageDependency(name=name, kind="resource", version=version(distribution))
            for name, distribution in PROVIDERS.items()
        ]
        return language_pb2.GetRequiredPackagesResponse(packages=packages)

    def GetProgramDependencies(self, request: Any, context: Any) -> Any:
        return language_pb2.GetProgramDependenciesResponse()

    def InstallDependencies(self, request: Any, context: Any) -> Any:
        """Do nothing: the tests' environment is complete."""
        return iter(())

    def RuntimeOptionsPrompts(self, request: Any, context: Any) -> Any:
        return language_pb2.RuntimeOptionsResponse()

    def Cancel(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def Run(self, request: Any, context: Any) -> Any:
        done = subprocess.run(
            [self.python(request), "-u", str(self.executor), *self.arguments(request)],
            cwd=request.info.program_directory or request.pwd,
            env={**os.environ, **configuration(request)},
            # Standard output is where the engine reads our port.
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode == SHOWN_ALREADY:
            return language_pb2.RunResponse(bail=True)
        error = f"Program exited with non-zero exit code: {done.returncode}"
        return language_pb2.RunResponse(error=error if done.returncode else "")

    @staticmethod
    def python(request: Any) -> str:
        """Returns the Python that runs the program."""
        options = dict(request.info.options.items()) if request.info.HasField("options") else {}
        named = Path(request.info.root_directory) / str(options.get("virtualenv", "."))
        python = named / "bin" / "python"
        return str(python) if "virtualenv" in options and python.exists() else sys.executable

    def arguments(self, request: Any) -> list[str]:
        """Returns what `pulumi-language-python-exec` is started with."""
        named = {
            "monitor": request.monitor_address,
            "engine": self.engine,
            "project": request.project,
            "stack": request.stack,
            "pwd": request.pwd,
            "root_directory": request.info.root_directory,
            "organization": request.organization,
            "dry_run": str(request.dryRun).lower(),
            "parallel": str(request.parallel),
        }
        flags = [text for name, value in named.items() if value for text in (f"--{name}", value)]
        return [*flags, request.info.entry_point or ".", *request.args]


def configuration(request: Any) -> dict[str, str]:
    """Returns the environment that tells the stack's configuration, as Pulumi's own host does."""
    return {
        "PULUMI_CONFIG": json.dumps(dict(request.config)),
        "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
    }


def main() -> None:
    """Serve until the engine ends."""
    executor, engine = Path(sys.argv[1]), sys.argv[-1]
    server = grpc.server(ThreadPoolExecutor(max_workers=4))
    host = LanguageHost(executor, engine)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    serve(server)


if __name__ == "__main__":
    main()
