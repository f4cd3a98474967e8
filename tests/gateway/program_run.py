"""Runs the real program without an engine and keeps every raw request it makes."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import json
import logging
import runpy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pulumi
from google.protobuf.json_format import MessageToDict
from pulumi.runtime import mocks, rpc, settings, stack

ROOT = Path(__file__).parents[2]
PROJECT = "lunch-gateway"
ORGANIZATION = "alices"
ADDRESS = "203.0.113.9"

PSK = "psk-Zq7!vX2#mK9w"
PASSWORDS = {"alice": "alice-Rt5$yU8&zP2", "bob": "b o\"b'\\ Gh3^jK6*"}
SECRETS = {"psk": PSK, "users": PASSWORDS}


@dataclass(frozen=True)
class Secret:
    """A value that travelled with the engine's secret marker."""

    value: Any


@dataclass(frozen=True)
class Request:
    """One raw RegisterResourceRequest."""

    raw: Any

    @property
    def inputs(self) -> dict[str, Any]:
        """The resource's inputs, each secret one as a `Secret`."""
        decoded: dict[str, Any] = decode(MessageToDict(self.raw.object))
        return decoded

    @property
    def urn(self) -> str:
        own = f"{self.raw.type}::{self.raw.name}"
        parent = self.raw.parent.split("::")[2].split("$")[-1] if self.raw.parent else ""
        return f"urn:pulumi:dev::{PROJECT}::{parent}${own}" if parent else own


@dataclass
class Run:
    """What one run of the program did."""

    requests: list[Request] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    error: BaseException | None = None

    def of_type(self, kind: str) -> list[Request]:
        return [request for request in self.requests if request.raw.type.endswith(f":{kind}")]

    def one(self, kind: str) -> Request:
        (request,) = self.of_type(kind)
        return request

    @property
    def resources(self) -> list[Request]:
        """What would cost money: all but the stack itself and the components."""
        return [request for request in self.requests if request.raw.custom]


def decode(value: Any) -> Any:
    """JSON as the engine sees it, with `Secret` in the place of its marker."""
    if isinstance(value, dict):
        if value.get(rpc._special_sig_key) == rpc._special_secret_sig:
            return Secret(decode(value["value"]))
        return {key: decode(item) for key, item in value.items()}
    if isinstance(value, list):
        return [decode(item) for item in value]
    return value


class _Azure(mocks.Mocks):
    """Answers with what it was asked for, and with what only Azure can know."""

    def call(self, args: mocks.MockCallArgs) -> Any:
        raise AssertionError(f"the program asked Azure something: {args.token}")

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        known = {"name": args.name}
        if args.typ.endswith(":PublicIPAddress"):
            known["ipAddress"] = ADDRESS
        return f"/azure/{args.name}", {**args.inputs, **known}


class _Recorder(mocks.MockMonitor):
    def __init__(self, run: Run) -> None:
        super().__init__(_Azure())
        self._run = run

    def RegisterResource(self, request: Any) -> Any:
        self._run.requests.append(Request(request))
        register: Callable[[Any], Any] = super().RegisterResource
        return register(request)

    def RegisterResourceOutputs(self, request: Any) -> Any:
        if "pulumi:pulumi:Stack" in request.urn.split("::")[2].split("$")[-1]:
            self._run.outputs = decode(MessageToDict(request.outputs))
        register: Callable[[Any], Any] = super().RegisterResourceOutputs
        return register(request)


class _Lines(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(f"{record.levelname}: {record.getMessage()}")


def stack_config(values: dict[str, Any]) -> dict[str, str]:
    """Values as Pulumi's language host passes them: text, or JSON for maps and lists."""
    return {
        key if ":" in key else f"{PROJECT}:{key}": value
        if isinstance(value, str)
        else json.dumps(value)
        for key, value in values.items()
    }


@contextlib.contextmanager
def _runtime(
    run: Run, config: dict[str, Any], plain: bool, preview: bool = False
) -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    logger = logging.getLogger("pulumi-test")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.handlers = [_Lines(run.log)]
    secret = [] if plain else [f"{PROJECT}:psk", f"{PROJECT}:users"]
    pulumi.runtime.set_all_config(stack_config(config), secret)
    # set_mocks makes a stack unless there is one. The program's runner makes its own, as in a
    # real run, and only one can be.
    settings.ROOT.set(cast(Any, object()))
    mocks.set_mocks(
        _Azure(),
        PROJECT,
        "dev",
        preview=preview,
        logger=logger,
        monitor=_Recorder(run),
        organization=ORGANIZATION,
    )
    settings.ROOT.set(None)
    try:
        yield loop
    finally:
        asyncio.set_event_loop(None)
        loop.close()


def _isolated(work: Callable[[], None]) -> None:
    """Pulumi keeps its state in context variables; none may reach the next test."""
    contextvars.copy_context().run(work)


def run_program(config: dict[str, Any], plain: bool = False, preview: bool = False) -> Run:
    """Run ``__main__.py`` as Pulumi does. ``plain``: the secrets are not marked as such.

    It does not wait for the gateway unless the configuration says so: there is none.
    """
    run = Run()
    config = {"readyTimeout": "0", **config}

    def program() -> None:
        runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")

    def work() -> None:
        with _runtime(run, config, plain, preview) as loop:
            try:
                loop.run_until_complete(stack.run_in_stack(program))
            except (pulumi.RunError, SystemExit) as error:
                run.error = error

    _isolated(work)
    run.requests = [request for request in run.requests if "Stack" not in request.raw.type]
    return run


def in_stack(config: dict[str, Any], work: Callable[[], Any], plain: bool = False) -> list[str]:
    """Call ``work`` with this stack configuration; returns the log."""
    run = Run()

    def inside() -> None:
        with _runtime(run, config, plain) as loop:

            async def program() -> None:
                work()

            loop.run_until_complete(program())

    _isolated(inside)
    return run.log
