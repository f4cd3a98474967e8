"""What only makes a phone faster: a failure is reported, and phones are let in."""

from __future__ import annotations

import configparser
import json
import re
import socket
import time
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from checks import SYSCTLS, Failure, advisory, compare_sysctls, expect, loaded, run, settings

SPLIT = Path("/etc/lunch-gateway/split.nft")
RULES_SETTINGS = Path("/etc/lunch-gateway/settings.nft")
NEARLY_FULL = 0.8
QUIC = Path("/etc/lunch-gateway/quic.nft")
BURST = Path("/etc/systemd/network/10-lunch-gateway-phones.link")
PACING = Path("/etc/udev/rules.d/90-lunch-gateway-phones.rules")
BBR_PHONE = Path("/usr/local/lib/lunch-gateway/bbr-phone.c")
AVAILABLE = Path("/proc/sys/net/ipv4/tcp_available_congestion_control")
LISTENER = ("127.0.0.1", 3129)


def uplink() -> str:
    """The interface of the default route."""
    routes = json.loads(run("ip", "-4", "-j", "route", "show", "default"))
    expect(bool(routes), "no default route; did DHCP answer?")
    return str(routes[0]["dev"])


@advisory
def congestion_control() -> str:
    found = Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip()
    expect(found == "bbr", f"{found} instead of bbr; see {SYSCTLS}")
    return found


@advisory
def qdisc() -> str:
    device = uplink()
    found = qdiscs(device)
    expect(found == {"fq"}, f"{device} sends through {sorted(found)} instead of fq")
    return f"fq on {device}"


def qdiscs(device: str) -> set[str]:
    """A card with several queues has mq at the root and one of these under each."""
    found = json.loads(run("tc", "-j", "qdisc", "show", "dev", device))
    return {entry["kind"] for entry in found if entry["kind"] != "mq"}


@advisory
def tuning() -> str:
    """Buffers and limits: fit for 2,000 connections in 1 GiB."""
    return compare_sysctls(forwarding=False)


@advisory
def split() -> str:
    """The whole way of a phone's TCP: handed over, routed here, accepted with BBR."""
    if not SPLIT.exists():
        return "off by configuration"
    handing_over = [
        rule for rule in loaded("rule") if any("tproxy" in part for part in rule["expr"])
    ]
    expect(bool(handing_over), f"no tproxy rule is loaded; see {SPLIT}")
    rules = run("ip", "rule")
    expect("fwmark 0x10000000 lookup 100" in rules, "no routing rule for what nftables marks")
    expect("local default" in run("ip", "route", "show", "table", "100"), "table 100 has no route")
    accepted = accepted_by_haproxy()
    expect(" bbr " in accepted, f"the phones' leg does not run bbr: {accepted.split()}")
    return "handed over, routed and accepted with bbr"


def accepted_by_haproxy() -> str:
    """Return what the kernel says of a connection that HAProxy accepts from us.

    It keeps such a one for 2 s and dials nowhere for it (haproxy.cfg): the site asked for
    would be HAProxy itself. A phone's local address is the site's, so none is found here.
    """
    try:
        knock = socket.create_connection(LISTENER, timeout=5)
    except OSError as error:
        raise Failure(f"HAProxy does not listen ({error}); see journalctl -u haproxy") from None
    with knock:
        for _ in range(10):
            found = run("ss", "-H", "-t", "-n", "-i", "-p", *ESTABLISHED)
            if '"haproxy"' in found:
                return found
            time.sleep(0.1)
    raise Failure("HAProxy accepts nothing; see journalctl -u haproxy")


ESTABLISHED = ("state", "established", "sport", "=", f":{LISTENER[1]}")


@advisory
def split_connections() -> str:
    """Above the limits of split.nft a connection is forwarded: it works, and is slower."""
    if not SPLIT.exists():
        return "off by configuration"
    limits = re.findall(r"^ +ct count over (\d+)", SPLIT.read_text(), re.M)
    expect(len(limits) == 1, f"{SPLIT} has {len(limits)} limits of all connections, not one")
    most = int(limits[0])
    to_phones = run("ss", "-H", "-t", "-n", "state", "established", "dst", phones_network())
    now = len(to_phones.splitlines())
    told = f"{now} of {most} connections are split; {too_many()} have found no room"
    expect(now < NEARLY_FULL * most, f"{told}; a phone that has hundreds is ill")
    return told


def phones_network() -> str:
    (network,) = (
        line.split()[3]
        for line in settings(RULES_SETTINGS)
        if line.startswith("define tunnel_subnet ")
    )
    return network


def too_many() -> int:
    """Count what was forwarded because of a limit, all phones' or one's, by these rules."""
    counted = json.loads(run("nft", "-j", "list", "counter", "inet", "gateway", "split_full"))
    (packets,) = (each["counter"]["packets"] for each in counted["nftables"] if "counter" in each)
    return int(packets)


@advisory
def bbr_phone() -> str:
    """Our own rules around BBR, in the kernel and on every way to a phone."""
    if not BBR_PHONE.exists():
        return "off by configuration"
    known = "bbr.phone" in AVAILABLE.read_text().split()
    expect(known, "the kernel has none; see journalctl -u gateway-bbr-phone")
    phones = [device["ifname"] for device in phones_interfaces()]
    wrong = [name for name in phones if not goes_by_bbr_phone(name)]
    expect(not wrong, f"routes of {' '.join(wrong)} do not name it; see {BBR_PHONE}")
    return f"towards {' '.join(phones) or 'each that dials in'}"


def goes_by_bbr_phone(interface: str) -> bool:
    routes = run("ip", "-4", "route", "show", "dev", interface).splitlines()
    return all("congctl bbr.phone" in route for route in routes)


@advisory
def burst() -> str:
    """See what TCP hands down to a phone's interface at once, as udev sets it for a new one."""
    if not BURST.exists():
        return "off by configuration"
    most = int(burst_link()["Link"]["GenericSegmentOffloadMaxBytes"])
    phones = {device["ifname"]: device["gso_max_size"] for device in phones_interfaces()}
    wrong = [f"{name} takes {size} bytes" for name, size in phones.items() if size != most]
    expect(not wrong, f"{'; '.join(wrong)} at once, expected {most}; see {BURST}")
    return f"{most} bytes on {' '.join(phones) or 'each that dials in'}"


@advisory
def pacing() -> str:
    """Each phone's interface paces for itself, so that IPsec numbers what has been paced."""
    if not BURST.exists():
        return "off by configuration"
    phones = [device["ifname"] for device in phones_interfaces()]
    wrong = [name for name in phones if qdiscs(name) != {"fq"}]
    expect(not wrong, f"no fq on {' '.join(wrong)}; see {PACING}")
    return f"fq on {' '.join(phones) or 'each that dials in'}"


def phones_interfaces() -> list[dict[str, Any]]:
    """Return those that are there, as `ip` tells of them."""
    names = burst_link()["Match"]["OriginalName"].split()
    devices: list[dict[str, Any]] = json.loads(run("ip", "-j", "-d", "link", "show"))
    return [each for each in devices if any(fnmatch(each["ifname"], name) for name in names)]


def burst_link() -> configparser.ConfigParser:
    link = configparser.ConfigParser()
    link.read(BURST)
    return link


@advisory
def quic() -> str:
    if not QUIC.exists():
        return "allowed by configuration"
    rejecting = [rule for rule in loaded("rule") if rule["chain"] == "quic"]
    expect(bool(rejecting), f"nothing refuses it; see {QUIC}")
    return "refused, so that apps take TCP"
