"""What `gateway-selftest` checks. A check returns what it found, or raises `Failure`.

What is expected is read from the same files that configure the machine, wherever there is
one.
"""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

OLDEST_KERNEL = (7, 0)  # Debian 13 itself has 6.12; backports follows mainline.
FOREIGN_SECRETS = ("/var/lib/cloud/instance/user-data.txt", "/var/lib/waagent/CustomData")
SPLIT = Path("/etc/lunch-gateway/split.nft")
Check = Callable[[], str]
CHECKS: dict[str, Check] = {}


class Failure(Exception):
    """What was found, what was expected, and where to look."""


def check(function: Check) -> Check:
    """Register a check: it returns what it found, or raises `Failure`."""
    CHECKS[function.__name__] = function
    return function


def expect(condition: bool, complaint: str) -> None:
    if not condition:
        raise Failure(complaint)


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    output = (done.stderr or done.stdout).strip()
    expect(done.returncode == 0, f"`{' '.join(command)}` failed: {output[-300:]}")
    return done.stdout


def settings(path: Path, comment: str = "#") -> Iterator[str]:
    """The lines of a configuration file that say something."""
    for line in path.read_text().splitlines():
        if line.strip() and not line.lstrip().startswith(comment):
            yield line.strip()


def sysctl(key: str) -> str:
    return Path("/proc/sys", key.replace(".", "/")).read_text().strip()


def uplink() -> str:
    """The interface of the default route."""
    routes = json.loads(run("ip", "-4", "-j", "route", "show", "default"))
    expect(bool(routes), "no default route; did DHCP answer?")
    return str(routes[0]["dev"])


@check
def kernel() -> str:
    release = os.uname().release
    expect(
        "-cloud-" not in release,
        f"{release} is the cloud flavour, which has no PPP; see /etc/default/grub.d",
    )
    version = tuple(map(int, re.findall(r"\d+", release)[:2]))
    expect(
        version >= OLDEST_KERNEL,
        f"{release} is older than {OLDEST_KERNEL}; is the one from backports installed?",
    )
    return release


@check
def congestion_control() -> str:
    found = sysctl("net.ipv4.tcp_congestion_control")
    expect(found == "bbr", f"{found} instead of bbr; see /etc/sysctl.d/90-lunch-gateway.conf")
    return found


@check
def qdisc() -> str:
    device = uplink()
    found = json.loads(run("tc", "-j", "qdisc", "show", "dev", device))
    # A card with several queues has mq at the root and one fq under each.
    kinds = {entry["kind"] for entry in found if entry["kind"] != "mq"}
    expect(kinds == {"fq"}, f"{device} sends through {sorted(kinds)} instead of fq")
    return f"fq on {device}"


@check
def modules() -> str:
    wanted = list(settings(Path("/etc/modules-load.d/lunch-gateway.conf")))
    missing = [name for name in wanted if not Path("/sys/module", name).exists()]
    expect(not missing, f"not loaded: {', '.join(missing)}; try modprobe by hand")
    return " ".join(wanted)


@check
def blacklist() -> str:
    """Distributions blacklisted esp4 in 2026 (CVE-2026-43284): every tunnel failed."""
    wanted = "|".join(settings(Path("/etc/modules-load.d/lunch-gateway.conf")))
    stopped = re.findall(
        rf"^(?:blacklist|install) (?:{wanted})\b.*$", run("modprobe", "--showconfig"), re.M
    )
    expect(not stopped, f"/etc/modprobe.d has: {'; '.join(stopped)}")
    return "none of our modules"


@check
def sysctls() -> str:
    wrong, count = [], 0
    for line in settings(Path("/etc/sysctl.d/90-lunch-gateway.conf")):
        pattern, wanted = (part.strip() for part in line.split("=", 1))
        for path in Path("/proc/sys").glob(pattern.replace(".", "/")):
            count += 1
            if (found := path.read_text().strip()) != wanted:
                wrong.append(f"{path.relative_to('/proc/sys')} = {found}, expected {wanted}")
    expect(not wrong, "; ".join(wrong))
    expect(count > 0, "/etc/sysctl.d/90-lunch-gateway.conf sets nothing")
    return f"{count} as configured"


def loaded(kind: str) -> list[dict[str, Any]]:
    """The chains or rules of our table that are in effect."""
    listing = json.loads(run("nft", "-j", "list", "table", "inet", "gateway"))["nftables"]
    return [entry[kind] for entry in listing if kind in entry]


@check
def firewall() -> str:
    dropping = {chain["name"] for chain in loaded("chain") if chain.get("policy") == "drop"}
    expect({"input", "forward"} <= dropping, f"only {dropping} drop; see /etc/nftables.conf")
    return "input and forward drop by default"


@check
def nat() -> str:
    masquerading = [rule for rule in loaded("rule") if {"masquerade": None} in rule["expr"]]
    expect(bool(masquerading), "no masquerade rule is loaded; see /etc/nftables.conf")
    return "masquerade loaded"


@check
def wall() -> str:
    """The networks we stand in, phones excepted, must be among what phones can't reach."""
    attached = [
        line.split()[0]
        for line in run("ip", "-4", "route", "show", "scope", "link").splitlines()
        if " dev ppp" not in line and not line.startswith("default")
    ]
    for network in (*attached, "169.254.169.254", "168.63.129.16"):
        run("nft", "get", "element", "inet", "gateway", "walled", f"{{ {network} }}")
    return f"phones can't reach {', '.join(attached)}"


@check
def daemons() -> str:
    units = ("nftables.service", "ipsec.service", "xl2tpd.service")
    states = {
        unit: subprocess.run(
            ["systemctl", "is-active", unit], capture_output=True, text=True, check=False
        ).stdout.strip()
        for unit in units
    }
    down = [f"{unit} is {state}" for unit, state in states.items() if state != "active"]
    expect(not down, f"{'; '.join(down)}; see journalctl -u {units[1]} -u {units[2]}")
    return " ".join(units)


@check
def split() -> str:
    """The whole way of a phone's TCP: handed over, routed here, accepted with BBR."""
    if not SPLIT.exists():
        return "off by configuration"
    handing_over = [
        rule for rule in loaded("rule") if any("tproxy" in part for part in rule["expr"])
    ]
    expect(bool(handing_over), f"no tproxy rule is loaded; see {SPLIT}")
    expect("fwmark 0x1 lookup 100" in run("ip", "rule"), "no routing rule for what nftables marks")
    expect("local default" in run("ip", "route", "show", "table", "100"), "table 100 has no route")
    # What is accepted inherits the listener's congestion control.
    listener = run("ss", "-H", "-t", "-l", "-n", "-i", "sport", "=", ":3129")
    expect("127.0.0.1:3129" in listener, "HAProxy does not listen; see journalctl -u haproxy")
    expect(" bbr " in listener, f"the phones' leg does not run bbr: {listener.split()}")
    return "handed over, routed and accepted with bbr"


@check
def connections() -> str:
    """What Libreswan refuses (say, IKEv1 by policy) is missing and nothing else fails."""
    wanted = [
        line.split()[1]
        for path in sorted(Path("/etc/ipsec.d").glob("*.conf"))
        for line in settings(path)
        if line.startswith("conn ") and not line.startswith("conn %")
    ]
    loaded = set(re.findall(r'^"([^"]+)"', run("ipsec", "connectionstatus"), re.M))
    missing = [name for name in wanted if name not in loaded]
    expect(
        bool(wanted) and not missing,
        f"not loaded: {', '.join(missing) or 'any'}; see journalctl -u ipsec",
    )
    return " ".join(wanted)


@check
def listening() -> str:
    sockets = run("ss", "-H", "-l", "-u", "-n", "-p", "-4")
    expected = {500: "pluto", 4500: "pluto", 1701: "xl2tpd"}
    silent = [
        f"{daemon} on UDP {port}"
        for port, daemon in expected.items()
        if not re.search(rf'\S+:{port}\s.*"{daemon}"', sockets)
    ]
    expect(not silent, f"nobody listens: {', '.join(silent)}")
    return " ".join(f"{port}/{daemon}" for port, daemon in expected.items())


@check
def secrets() -> str:
    ours = [*Path("/etc/ipsec.d").glob("*.secrets"), Path("/etc/ppp/chap-secrets")]
    loose = []
    for path in [*ours, *filter(Path.exists, map(Path, FOREIGN_SECRETS))]:
        status = path.stat()
        if status.st_uid != 0 or stat.S_IMODE(status.st_mode) & 0o077:
            loose.append(f"{path} is {stat.S_IMODE(status.st_mode):04o}, owner {status.st_uid}")
    expect(not loose, f"{'; '.join(loose)}; expected root's own, 0600")
    expect(any(settings(Path("/etc/ppp/chap-secrets"))), "chap-secrets has no user")
    return f"{len(ours)} files, root only"


@check
def password_login() -> str:
    wanted = "passwordauthentication no"
    expect(
        wanted in run("/usr/sbin/sshd", "-T").lower(),
        "sshd takes passwords; see /etc/ssh/sshd_config.d",
    )
    return "sshd takes keys only"
