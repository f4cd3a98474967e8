"""The stack's configuration: the only module that reads `pulumi.Config`.

`load` checks every value before the first resource is registered, so that a mistake
costs seconds and leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env, is_config_secret

from settings import azure_values, label
from settings.guest import GUEST_KEYS, MACHINE_KEYS, Settings, SettingsError, parse
from settings.ssh_key import NOBODYS_KEY, ssh_public_key
from settings.values import BadValue

SECRET_KEYS = ("psk", "users")

STRUCTURED_KEYS = frozenset({"users", "dnsServers", "reachableNetworks", "protocols", "tags"})
"""Pulumi hands these over as JSON; all others are plain text."""

DEFAULT_LOCATION = "westus2"
DEFAULT_VM_SIZE = "Standard_B1s"
DEFAULT_DISK_TYPE = "StandardSSD_LRS"
DEFAULT_IMAGE = "Debian:debian-13:13-gen2:latest"
DEFAULT_READY_TIMEOUT = 15
DEFAULT_TIME_ZONE = "Tokyo Standard Time"

_T = TypeVar("_T")


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
        """What a phone dials."""
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
    """Has what is wrong with the settings inside told as `load` tells it.

    Raises:
        ConfigError: in the place of a `SettingsError`.
    """
    try:
        yield
    except SettingsError as error:
        raise ConfigError(list(map(pulumi.Config().full_key, error.problems))) from None


def azure_name(dns_label: str, location: str) -> str:
    """What Azure's public cloud makes of these two, and anybody can resolve."""
    return f"{dns_label}.{location}.cloudapp.azure.com"


def default_dns_label() -> str:
    """A label that stays the same for this stack and hardly fits another.

    It may not be made of a secret, which the label would help to guess, nor of chance,
    which would change it. What remains is what the stack is called, with its
    organisation; where that is nobody's (Pulumi without its cloud service calls every
    organisation "organization"), two people can meet, and Azure tells the second.
    """
    organization = pulumi.get_organization() or "organization"
    stack = (organization, pulumi.get_project(), pulumi.get_stack())
    digest = hashlib.sha256("/".join(stack).encode()).hexdigest()[:8]
    return f"{label.beginning(*stack[1:])}-{digest}"


def _configured_keys(namespace: str) -> list[str]:
    """The keys set for this project. `pulumi.Config` can be asked for a key, not for all,
    and a misspelt one must not be passed over."""
    prefix = f"{namespace}:"
    present = {*CONFIG.get(), *get_config_env()}
    unknown = {key.removeprefix(prefix) for key in present if key.startswith(prefix)}
    return sorted(GUEST_KEYS | MACHINE_KEYS | unknown)


def _value(config: pulumi.Config, key: str) -> Any:
    text = config.get(key)
    if key not in STRUCTURED_KEYS or not isinstance(text, str):
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

    def read(self, key: str, check: Callable[[Any], _T], default: _T) -> _T:
        """One machine setting, or its default where nothing or nothing good is set."""
        value = self.raw.get(key)
        # Pulumi.yaml's default for "not chosen" is the empty text.
        if value is None or value == "":
            return default
        try:
            return check(value)
        except BadValue as bad:
            self.problems.extend(f"{self.config.full_key(key)}: {fault}" for fault in bad.faults)
            return default

    def machine(self) -> dict[str, Any]:
        """Everything of `GatewayConfig` but the guest's settings."""
        no_tags: dict[str, str] = {}
        location = self.location()
        vm_size = self.read("vmSize", azure_values.vm_size, DEFAULT_VM_SIZE)
        return {
            "location": location,
            "dns_label": self.read("dnsLabel", azure_values.dns_label, default_dns_label()),
            "vm_size": vm_size,
            "disk_type": self.disk_type(vm_size),
            "image": self.read("image", azure_values.image, azure_values.image(DEFAULT_IMAGE)),
            "ssh_public_key": self.read("sshPublicKey", ssh_public_key, NOBODYS_KEY),
            "ready_timeout": self.read(
                "readyTimeout", azure_values.ready_timeout, DEFAULT_READY_TIMEOUT
            ),
            "shutdown_time": self.shutdown_time(location),
            "time_zone": self.read("shutdownTimeZone", azure_values.time_zone, DEFAULT_TIME_ZONE),
            "tags": self.read("tags", azure_values.tags, no_tags) | _own_tags(),
        }

    def disk_type(self, vm_size: str) -> str:
        """One that this size takes."""

        def check(value: Any) -> str:
            disk = azure_values.disk_type(value)
            azure_values.disk_fits(disk, vm_size)
            return disk

        return self.read("diskType", check, DEFAULT_DISK_TYPE)

    def shutdown_time(self, location: str) -> str:
        """One that Azure can keep in this region."""

        def check(value: Any) -> str:
            time = azure_values.shutdown_time(value)
            azure_values.auto_shutdown_region(location)
            return time

        return self.read("shutdownTime", check, "")

    def settings(self, server: str) -> Settings | None:
        """The guest's settings. ``server`` is what phones dial unless another name is set."""
        try:
            with full_keys():
                return parse({**self.raw, "serverName": self.raw.get("serverName") or server})
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


def _own_tags() -> dict[str, str]:
    return dict(zip(azure_values.OWN_TAGS, (pulumi.get_project(), pulumi.get_stack()), strict=True))


def _warn(config: pulumi.Config, loaded: GatewayConfig) -> None:
    """Say what works but was hardly meant."""
    for key in SECRET_KEYS:
        if not is_config_secret(config.full_key(key)):
            pulumi.log.warn(
                f"{config.full_key(key)}: stands in the stack's file in plain text; set it again"
                f" with pulumi config set --secret {'--path users.NAME' if key == 'users' else key}"
            )
    if loaded.settings.ssh_source is not None and loaded.ssh_public_key == NOBODYS_KEY:
        pulumi.log.warn(
            f"{config.full_key('sshSource')}: SSH is let in, but no key is; set"
            f" {config.full_key('sshPublicKey')} (this replaces the machine), or put a key in"
            " with az vm user update"
        )
