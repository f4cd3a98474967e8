"""What a person is told about a gateway that stands. Secrets are for a terminal, and never for
a log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ops import price
from ops.backend import PROJECT
from ops.cli import in_ci, unwatched
from ops.pulumi import Pulumi
from ops.stack import Stack

_NAMED = 5
"""So many pages are named one by one."""


def phone_settings(pulumi: Pulumi) -> str:
    """Return what `make output` shows: the values to type into a phone."""
    open_ = unwatched(pulumi.environment)
    outputs = pulumi.outputs(*(["--show-secrets"] if open_ else []))
    if "server" not in outputs:
        return not_up(pulumi)
    return "\n".join(_lines(outputs, open_, in_ci(pulumi.environment), pulumi.stack))


def not_up(pulumi: Pulumi) -> str:
    """Return what there is to say of a stack that has left no outputs."""
    return f"stack {pulumi.stack} is not up; make up STACK={pulumi.stack}"


def _lines(outputs: Mapping[str, Any], open_: bool, public: bool, stack: str) -> list[str]:
    """Return the lines. ``open_``: a person reads along. ``public``: strangers may, as in a
    workflow's log."""
    lines = [
        "",
        f"For phones: make profiles STACK={stack} writes files and a page for each user;",
        "or by hand (docs/phones.md):",
    ]
    if public:
        return [*lines, f"  all of it is shown on a terminal only: make output STACK={stack}"]
    lines.append(f"  server                   {outputs['server']}")
    if not open_:
        rest = "account, password, shared secret"
        return [*lines, f"  {rest}: shown on a terminal only: make output STACK={stack}"]
    for name, password in outputs.get("passwords", {}).items():
        lines += [f"  account                  {name}", f"  password                 {password}"]
    return [*lines, f"  secret (pre-shared key)  {outputs.get('psk')}"]


def success(pulumi: Pulumi, outputs: Mapping[str, Any], seconds: float, pages: Path | None) -> str:
    """Return what `make up` ends with: that it answers, the pages, the price, and what comes next.

    Args:
        outputs: of the stack.
        seconds: how long it took.
        pages: the directory they were written to; None: they were not.
    """
    settings = Stack(pulumi).settings()
    # As a number or as text: pulumi config set writes either.
    asked = str(settings.get(f"{PROJECT}:readyTimeout", "")) != "0"
    said = "The gateway answers" if asked else "The gateway was not asked (readyTimeout 0)"
    rows = [
        *_page_rows(pulumi, pages),
        # A workflow's log is read by strangers.
        *([] if in_ci(pulumi.environment) else [("Server", str(outputs["server"]))]),
        ("Costs", price.in_a_line(pulumi, str(outputs.get("region", "")))),
        ("By hand", f"make output{which(pulumi)}"),
    ]
    table = [f"  {name:15} {text}" for name, text in rows]
    return "\n".join(["", f"{said} (after {clock(seconds)}).", "", *table, "", *_next(pulumi)])


def _page_rows(pulumi: Pulumi, pages: Path | None) -> Iterator[tuple[str, str]]:
    if pages is None:
        return
    found = sorted((pulumi.directory / pages).glob("*/*.html"))
    # A user's name is no secret on his own terminal; a log may be anybody's.
    if not unwatched(pulumi.environment) or len(found) > _NAMED:
        yield "Phones' pages", f"{pages}/  give each person only their own, by AirDrop or mail"
        return
    for number, page in enumerate(found):
        hint = "  AirDrop or mail it, nothing else" if number == 0 else ""
        name = "Phone's page" if number == 0 else ""
        yield name, f"{page.relative_to(pulumi.directory)}{hint}"


def _next(pulumi: Pulumi) -> list[str]:
    stack = which(pulumi)
    steps = {
        f"make down{stack}": "after lunch: it costs until then",
        f"make user ADD=hanako{stack}": "one more person",
        f"make status{stack}": "what stands, and since when",
        f"make logs{stack}": "if it does not work",
    }
    width = max(map(len, steps))
    return [f"  {command:{width}}   {why}" for command, why in steps.items()]


def which(pulumi: Pulumi) -> str:
    """Return what names the stack in a command of make's; nothing where it is make's own choice."""
    return "" if pulumi.stack == "dev" else f" STACK={pulumi.stack}"


def clock(seconds: float) -> str:
    """Hours, minutes and seconds, the greatest two that are not zero, as a person reads them."""
    hours, minutes, rest = int(seconds) // 3600, int(seconds) // 60 % 60, int(seconds) % 60
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
