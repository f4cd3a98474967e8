"""The stack's configuration: the only module that reads `pulumi.Config`.

`load` checks every value before the first resource is registered, so that a mistake
costs seconds and leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env, is_config_secret

from settings import azure_values, label, machine, published
from settings.guest import Settings, SettingsError, parse
from settings.places import MAKE, STACK, Place
from settings.ssh_key import NOBODYS_KEY
from settings.table import table
from settings.tags import OWN_TAGS
from settings.values import BadValue

DEFAULT_LOCATION = "westus2"
"""Here, because the region is the provider's own setting, which Pulumi.yaml can't declare."""


class ConfigError(pulumi.RunError):
    """The configuration can't be used; ``problems`` has one line for each reason.

    Pulumi ends a program that raises a RunError with its text and without a traceback.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, kw_only=True)
class GatewayConfig:
    """Everything a stack chooses. Build one with `load`, which checks every rule."""

    settings: Settings
    """The guest's."""
    location: str
    """Azure's short name of the region."""
    dns_label: str
    vm_size: str
    disk_type: str
    image: azure_values.Image
    ssh_public_key: str
    """Of whoever may log in, or the key that lets nobody in."""
    ready_timeout: int
    """Minutes that an update waits until the gateway answers; 0: it does not."""
    shutdown_time: str
    """``HH:MM``, when Azure stops the machine each day; empty: never."""
    time_zone: str
    """Of `shutdown_time`, by Windows' name."""
    tags: Mapping[str, str]
    """The user's and, to find what belongs together, the project's and the stack's."""

    @property
    def server(self) -> str:
        """Return what a phone dials."""
        return self.settings.server_name or azure_name(self.dns_label, self.location)


def load() -> GatewayConfig:
    """Read and check this stack's configuration.

    Raises:
        ConfigError: with a line for every problem found, naming the full key, the value
            (never a secret's) and what is allowed.
    """
    config = pulumi.Config()
    reader = _Reader(config, {key: _value(config, key) for key in _configured_keys(config.name)})
    machine = reader.machine()
    settings = reader.settings(azure_name(machine["dns_label"], machine["location"]))
    if settings is None or reader.problems:
        raise ConfigError(reader.problems)
    loaded = GatewayConfig(settings=settings, **machine)
    _warn(config, loaded)
    return loaded


@contextlib.contextmanager
def full_keys() -> Iterator[None]:
    """Have what is wrong with the settings inside told as `load` tells it.

    Raises:
        ConfigError: in the place of a `SettingsError`.
    """
    try:
        yield
    except SettingsError as error:
        raise ConfigError(list(map(pulumi.Config().full_key, error.problems))) from None


def azure_name(dns_label: str, location: str) -> str:
    """Return what Azure's public cloud makes of these two, and anybody can resolve."""
    return f"{dns_label}.{location}.cloudapp.azure.com"


def default_dns_label() -> str:
    """A label for a stack that has none in its settings; ``make up`` puts one there (ops/label.py).

    It may not be made of a secret, which the label would help to guess, nor of chance,
    which would change it. What remains is what the stack is called, with its organisation.
    """
    stack = (_organization(), pulumi.get_project(), pulumi.get_stack())
    digest = hashlib.sha256("/".join(stack).encode()).hexdigest()[:8]
    return f"{label.beginning(*stack[1:])}-{digest}"


_NOBODYS = "organization"
"""What Pulumi without its cloud service calls every organisation."""


def _organization() -> str:
    return pulumi.get_organization() or _NOBODYS


def _configured_keys(namespace: str) -> list[str]:
    """The keys set for this project. `pulumi.Config` can be asked for a key, not for all,
    and a misspelt one must not be passed over."""
    prefix = f"{namespace}:"
    present = {*CONFIG.get(), *get_config_env()}
    unknown = {key.removeprefix(prefix) for key in present if key.startswith(prefix)}
    return sorted({*table(), *unknown})


def _value(config: pulumi.Config, key: str) -> Any:
    """Pulumi hands lists and maps over as JSON, and all others as plain text."""
    text = config.get(key)
    structured = key in table() and table()[key].type in ("array", "object")
    if not structured or not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        # Whoever checks the value says what it should have been.
        return text


@dataclass(frozen=True)
class _Reader:
    """Reads one setting after another and collects what is wrong."""

    config: pulumi.Config
    raw: Mapping[str, Any]
    problems: list[str] = dataclasses.field(default_factory=list)

    def read(self, key: str) -> Any:
        """Return one machine setting, or its default where nothing or nothing good is set."""
        try:
            return machine.read(key, self.raw.get(key))
        except BadValue as bad:
            self.refuse(key, bad)
            return machine.read(key, None)

    def refuse(self, key: str, bad: BadValue) -> None:
        """Note what is wrong with a setting, worded for where it is written."""
        faults = bad.in_stack if _place().pulumi else bad.faults
        self.problems.extend(f"{self.config.full_key(key)}: {fault}" for fault in faults)

    def machine(self) -> dict[str, Any]:
        """Everything of `GatewayConfig` but the guest's settings."""
        location = self.location()
        vm_size = self.read("vmSize")
        return {
            "location": location,
            "dns_label": self.read("dnsLabel") or default_dns_label(),
            "vm_size": vm_size,
            "disk_type": self.fitting("diskType", azure_values.disk_fits, vm_size),
            "image": self.read("image"),
            "ssh_public_key": self.read("sshPublicKey") or NOBODYS_KEY,
            "ready_timeout": self.read("readyTimeout"),
            "shutdown_time": self.fitting(
                "shutdownTime",
                lambda _, region: azure_values.auto_shutdown_region(region),
                location,
            ),
            "time_zone": self.read("shutdownTimeZone"),
            "tags": self.read("tags") | _own_tags(),
        }

    def fitting(self, key: str, check: Callable[[str, str], None], other: str) -> Any:
        """Read as `read` does; a value that was chosen must also go together with another one."""
        value = self.read(key)
        if self.raw.get(key):
            try:
                check(value, other)
            except BadValue as bad:
                self.refuse(key, bad)
        return value

    def settings(self, server: str) -> Settings | None:
        """The guest's settings. ``server`` is what phones dial unless another name is set."""
        self.problems.extend(map(self.config.full_key, published.faults(self.raw)))
        try:
            with full_keys():
                named = {**self.raw, "serverName": self.raw.get("serverName") or server}
                return parse(named, _place())
        except ConfigError as error:
            self.problems.extend(error.problems)
        return None

    def location(self) -> str:
        """The provider's own setting, so that one stack is one region."""
        provider = pulumi.Config("azure-native")
        try:
            return azure_values.location(provider.get("location") or DEFAULT_LOCATION)
        except BadValue as bad:
            self.problems.append(f"{provider.full_key('location')}: {bad}")
            return DEFAULT_LOCATION


def _place() -> Place:
    """Say where this stack's settings are written, as ops/pulumi.py says who started it."""
    return MAKE if os.environ.get("LUNCH_GATEWAY_CALLER") == "make" else STACK


def _own_tags() -> dict[str, str]:
    return dict(zip(OWN_TAGS, (pulumi.get_project(), pulumi.get_stack()), strict=True))


def _warn(config: pulumi.Config, loaded: GatewayConfig) -> None:
    """Say what works but was hardly meant."""
    for key in (key for key, setting in table().items() if setting.secret):
        if not is_config_secret(config.full_key(key)):
            pulumi.log.warn(
                f"{config.full_key(key)}: stands in the stack's file in plain text;"
                f" {_place().encrypted[key]}"
            )
    if loaded.dns_label == default_dns_label() and _organization() == _NOBODYS:
        key = config.full_key("dnsLabel")
        pulumi.log.warn(
            f"{key}: not set, so that everybody's stack {pulumi.get_stack()} asks Azure for the"
            " same name, which is free to others once the gateway is taken down."
            f" For a name of your own: {_place().name.format(key='dnsLabel')}"
        )
    if loaded.settings.ssh_source is not None and loaded.ssh_public_key == NOBODYS_KEY:
        pulumi.log.warn(
            f"{config.full_key('sshSource')}: SSH is let in, but no key is; set"
            f" {config.full_key('sshPublicKey')} (this replaces the machine), or put a key in"
            " with az vm user update"
        )
