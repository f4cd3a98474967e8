"""What a gateway costs, asked of Azure's public list of prices, which needs no account."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ops import price_list
from ops.backend import PROJECT
from ops.cli import OpsError
from ops.price_list import Items
from ops.pulumi import Pulumi
from ops.region import DEFAULT_REGION, REGION, short_region
from ops.stack import Stack, asked_region
from settings.azure_values import vm_size
from settings.table import table
from settings.values import BadValue

PATIENCE = 10.0
"""Seconds for all answers together, names looked up included."""
PATIENCE_BESIDE = 4.0
"""The same where the price is not what was asked for."""

DISKS: Mapping[str, str] = {"StandardSSD_LRS": "E4", "Premium_LRS": "P4", "Standard_LRS": "S4"}
"""Azure's name for 32 GiB, into which Debian's image of 30 falls, by the setting diskType."""

HOURS = {"1 Hour": 1.0, "1/Month": 730.0}
"""By Azure's unit; its own calculator takes a month for 730 hours."""


@dataclass(frozen=True)
class Gateway:
    """What a price depends on."""

    region: str
    size: str
    disk: str
    """By `DISKS`."""


@dataclass(frozen=True)
class Price:
    """What one gateway costs."""

    gateway: Gateway
    currency: str
    hourly: Mapping[str, float]
    """By part of the gateway, in the order to show them; traffic is none."""
    traffic: Sequence[tuple[float, float]]
    """From how many GB a month on, and the price of one."""

    @property
    def a_day(self) -> float:
        """Return the price of a gateway that stands, without traffic."""
        return 24 * sum(self.hourly.values())


def price(options: argparse.Namespace, pulumi: Pulumi) -> int:
    """Ask Azure what a gateway costs in its region."""
    if not pulumi.settings_file.exists():
        raise OpsError(
            f"STACK: there is no stack {pulumi.stack} here (no {pulumi.settings_file.name}); leave"
            " STACK out, REGION=… and SIZE=… choose another gateway than yours"
        )
    wanted = _gateway(pulumi, asked_region(options.region), asked_size(options.size))
    print("\n".join(_lines(look_up(wanted, asked_currency(options.currency)))))
    return 0


def asked_size(size: str) -> str:
    """Return the size that was asked for; empty stays empty. Raises `OpsError` if it can't be a
    gateway's."""
    try:
        return vm_size(size) if size else ""
    except BadValue as bad:
        raise OpsError(f"SIZE: {bad}") from None


def asked_currency(currency: str) -> str:
    """Return the currency as the list has it. Raises `OpsError` if none is called so."""
    if not re.fullmatch(r"[A-Za-z]{3}", currency):
        raise OpsError(f"CURRENCY: {currency!r} is none; expected three letters, as USD or JPY")
    return currency.upper()


def in_a_line(pulumi: Pulumi, region: str = "") -> str:
    """The price of a stack that stands, or where it is to be had."""
    wanted = _gateway(pulumi, region)
    try:
        found = look_up(wanted, patience=PATIENCE_BESIDE)
    except OpsError:
        return f"until make down; make price STACK={pulumi.stack} asks how much"
    return (
        f"about {found.a_day:.2f} {found.currency} a day in {wanted.region} until make down, and"
        f" traffic (prices of {date.today()})"
    )


def before_up(pulumi: Pulumi) -> str:
    """Return what to say of the price before anything is made. Whatever is wrong with the list or
    its answers, `make up` goes on, `PATIENCE_BESIDE` seconds later at most."""
    try:
        return f"it costs {in_a_line(pulumi)}"
    except Exception:
        return f"it costs until make down; make price STACK={pulumi.stack} asks how much"


def _gateway(pulumi: Pulumi, region: str = "", size: str = "") -> Gateway:
    """The stack's, as its settings and their table say, but where it is given."""
    settings = Stack(pulumi).settings()

    def chosen(key: str) -> str:
        return str(settings.get(f"{PROJECT}:{key}") or table()[key].default)

    stands_in = short_region(str(settings.get(REGION) or DEFAULT_REGION))
    return Gateway(region or stands_in, size or chosen("vmSize"), chosen("diskType"))


def _lines(found: Price) -> Iterator[str]:
    yield (
        f"{found.gateway.size} in {found.gateway.region}, {found.currency}, Azure's list prices of"
        f" {date.today()}, without tax"
    )
    yield f"  {'':16} {'an hour':>10} {'a day':>10}"
    for name, hourly in found.hourly.items():
        stays = "" if name == "machine" else "   also while the machine is stopped"
        yield f"  {name:16} {hourly:>10.4f} {24 * hourly:>10.2f}{stays}"
    yield f"  {'together':16} {found.a_day / 24:>10.4f} {found.a_day:>10.2f}   until make down"
    steps = [f"{each:.3f} a GB from {start:g} GB a month on" for start, each in found.traffic]
    yield f"  traffic out of Azure, to phones and to sites: {'; '.join(steps) or 'no price found'}"


def look_up(wanted: Gateway, currency: str = "USD", patience: float = PATIENCE) -> Price:
    """Ask Azure for all parts at once.

    Raises:
        OpsError: there was no answer in time, or a part has no price there.
    """
    disk = DISKS.get(wanted.disk, "")
    filters = {
        "machine": f"serviceName eq 'Virtual Machines' and armSkuName eq '{_word(wanted.size)}'",
        "disk, 32 GiB": f"serviceName eq 'Storage' and skuName eq '{disk} LRS'"
        f" and meterName eq '{disk} LRS Disk'",
        "public address": "serviceName eq 'Virtual Network' and productName eq 'IP Addresses'"
        " and meterName eq 'Standard IPv4 Static Public IP'",
        "traffic": "serviceName eq 'Bandwidth' and productName eq 'Rtn Preference: MGN'"
        " and meterName eq 'Standard Data Transfer Out'",
    }
    where = f"armRegionName eq '{_word(wanted.region)}' and priceType eq 'Consumption'"
    answers = price_list.ask({name: f"{text} and {where}" for name, text in filters.items()},
                   _word(currency), patience)  # fmt: skip
    traffic = answers.pop("traffic")
    hourly = {name: _hourly(items) for name, items in answers.items()}
    without = [name for name, found in hourly.items() if found is None]
    if without:
        raise OpsError(
            f"Azure lists no price for {' and '.join(without)} ({wanted.size}) in {wanted.region};"
            " is that a region and a size of Azure's? REGION=… and SIZE=… choose others"
        )
    steps = sorted((item["tierMinimumUnits"], item["retailPrice"]) for item in traffic)
    known = {name: found for name, found in hourly.items() if found is not None}
    return Price(wanted, currency, known, steps)


def _word(text: str) -> str:
    """Raises `OpsError` if it could end the text that it stands in."""
    if not text.replace("_", "").replace("-", "").isalnum():
        raise OpsError(f"{text!r} is no name of Azure's; expected letters, digits, _ and -")
    return text


def _hourly(items: Items) -> float | None:
    """The price of an hour by the first of these that is for ordinary Linux."""
    for item in items:
        words = f"{item.get('productName')} {item.get('skuName')} {item.get('meterName')}"
        special = any(word in words for word in ("Windows", "Spot", "Low Priority"))
        if not special and item.get("unitOfMeasure") in HOURS:
            return float(item["retailPrice"] / HOURS[item["unitOfMeasure"]])
    return None
