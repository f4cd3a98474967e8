"""The guest's files as some settings make them."""

from __future__ import annotations

from cloud_init.files import GuestFile, guest_files
from settings.guest import Settings


def content(settings: Settings, path: str) -> str:
    """One file's text."""
    (found,) = [file.content for file in guest_files(settings) if file.path == path]
    return found


def by_path(settings: Settings) -> dict[str, GuestFile]:
    """Every file, by its path on the guest."""
    return {file.path: file for file in guest_files(settings)}
