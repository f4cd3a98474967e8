"""The rules of Azure's own names and values, one reader for each machine setting.

Every reader takes the raw configuration value and returns the usable one, or raises
`BadValue`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from settings import time_zones
from settings.amounts import OddNumber
from settings.label import RESERVED_WORDS, reserved_word
from settings.values import BadValue, did_you_mean, in_stack, shown

_DNS_LABEL = re.compile(r"[a-z][a-z0-9-]{1,61}[a-z0-9]")
"""What the Network API takes as domainNameLabel (its own error message names it)."""

_LOCATION = re.compile(r"[a-z][a-z0-9]{2,49}")
_NOT_AZURES = {
    **dict.fromkeys(("tokyo", "saitama", "japan", "eastjapan", "東京", "東日本"), "japaneast"),
    **dict.fromkeys(("osaka", "westjapan", "大阪", "西日本"), "japanwest"),
    **dict.fromkeys(("apnortheast1", "asianortheast1"), "japaneast"),
    **dict.fromkeys(("apnortheast3", "asianortheast2"), "japanwest"),
}
"""What people in Japan call a region that Azure calls otherwise; the last lines are AWS's and
Google's names of Tokyo and Osaka, without hyphens."""

_VM_SIZE = re.compile(
    r"Standard_(?P<family>[A-Z]{1,3})(?P<cpus>\d{1,4}(?:-\d{1,3})?)"
    r"(?P<features>[a-z]*)(?P<rest>(?:_[A-Za-z0-9]+)*)"
)
"""learn.microsoft.com, "Azure virtual machine sizes naming conventions"."""

_GENERATION_1 = re.compile(
    r"Standard_(?:A\d\w*|D\d+(?:_v[23])?(?:_Promo)?|E\d+i?_v3|N[CV]\d+r?(?:_Promo)?|NP\d+s)"
)
"""azure-docs, "Trusted launch for Azure VMs" (2023, with each series): A, D, Dv2, Dv3, Ev3, NC, NV
and NP start no generation 2 image. Those with an s in their place do, such as Dsv3."""

_CONFIDENTIAL = re.compile(r"Standard_(?:[DE]C|NCC)\d+(?:-\d+)?[a-z]*[ae][a-z]*_\w+")
"""The same page (2026): the confidential families have a security type of their own."""

WITHOUT_AUTO_SHUTDOWN = frozenset(
    {"denmarkeast", "indiasouthcentral", "israelcentral", "polandcentral"}
)
"""Regions where Azure has machines and no Microsoft.DevTestLab/schedules, as four people reported
in 2026 (LocationNotAvailableForResourceType). ``make up`` asks Azure itself, which knows all."""

_IMAGE_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_IMAGE_VERSION = re.compile(r"latest|\d+\.\d+\.\d+")

_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_OTHER_TIME = re.compile(r"([0-9]{1,2})[:.\uff1a]?([0-9]{2})(?::00)?(?: ?([aApP])\.?[mM]\.?)?")
"""13.30, 1330, 9:30, 1:30 PM, 13:30:00, and what a Japanese keyboard makes of the colon."""


DISK_TYPES = ("StandardSSD_LRS", "Premium_LRS", "Standard_LRS")
"""Of managed disks that an operating system may start from, those in every region. The last is
the HDD, which Microsoft wants nobody to begin with and ends on 2028-09-08
(azure-compute-docs, disks-hdd-os-retirement.md)."""


@dataclass(frozen=True)
class Image:
    """A marketplace image, by the four parts of its URN."""

    publisher: str
    offer: str
    sku: str
    version: str


def dns_label(value: Any) -> str:
    """The public address's name within its region."""
    if not isinstance(value, str) or not _DNS_LABEL.fullmatch(value):
        raise BadValue(
            f"{shown(value)} is not usable; allowed: 3 to 63 lower-case letters, digits and"
            " hyphens, a letter first, no hyphen at the end"
            + _other(value, lambda text: re.sub("[ _]", "-", text.lower()), dns_label)
        )
    if word := reserved_word(value):
        raise BadValue(
            f"{shown(value)} holds {word!r}, and Azure refuses a name with any of"
            f" {', '.join(RESERVED_WORDS)} in it; choose another"
            + in_stack(": pulumi config set dnsLabel NAME")
        )
    return value


def _other(value: Any, spell: Callable[[str], str], reader: Callable[[Any], Any]) -> str:
    """Returns what to add to a refusal where another spelling would have been taken."""
    if not isinstance(value, str) or (guess := spell(value)) == value:
        return ""
    return did_you_mean(guess, reader)


def location(value: Any) -> str:
    """An Azure region in its short form: ``West US 2`` is ``westus2``."""
    short = value.replace(" ", "").lower() if isinstance(value, str) else ""
    if not _LOCATION.fullmatch(short) or short in _NOT_AZURES:
        spelt = re.sub(r"[\W_]", "", short)
        known = {**_NOT_AZURES, **{name: name for name in _NOT_AZURES.values()}}
        raise BadValue(
            f"{shown(value)} is not a region; expected one such as westus2 or japaneast"
            + (f"; did you mean {known[spelt]}?" if spelt in known else "")
        )
    return short


def vm_size(value: Any) -> str:
    """A VM size by shape; only Azure knows which exist and where."""
    match = _VM_SIZE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise BadValue(
            f"{shown(value)} is not a VM size; expected one such as Standard_B1s or"
            " Standard_B2ats_v2"
            + _other(value, lambda text: re.sub("(?i)^(standard[_ ])?", "Standard_", text), vm_size)
        )
    if "p" in match["features"]:
        raise BadValue(
            f"{shown(value)} has an Arm processor (the p in {match['features']!r}), and the guest's"
            " kernel is for amd64; choose a size without the p, such as Standard_B2ats_v2"
        )
    if reason := _without_trusted_launch(match[0]):
        raise BadValue(
            f"{shown(value)} {reason}; choose another size, such as Standard_B2ats_v2"
            + in_stack(": pulumi config set vmSize Standard_B2ats_v2")
        )
    return match[0]


def _without_trusted_launch(size: str) -> str:
    """Return why Azure would refuse a machine with trusted launch; empty if it would not,
    as far as is known without asking."""
    if _GENERATION_1.fullmatch(size):
        return "starts no generation 2 images, which trusted launch needs"
    if _CONFIDENTIAL.fullmatch(size):
        return "is for confidential computing, which excludes trusted launch"
    return ""


def disk_type(value: Any) -> str:
    """Read what the machine's disk is made of, by Azure's name for it."""
    if value not in DISK_TYPES:
        raise BadValue(
            f"{shown(value)} is not usable; allowed: {', '.join(DISK_TYPES)}"
            + in_stack(f": pulumi config set diskType {DISK_TYPES[0]}")
        )
    return str(value)


def disk_fits(disk: str, size: str) -> None:
    """Say no to a premium disk for a size without the s, which takes none (Azure's naming
    conventions). ``size`` is a VM size by shape."""
    match = _VM_SIZE.fullmatch(size)
    letters = f"{match['family']}{match['features']}".lower() if match else ""
    if disk.startswith("Premium") and "s" not in letters:
        raise BadValue(
            f"{disk} needs a vmSize with an s, and {size} has none; take another disk, such as"
            f" {DISK_TYPES[0]}, or another size"
            + in_stack(
                f" (pulumi config set diskType {DISK_TYPES[0]}, or pulumi config set vmSize SIZE)"
            )
        )


def image(value: Any) -> Image:
    """A marketplace image for amd64 that can start with trusted launch."""
    parts = value.split(":") if isinstance(value, str) else []
    if (
        len(parts) != 4
        or not all(_IMAGE_PART.fullmatch(part) for part in parts)
        or not _IMAGE_VERSION.fullmatch(parts[3])
    ):
        raise BadValue(
            f"{shown(value)} is not an image; expected publisher:offer:sku:version, such as"
            " Debian:debian-13:13-gen2:latest"
        )
    found = Image(*parts)
    if "arm64" in found.sku.lower():
        raise BadValue(f"{shown(value)} is for Arm processors; the guest's kernel is for amd64")
    # Debian names both generations' images alike but for this; trusted launch needs the second.
    if found.publisher.lower() == "debian" and "gen2" not in found.sku.lower():
        raise BadValue(
            f"{shown(value)} is a generation 1 image, which trusted launch can't start;"
            f" use {found.publisher}:{found.offer}:{found.sku}-gen2:{found.version}"
        )
    return found


def shutdown_time(value: Any) -> str:
    """The time of day at which Azure stops the machine, ``HH:MM``."""
    # To YAML 1.1, a bare 13:30 is a number, which `OddNumber` keeps as it was written.
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise BadValue(
            f"{shown(value)} is not a time of day; expected hours and minutes in quotes, such as"
            ' "13:30"' + (f'; did you mean "{time}"?' if (time := _time_meant(value)) else "")
        )
    return value


def _time_meant(value: Any) -> str:
    """Returns the time of day that somebody wrote in another way; empty if it is none."""
    text = f"{value:04}" if type(value) is int and 0 <= value < 2400 else value
    text = str(text) if isinstance(text, str | OddNumber) else ""
    told = _OTHER_TIME.fullmatch(text.strip())
    if not told:
        return ""
    hour = int(told[1]) % 12 + 12 * (told[3].lower() == "p") if told[3] else int(told[1])
    time = f"{hour:02}:{told[2]}"
    return time if _TIME.fullmatch(time) else ""


def time_zone(value: Any) -> str:
    """A time zone by Windows' name for it, the only one that Azure's schedules know."""
    text = value.strip() if isinstance(value, str) else ""
    if known := time_zones.named(text):
        return known
    meant = time_zones.meant(text)
    raise BadValue(
        f"{shown(value)} is not one of Windows' names for time zones; expected"
        f" {' or '.join(meant) or 'one such as Tokyo Standard Time or UTC'} (settings/time_zones.py"
        " lists all)"
        + in_stack(
            f": pulumi config set shutdownTimeZone '{(meant or ['Tokyo Standard Time'])[0]}'"
        )
    )


def auto_shutdown_region(location: str) -> None:
    """Say no to a region whose machines Azure stops for nobody."""
    if location in WITHOUT_AUTO_SHUTDOWN:
        raise BadValue(
            f"Azure has no auto-shutdown in {location}; go without shutdownTime, or elsewhere"
            + in_stack(
                " (pulumi config rm shutdownTime, or pulumi config set azure-native:location"
                " REGION)"
            )
        )
