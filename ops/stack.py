"""A stack that is ready for `pulumi up`: it exists, and its configuration has its secrets."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import yaml

from ops import label
from ops.backend import PROJECT
from ops.cli import OpsError, in_ci
from ops.pulumi import Pulumi
from ops.region import DEFAULT_REGION, REGION, short_region
from settings.azure_values import location
from settings.values import BadValue

FIRST_USER = "phone"

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without what looks alike on a phone: i l o 0 1. 4.95 bits each."""
_PSK_GROUPS = 5
"""123 bits: whoever poses as the gateway can try keys at leisure against one recording."""
_PASSWORD_GROUPS = 4
"""99 bits."""


def typed_password() -> str:
    """A new password: 23 characters that a person can type."""
    return typed_secret(_PASSWORD_GROUPS)


def typed_secret(groups: int) -> str:
    """Chance that a person can type: groups of five, joined by hyphens."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(groups))


def asked_region(region: str) -> str:
    """Return Azure's short name of the region that was asked for; empty stays empty.

    Raises:
        OpsError: no region can be called so.
    """
    try:
        return location(region) if region else ""
    except BadValue as bad:
        raise OpsError(f"REGION: {bad}") from None


@dataclass(frozen=True)
class Stack:
    """One stack, as its backend and its settings file know it."""

    pulumi: Pulumi

    def summary(self) -> Mapping[str, Any] | None:
        """Return what the backend lists about it; None if it does not exist there."""
        for entry in self.pulumi.json("stack", "ls"):
            if entry["name"].rstrip("*") in (self.pulumi.stack, self.pulumi.name):
                return dict(entry)
        return None

    def settings(self) -> dict[str, Any]:
        """The settings file's own ``config``, secrets as they stand there: encrypted."""
        return dict(self._file().get("config") or {})

    def configured(self) -> dict[str, Any]:
        """Every setting as the program gets it: Pulumi.yaml's defaults too, and secrets in the
        clear."""
        shown = self.pulumi.json("config", "--show-secrets", "--stack", self.pulumi.stack)
        return {key: entry.get("objectValue", entry.get("value")) for key, entry in shown.items()}

    @cached_property
    def outputs(self) -> dict[str, Any]:
        """Return what its latest update left, secrets in the clear; empty if nothing stands."""
        return dict(self.pulumi.outputs("--show-secrets")) if self.stands else {}

    @property
    def stands(self) -> bool:
        """Say whether there is anything of it on Azure, as far as its state knows."""
        return bool((self.summary() or {}).get("resourceCount"))

    @property
    def encrypted(self) -> bool:
        """Something was encrypted for this stack, so that its passphrase is settled."""
        return "encryptionsalt" in self._file()

    def _file(self) -> dict[str, Any]:
        try:
            content = yaml.safe_load(self.pulumi.settings_file.read_text(encoding="utf-8")) or {}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, yaml.YAMLError):
            content = None
        if not isinstance(content, dict):
            raise OpsError(f"{self.pulumi.settings_file.name}: not readable as a map in YAML")
        return content

    def missing_secrets(self) -> list[str]:
        """Return those that are missing of the two that every stack needs. Pulumi stores ``users``
        as one map, and ``users.NAME`` never."""
        settings = self.settings()
        return [key for key in ("psk", "users") if not settings.get(f"{PROJECT}:{key}")]

    def used(self) -> bool:
        """Say whether an update of it ever began. Then phones may know its secrets."""
        history = self.pulumi.json("stack", "history", "--stack", self.pulumi.stack)
        return bool(history)

    def ensure(self, region: str, like: str) -> None:
        """Make it, and its secrets, if this is its first use.

        Args:
            region: Azure's name for it, for a new stack; empty: the default, or what is set.
            like: a stack whose configuration a stack without secrets takes over; or empty.

        Raises:
            OpsError: it was used, and its secrets are gone; the region is another one; or there
                is nothing to take over.
        """
        name = self.pulumi.stack
        copied = bool(like and self.missing_secrets())
        if copied:
            self._require_other(like)
        new = self.summary() is None
        if new:
            self.pulumi.read("stack", "init", name)
            print(f"made stack {name}")
        if copied:
            self.pulumi.read("config", "cp", "--stack", like, "--dest", name)
            print(f"took the configuration of stack {like}, its secrets included")
        moved = self._settle_region(region, copied)
        present = str(self.settings().get(label.KEY) or "")
        label.settle(self.pulumi, present, copied=copied, moved=moved)
        missing = self.missing_secrets()
        if not missing:
            return
        self._refuse_if_lost(missing, new)
        self.generate(missing)

    def _require_other(self, like: str) -> None:
        """Raises `OpsError` if there is no such other stack."""
        if like == self.pulumi.stack:
            raise OpsError(f"LIKE: stack {like} is this one; name another, or leave LIKE out")
        # Pulumi's own service may list them with their organisation, and take them without.
        listed = (str(entry["name"]).rstrip("*") for entry in self.pulumi.json("stack", "ls"))
        if like.rpartition("/")[2] not in (name.rpartition("/")[2] for name in listed):
            raise OpsError(
                f"LIKE: there is no stack {like}; make status lists those that are there"
            )

    def _settle_region(self, region: str, copied: bool) -> bool:
        """Returns whether it is another than in the settings.

        Args:
            copied: these were another stack's a moment ago, its region included.
        """
        present = short_region(str(self.settings().get(REGION) or DEFAULT_REGION))
        stands_in = self._stands_in()
        wanted = short_region(region) or (stands_in if copied else "")
        if stands_in and wanted not in ("", stands_in):
            raise OpsError(
                f"REGION: stack {self.pulumi.stack} stands in {stands_in}; one stack is one region."
                f" For {wanted}: make up STACK={self.pulumi.stack}-{wanted} REGION={wanted}"
            )
        if wanted in ("", present):
            return False
        self.pulumi.read("config", "set", REGION, wanted, "--stack", self.pulumi.stack)
        return True

    def _stands_in(self) -> str:
        """The region that it was brought up in; empty if there is nothing of it."""
        return str(self.outputs.get("region", ""))

    def _refuse_if_lost(self, missing: list[str], new: bool) -> None:
        file = self.pulumi.settings_file.name
        words = " and ".join(f"{PROJECT}:{key}" for key in missing)
        commands = {"psk": "make new-key", "users": "make user ADD=NAME"}
        anew = [f"{commands[key]} STACK={self.pulumi.stack}" for key in missing]
        if not new and self.used():
            raise OpsError(
                f"stack {self.pulumi.stack} was used before, but {words} is not in {file} any"
                " more. Put the file back (git, a backup): phones know the old secrets. Or make new"
                f" ones, and give every phone its new page: {' and '.join(anew)}"
            )
        if in_ci(self.pulumi.environment):
            raise OpsError(
                f"{words} is not in {file}, and what is generated on a CI machine is lost with it;"
                f" run make up STACK={self.pulumi.stack} once on your own machine with the same"
                f" backend, and commit {file} (its secrets are encrypted)"
            )

    def generate(self, keys: list[str]) -> None:
        """Set ``psk``, the first of ``users`` or both. By standard input: the secrets are on no
        command line."""
        for key, groups, path in (
            ("psk", _PSK_GROUPS, ["psk"]),
            ("users", _PASSWORD_GROUPS, ["--path", f"users.{FIRST_USER}"]),
        ):
            if key in keys:
                options = ["--secret", *path, "--stack", self.pulumi.stack]
                self.pulumi.read("config", "set", *options, given=typed_secret(groups))
        print(f"generated {' and '.join(keys)}: in {self.pulumi.settings_file.name}, encrypted")
