"""A settings file: YAML, read so that no message ever quotes what stands in it."""

from __future__ import annotations

import stat
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

from settings import machine, not_yaml, places, published
from settings.guest import Settings, SettingsError, parse
from settings.loader import loaded


def read(path: Path, example: bool = False) -> Settings:
    """The guest's settings in a file; the machine's, which it may hold too, are checked.

    Args:
        path: the file.
        example: take also the secrets of ``settings.example.yaml``, which everybody can read.

    Raises:
        OSError: the file can't be read.
        SettingsError: with a line for every problem found.
    """
    raw = load(path)
    problems = machine.faults(raw) + ([] if example else published.faults(raw))
    try:
        settings = parse(raw, places.FILE)
    except SettingsError as error:
        raise SettingsError(error.problems + problems) from None
    if problems:
        raise SettingsError(problems)
    return settings


def load(path: Path) -> dict[str, Any]:
    """The raw settings in a file, for `settings.guest.parse`.

    Raises:
        OSError: the file can't be read.
        SettingsError: it is not one YAML map with distinct keys, or is another kind of file.
    """
    text = _text(path)
    raw = loaded(text)
    if raw is None:
        raise SettingsError(["empty; it needs psk and users, as in settings.example.yaml"])
    if not isinstance(raw, dict):
        known = not_yaml.kind(text) or not_yaml.line_without_space(text)
        raise SettingsError([known or _NO_MAP])
    if kind := _other_kind(raw):
        raise SettingsError([kind])
    return raw


def _text(path: Path) -> str:
    """Return what stands in a file, or comes from a shell's <(command): a pipe that has a name
    would be waited for until somebody writes into it."""
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise SettingsError(["a directory, as no name is too; name the settings file in it"])
    if not stat.S_ISREG(mode) and not str(path).startswith(_PASSED_ON):
        raise SettingsError(["no file but a pipe, a device or the like; name a settings file"])
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise SettingsError(["not UTF-8 text; save it as UTF-8"]) from None


_PASSED_ON = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")
"""How a shell names a file that it has opened for us."""


def _other_kind(raw: Mapping[Hashable, Any]) -> str:
    """Return what the file is instead of a settings file; empty if it is one."""
    if "runtime" in raw:
        return (
            "Pulumi's file about this project; a settings file is one such as settings.example.yaml"
        )
    if {"encryptionsalt", "secretsprovider", "encryptedkey"} & raw.keys() or isinstance(
        raw.get("config"), dict
    ):
        return (
            "a Pulumi stack's file, which make up and make profiles read by the stack's name"
            " (STACK=…); a settings file is one such as settings.example.yaml"
        )
    return ""


_NO_MAP = "not a map of settings, whose lines are such as mtu: 1280; see settings.example.yaml"
