"""The packet filter, and what stands behind it: while one of these fails, nobody is let in."""

from __future__ import annotations

import re
from pathlib import Path

from checks import expect, loaded, required, run

L2TP = Path("/etc/xl2tpd/xl2tpd.conf")
L2TP_CHAINS = {"l2tp_apart", "l2tp_remember", "l2tp_address", "l2tp_answer"}


@required
def firewall() -> str:
    """Every rule of the files is in effect, each in its chain and in its order."""
    dropping = {chain["name"] for chain in loaded("chain") if chain.get("policy") == "drop"}
    expect({"input", "forward"} <= dropping, f"only {dropping} drop; see /etc/nftables.conf")
    if L2TP.exists():
        # Without these no answer to a phone finds its SA.
        missing = L2TP_CHAINS - {chain["name"] for chain in loaded("chain")}
        expect(not missing, f"{missing} not loaded; see /etc/lunch-gateway/l2tp.nft")
    changed = sorted(chains(in_effect()) ^ chains(as_shipped()))
    names = " ".join(dict.fromkeys(name for name, _ in changed))
    expect(not changed, f"not as /etc/nftables.conf has it: {names}; try systemctl reload nftables")
    return "input and forward drop by default, every rule as shipped"


def chains(listing: str) -> set[tuple[str, str]]:
    """Return each chain's name and its rules. Sets fill and empty themselves, and are left out."""
    return set(re.findall(r"^\tchain (\w+) \{\n(.*?)^\t\}", listing, re.M | re.S))


def in_effect() -> str:
    return run("nft", "--stateless", "list", "table", "inet", "gateway")


def as_shipped() -> str:
    """Return what the kernel makes of the files, in a network namespace that is thrown away."""
    both = "nft -f /etc/nftables.conf && nft --stateless list table inet gateway"
    return run("unshare", "--net", "sh", "-c", both)


@required
def nat() -> str:
    """Have nobody sent from a port of ours (CVE-2021-3773), and all that has no ports."""
    rules = [rule["expr"] for rule in loaded("rule") if rule["chain"] == "postrouting"]
    ours = [part["masquerade"] for expr in rules for part in expr if "masquerade" in part]
    expect(None in ours, "no masquerade rule is loaded; see /etc/nftables.conf")
    high = {"port": {"range": [16384, 65535]}}
    expect(high in ours, f"phones may get ports of ours: {ours}; see /etc/nftables.conf")
    return "masquerade loaded, to high ports"


@required
def cleartext() -> str:
    """L2TP that did not come out of IPsec is refused by the kernel, with or without rules."""
    if not L2TP.exists():
        return "off by configuration"
    policies = run("ip", "xfrm", "policy", "show", "dir", "in", "action", "block")
    found = "proto udp dport 1701" in policies
    expect(found, "no IPsec policy refuses L2TP in the clear; try systemctl restart xl2tpd")
    return "refused by IPsec policy too"


@required
def wall() -> str:
    """The networks we stand in, phones excepted, must be among what phones can't reach."""
    attached = [
        line.split()[0]
        for line in run("ip", "-4", "route", "show", "scope", "link").splitlines()
        if not re.search(r"^default| dev (ppp|ipsec)", line)
    ]
    for network in (*attached, "169.254.169.254", "168.63.129.16"):
        run("nft", "get", "element", "inet", "gateway", "walled", f"{{ {network} }}")
    return f"phones can't reach {', '.join(attached)}"
