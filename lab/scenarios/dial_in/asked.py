"""What is asked from outside, and how the answers read."""

from __future__ import annotations

import re

from lab.machines.expectations import ExpectationFailed
from lab.world.topology import WEB_NAME

PAGE = f"curl --silent --show-error --fail --max-time 10 http://{WEB_NAME}/"


def expect_peer(page: str, address: str) -> None:
    if f"you are {address}" not in page:
        raise ExpectationFailed(f"the server saw another address than {address}: {page}")


def open_ports(scan: str) -> list[str]:
    return re.findall(r"^(\d+/tcp)\s+open\b", scan, re.MULTILINE)
