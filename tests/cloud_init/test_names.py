"""One upstream that fails by itself costs no phone a name: the guest's own dnsmasq and unbound,
between upstreams that fail on purpose and a phone that asks once.

Each check has to go red with other settings, or it would guard nothing: with dnsmasq alone, as it
was before, first of all.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cloud_init.guest_tree import Guest
from tests.cloud_init.names.upstream import BEHAVIOURS

pytestmark = pytest.mark.slow

DNSMASQ = "/etc/lunch-gateway/dnsmasq.conf"
UNBOUND = "/etc/unbound/lunch-gateway.conf"
OTHERS = ("outage", "slow", "asked_anew")

RUN_CHECK = (
    "mkdir -p /root/tests/cloud_init/names && cd /root/tests/cloud_init/names\n"
    + "".join(
        f"cat >{path.name} <<'END OF FILE'\n{path.read_text()}END OF FILE\n"
        for path in sorted(Path(__file__).with_name("names").glob("*.py"))
    )
    + "cd /root && exec python3 -Bm tests.cloud_init.names "
)


def verdict(check: str, guest: Guest) -> str:
    """Empty, or what went wrong."""
    done = guest.run(f"{RUN_CHECK}{check}")
    assert done.returncode == 0, f"no verdict:\n{done.stdout}"
    return done.stdout


@pytest.mark.parametrize("check", [*BEHAVIOURS, *OTHERS])
def test_names(check: str, guest: Guest) -> None:
    assert verdict(check, guest) == ""


CHAINED = "server=127.0.0.1#5335"
ALONE = "server=8.8.8.8\nserver=1.1.1.1"
ONLY_ONE = "    forward-addr: 1.1.1.1\n"

LOST_BY_DNSMASQ = ("formerr", "servfail", "notimp", "refused", "silent", "cut")

BROKEN = [
    *((behaviour, DNSMASQ, CHAINED, ALONE) for behaviour in LOST_BY_DNSMASQ),
    *(
        (behaviour, DNSMASQ, CHAINED, f"{option}\n{ALONE}")
        for option in ("all-servers", "strict-order")
        for behaviour in ("servfail", "silent")
    ),
    *((behaviour, UNBOUND, ONLY_ONE, "") for behaviour in ("closed", "garbled")),
    ("outage", UNBOUND, "infra-host-ttl: 1", "infra-host-ttl: 900"),
    ("slow", UNBOUND, "discard-timeout: 0", ""),
    ("asked_anew", UNBOUND, "forward-no-cache: yes", "forward-no-cache: no"),
    ("asked_anew", UNBOUND, '"test." nodefault', '"test." static'),
    ("asked_anew", UNBOUND, '"home.arpa." nodefault', '"home.arpa." static'),
]
"""A check, and an edit of a shipped file that must turn it red."""


@pytest.mark.parametrize(
    ("check", "path", "old", "new"),
    [
        pytest.param(*row, id=f"{row[0]}-{row[3].strip() or f'no {row[2].strip()}'}")
        for row in BROKEN
    ],
)
def test_check_goes_red(
    check: str, path: str, old: str, new: str, guest: Guest, tmp_path: Path
) -> None:
    broken = guest.altered(tmp_path / "out", path, lambda text: text.replace(old, new, 1))
    assert verdict(check, broken) != ""


def test_every_check_was_seen_to_go_red() -> None:
    assert {row[0] for row in BROKEN} == {*BEHAVIOURS, *OTHERS}
