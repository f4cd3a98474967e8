"""What a phone needs to get in and out: while one of these fails, nobody is let in."""

from __future__ import annotations

import os
import re
import stat
import subprocess
from pathlib import Path

from checks import compare_sysctls, expect, required, run, settings

ONLY_FOR_SPEED = {"tcp_bbr", "sch_fq"}  # congestion_control and qdisc look at their effect.
FOREIGN_SECRETS = ("/var/lib/cloud/instance/user-data.txt", "/var/lib/waagent/CustomData")
MODULES = Path("/etc/modules-load.d")
CONNECTIONS = Path("/etc/swanctl/conf.d")
L2TP = Path("/etc/xl2tpd/xl2tpd.conf")
IKEV2 = CONNECTIONS / "ikev2.conf"
OWN_ADDRESSES = CONNECTIONS / "own-addresses.conf"
TUNNEL = Path("/etc/lunch-gateway/tunnel.env")
CHAP_SECRETS = Path("/etc/ppp/chap-secrets")
PPP_OPTIONS = Path("/etc/ppp/options.xl2tpd")
SCRATCH_SA = "src 127.0.0.1 dst 127.0.0.1 proto esp spi 0x101 mode transport"
HALF, KEY = f"0x{'1' * 40}", f"0x{'1' * 64}"
ESP_ALGORITHMS = (
    f"aead 'rfc4106(gcm(aes))' 0x{'1' * 72} 128",
    f"enc 'cbc(aes)' {KEY} auth-trunc 'hmac(sha256)' {KEY} 128",
    f"enc 'cbc(aes)' {KEY} auth-trunc 'hmac(sha1)' {HALF} 96",
)


def needed_modules() -> list[str]:
    files = sorted(MODULES.glob("lunch-gateway*.conf"))
    return [name for path in files for name in settings(path) if name not in ONLY_FOR_SPEED]


@required
def kernel() -> str:
    release = os.uname().release
    expect(
        "-cloud-" not in release,
        f"{release} is the cloud flavour, which has no PPP; see /etc/default/grub.d",
    )
    return release


@required
def modules() -> str:
    wanted = needed_modules()
    missing = [name for name in wanted if not Path("/sys/module", name).exists()]
    expect(not missing, f"not loaded: {', '.join(missing)}; try modprobe by hand")
    return " ".join(wanted)


@required
def blacklist() -> str:
    """Distributions blacklisted esp4 in 2026 (CVE-2026-43284): every tunnel failed."""
    wanted = "|".join(needed_modules())
    stopped = re.findall(
        rf"^(?:blacklist|install) (?:{wanted})\b.*$", run("modprobe", "--showconfig"), re.M
    )
    expect(not stopped, f"/etc/modprobe.d has: {'; '.join(stopped)}")
    return "none of our modules"


@required
def sysctls() -> str:
    return compare_sysctls(forwarding=True)


@required
def esp() -> str:
    """The kernel takes an SA of each kind that phones agree on with us."""
    for algorithms in ESP_ALGORITHMS:
        state = f"{SCRATCH_SA} {algorithms}"
        run("unshare", "--net", "sh", "-c", f"ip link set lo up && ip xfrm state add {state}")
    return f"{len(ESP_ALGORITHMS)} kinds of SA"


@required
def pppd() -> str:
    """It reads its options: what it does not know keeps every phone out, one call at a time."""
    if not L2TP.exists():
        return "off by configuration"
    # As xl2tpd starts it, which names both addresses: pppd would look its own up, by DNS.
    (name,) = (line.split()[2] for line in settings(L2TP, ";") if line.startswith("name = "))
    run("pppd", "name", name, "noipdefault", "notty", "dryrun", "file", str(PPP_OPTIONS))
    return f"{PPP_OPTIONS} is readable"


@required
def daemons() -> str:
    units = ["nftables.service", "strongswan.service"]
    units += ["gateway-resolver.service", "unbound.service"]
    units += ["xl2tpd.service"] if L2TP.exists() else []
    units += ["gateway-tunnel.service"] if IKEV2.exists() else []
    states = {
        unit: subprocess.run(
            ["systemctl", "is-active", unit], capture_output=True, text=True, check=False
        ).stdout.strip()
        for unit in units
    }
    down = [f"{unit} is {state}" for unit, state in states.items() if state != "active"]
    expect(not down, f"{'; '.join(down)}; see journalctl -u {' -u '.join(units[1:])}")
    return " ".join(units)


@required
def connections() -> str:
    """Charon has them all: what it refuses (say, a word it does not know) is missing, and nothing
    else fails. Our address is still the one that the keys were given out by."""
    found = re.findall(r"^([^\s:]+): IKEv", run("swanctl", "--list-conns"), re.M)
    wanted = ["l2tp"] if L2TP.exists() else []
    if IKEV2.exists():
        texts = IKEV2.read_text() + OWN_ADDRESSES.read_text()
        wanted += re.findall(r"^    (ikev2-\S+) : ", texts, re.M)
    missing = [name for name in wanted if name not in found]
    expect(
        bool(wanted) and not missing,
        f"not loaded: {', '.join(missing) or 'any'}; see journalctl -u strongswan",
    )
    changed = run("gateway-identity", "--check").strip()
    expect(not changed, f"{changed}; try systemctl restart strongswan")
    return " ".join(wanted)


@required
def ikev2() -> str:
    """The interface with the phones' route, and addresses to give to them."""
    if not IKEV2.exists():
        return "off by configuration"
    subnet = dict(line.split("=") for line in settings(TUNNEL))["SUBNET"]
    route = run("ip", "-4", "route", "show", subnet)
    expect(" dev ipsec1 " in f"{route} ", f"{subnet} does not lead to ipsec1; it has {route!r}")
    pools = run("swanctl", "--list-pools")
    expect(pools.startswith("phones "), "no addresses for phones; see journalctl -u strongswan")
    return f"{subnet} on ipsec1, {' '.join(pools.split()[1:])} in use"


@required
def listening() -> str:
    sockets = run("ss", "-H", "-l", "-u", "-n", "-p", "-4")
    expected = {500: "charon-systemd", 4500: "charon-systemd"}
    if L2TP.exists():
        expected[1701] = "xl2tpd"
    silent = [
        f"{daemon} on UDP {port}"
        for port, daemon in expected.items()
        if not re.search(rf'\S+:{port}\s.*"{daemon}"', sockets)
    ]
    expect(not silent, f"nobody listens: {', '.join(silent)}")
    return " ".join(f"{port}/{daemon}" for port, daemon in expected.items())


@required
def secrets() -> str:
    ours = [*CONNECTIONS.glob("*secret*.conf"), *filter(Path.exists, [CHAP_SECRETS])]
    loose = []
    for path in [*ours, *filter(Path.exists, map(Path, FOREIGN_SECRETS))]:
        status = path.stat()
        if status.st_uid != 0 or stat.S_IMODE(status.st_mode) & 0o077:
            loose.append(f"{path} is {stat.S_IMODE(status.st_mode):04o}, owner {status.st_uid}")
    expect(not loose, f"{'; '.join(loose)}; expected root's own, 0600")
    if L2TP.exists():
        expect(any(settings(CHAP_SECRETS)), "chap-secrets has no user")
    return f"{len(ours)} files, root only"


@required
def password_login() -> str:
    wanted = "passwordauthentication no"
    expect(
        wanted in run("/usr/sbin/sshd", "-T").lower(),
        "sshd takes passwords; see /etc/ssh/sshd_config.d",
    )
    return "sshd takes keys only"
