"""Azure's rules as the packet filter of the world, read by nft itself."""

from __future__ import annotations

import os
import re
import subprocess
from typing import Any

import pytest

from here import filter
from lab.host import install
from lab.world.topology import FILE

UP = FILE.with_name("up").read_text("utf-8")
TABLE = """
table ip azure {
    chain nsg {
        type filter hook forward priority filter; policy drop;
        udp dport 9 accept
    }
}
"""


def rule(name: str, port: str = "500", **other: Any) -> dict[str, Any]:
    return {
        "name": name,
        "access": "Allow",
        "protocol": "Udp",
        "sourceAddressPrefix": "*",
        "destinationPortRange": port,
        **other,
    }


DENY = rule("deny-the-rest", "*", access="Deny", protocol="*")


@pytest.fixture(scope="module", autouse=True)
def _nft() -> None:
    install(["nftables"])


def loaded(rules: list[dict[str, Any]]) -> list[str]:
    """What nft has in the chain afterwards, in a network of its own."""
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    script = "nft -f - && nft list chain ip azure nsg"
    done = subprocess.run(
        ["unshare", "--net", *user, "sh", "-c", script],
        env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"},
        input=TABLE + filter.ruleset(rules),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    inside = done.stdout.partition("policy")[2].splitlines()[1:-2]
    return [line.strip() for line in inside]


def test_nothing_is_let_in_without_a_rule() -> None:
    assert len(loaded([])) == len(filter.ALWAYS)


def test_rules_stand_in_their_order_behind_what_is_no_machine_of_azures() -> None:
    ssh = rule("ssh", "22", protocol="Tcp", sourceAddressPrefix="203.0.113.0/24")
    assert loaded([rule("ike"), rule("many", "4000-4500"), ssh, DENY])[len(filter.ALWAYS) :] == [
        "udp dport 500 accept",
        "udp dport 4000-4500 accept",
        "ip saddr 203.0.113.0/24 tcp dport 22 accept",
        "drop",
    ]


def test_the_world_has_the_same_beside_its_own_rules() -> None:
    chain = UP.partition("chain nsg {")[2].partition("}\nNFT")[0]
    assert all(line in chain for line in filter.ALWAYS)
    assert re.search(r"policy drop;", chain)


@pytest.mark.parametrize("wrong", [{"protocol": "Esp"}, {"access": "Perhaps"}])
def test_what_it_has_no_word_for_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(filter.NotUnderstood, match="security rule ike: "):
        filter.ruleset([rule("ike", **wrong)])
