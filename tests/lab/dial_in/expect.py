"""See README.md beside this file."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any

from lab import stage
from lab.client import Credentials, DialFailed, Phone, Session
from lab.machine import ExpectationFailed, poll
from lab.models import CHROMEOS, IPHONE, OLD_ANDROID, WINDOWS
from lab.progress import Checks
from lab.session import ROOT
from lab.stage import PRIVATE_ADDRESS, PUBLIC_ADDRESS, Stage

PAGE = "curl --silent --show-error --fail --max-time 10 http://www.example.test/"
AZURES_DISKS = ("hv_vmbus", "hv_storvsc", "nvme")
TUNNEL_ADDRESS = "10.2.2.1"
CAPTURE = "/tmp/internet.pcap"
# What no phone may reach, and where each answers on its own side.
WALLED = {
    "instance-metadata": "169.254.169.254",
    "azure-host": "168.63.129.16",
    "vnet-neighbour": "10.1.0.9",
}


def expect(lab: Stage, users: list[Credentials], checks: Checks) -> dict[str, Any]:
    """Everything the README of this scenario says."""
    phone = Phone(lab.world, PUBLIC_ADDRESS)
    alice, *others = users
    self_test(lab, checks)
    probe(lab, checks)
    session = tunnel(lab, phone, alice, checks)
    for user in others:
        with checks.check(f"dial-in-{user.user}") as detail:
            detail.append(phone.dial(user).address)
            phone.hang_up()
    for name, model in {"windows": WINDOWS, "chromeos": CHROMEOS}.items():
        with checks.check(f"dial-in-{name}") as detail:
            detail.append(str(replace(phone, model=model).dial(alice)))
            phone.hang_up()
    old_android(lab, replace(phone, model=OLD_ANDROID), alice, checks)
    strangers(phone, alice, checks)
    cleartext_l2tp(lab, phone, alice, checks)
    port_scan(lab, checks)
    no_secret_lying_around(lab, users, checks)
    fails_closed(lab, checks)
    initramfs(lab, checks)
    reboot(lab, phone, alice, checks)
    return {"client": asdict(session) if session else None}


def old_android(lab: Stage, phone: Phone, user: Credentials, checks: Checks) -> None:
    """Knows modp1024 and nothing better: refused as shipped, served where that is allowed."""
    with checks.check("old-android-refused-by-default") as detail:
        try:
            session = phone.dial(user)
        except DialFailed as failure:
            if failure.phase != "ipsec" or "NO_PROPOSAL_CHOSEN" not in failure.log:
                raise
            detail.append("no proposal chosen")
        else:
            raise ExpectationFailed(f"got in: {session}")
    with modp1024_allowed(lab), checks.check("old-android-dials-in-where-allowed") as detail:
        session = phone.dial(user)
        detail.append(str(session))
        expect_peer(phone.run(PAGE), PUBLIC_ADDRESS)
        phone.hang_up()
        if "MODP_1024" not in session.ike:
            raise ExpectationFailed(f"the group is another: {session.ike}")
        session = replace(phone, model=IPHONE).dial(user)
        phone.hang_up()
        if "MODP_2048" not in session.ike:
            raise ExpectationFailed(f"who knows a better group gets {session.ike}")


@contextmanager
def modp1024_allowed(lab: Stage) -> Iterator[None]:
    """What `modp1024: allow` puts there, and away again."""
    path, reload = "/etc/swanctl/conf.d/modp1024.conf", "swanctl --load-conns"
    text = (ROOT / f"cloud_init/rootfs{path}").read_text(encoding="utf-8")
    lab.gateway.write({path: text})
    try:
        lab.gateway.succeed(reload)
        yield
    finally:
        lab.gateway.succeed(f"rm {path} && {reload}")


def self_test(lab: Stage, checks: Checks) -> None:
    """The gateway's own opinion, check by check."""
    report = json.loads(lab.gateway.execute("gateway-selftest --json").output)
    for result in report["checks"]:
        checks.add(f"selftest-{result['name']}", result["ok"], result["detail"])


PROBE = "cd /run/probe && python3 -m gateway.probe --timeout 4"


def probe(lab: Stage, checks: Checks) -> None:
    """What `pulumi up` waits for, asked as a user would: it runs in the world, like any tool."""
    names = [f"gateway/{name}.py" for name in ("__init__", "ike", "probe")]
    lab.world.write({f"/run/probe/{name}": (ROOT / name).read_text("utf-8") for name in names})
    for port in (500, 4500):
        with checks.check(f"probe-hears-ike-on-{port}") as detail:
            said = lab.world.succeed(f"{PROBE} --port {port} {PUBLIC_ADDRESS}")
            detail.append(said.strip())
            if said.count("accepts our proposal (SA)") != 2:
                raise ExpectationFailed(f"it accepts not both versions' proposals: {said}")
    with checks.check("probe-hears-a-refused-port") as detail:
        done = lab.world.execute(f"{PROBE} 198.18.2.80")
        detail.append(done.output.strip())
        if done.status != 4 or "port unreachable" not in done.output:
            raise ExpectationFailed(f"status {done.status}: {done.output}")


def tunnel(lab: Stage, phone: Phone, user: Credentials, checks: Checks) -> Session | None:
    """A call, a page, and what the wire saw of both."""
    session = None
    capture(lab, "start")
    with checks.check("page-before-call-seen-by-eve"):
        page = phone.run(PAGE)
        expect_peer(page, "198.18.1.7")
    with checks.check("dial-in") as detail:
        session = phone.dial(user)
        detail.append(str(session))
        if session.auth != "MS-CHAP-V2":
            raise ExpectationFailed(f"authenticated by {session.auth}")
    with checks.check("page-through-tunnel") as detail:
        page = phone.run(PAGE)
        expect_peer(page, PUBLIC_ADDRESS)
        detail.append("the server saw the gateway's address")
    walls(lab, phone, checks)
    with checks.check("phone-is-told-resolvers") as detail:
        told = re.findall(r"nameserver (\S+)", phone.run("cat /etc/ppp/resolv.conf"))
        detail.append(" ".join(told))
        for resolver in told:
            phone.run(f"dig +short +time=5 @{resolver} www.example.test A | grep -q .")
        if set(told) != {TUNNEL_ADDRESS}:
            raise ExpectationFailed(f"told {told} instead of {TUNNEL_ADDRESS}")
    phone.hang_up()
    capture(lab, "stop")
    wire(lab, checks)
    return session


def expect_peer(page: str, address: str) -> None:
    if f"you are {address}" not in page:
        raise ExpectationFailed(f"the server saw another address than {address}: {page}")


def walls(lab: Stage, phone: Phone, checks: Checks) -> None:
    """Through the tunnel: unreachable. From the gateway itself: there (the control)."""
    reach = "curl --silent --fail --max-time 5 --output /dev/null http://{}/"
    for name, address in WALLED.items():
        with checks.check(f"wall-{name}") as detail:
            lab.gateway.succeed(reach.format(address))
            phone.run_and_fail(reach.format(address))
            detail.append(f"{address} answers the gateway and not the phone")
    for name, address in {"tunnel": TUNNEL_ADDRESS, "private": PRIVATE_ADDRESS}.items():
        with checks.check(f"wall-gateway-services-{name}") as detail:
            lab.gateway.succeed(f"timeout 5 bash -c 'exec 3<>/dev/tcp/{address}/22'")
            found = open_ports(phone.run(f"nmap -n -Pn -F --max-retries 1 {address}", 120))
            # The resolver, on the address that phones were told.
            wanted = ["53/tcp"] if name == "tunnel" else []
            if found != wanted:
                raise ExpectationFailed(f"open to phones on {address}: {found}, expected {wanted}")
            detail.append(f"sshd answers the gateway itself on {address}, and the phone {wanted}")
    with checks.check("gateway-answers-ping-inside"):
        phone.run(f"ping -c 1 -W 5 {TUNNEL_ADDRESS}")


def capture(lab: Stage, action: str) -> None:
    """Eve at the carrier's cable to the internet."""
    if action == "start":
        lab.world.succeed(
            f"systemd-run --quiet --unit=eve tcpdump --immediate-mode -U -i carrier -w {CAPTURE}"
            " && for i in $(seq 50); do test -s " + CAPTURE + " && exit 0; sleep 0.2; done; exit 1"
        )
    else:
        lab.world.succeed("systemctl stop eve")
        lab.world.fetch(CAPTURE, lab.directory / "internet.pcap")


def captured(lab: Stage, expression: str) -> int:
    """How many packets Eve has that match."""
    return int(
        lab.world.succeed(f"tcpdump -n -r {CAPTURE} {shlex.quote(expression)} 2>/dev/null | wc -l")
    )


def wire(lab: Stage, checks: Checks) -> None:
    """What Eve has in her capture."""
    with checks.check("wire-has-only-ike-and-esp-in-udp") as detail:
        seen = {
            "IKE": captured(lab, "udp port 500 or (udp port 4500 and udp[8:4] = 0)"),
            "ESP in UDP": captured(lab, "udp port 4500 and udp[8:4] != 0"),
            "L2TP": captured(lab, "udp port 1701"),
            "ESP": captured(lab, "esp"),
        }
        detail.append(str(seen))
        if not (seen["IKE"] and seen["ESP in UDP"]) or seen["L2TP"] or seen["ESP"]:
            raise ExpectationFailed(f"on the wire: {seen}")
    with checks.check("eve-reads-the-page-only-before-the-call") as detail:
        pages = int(lab.world.succeed(f"grep -a -c 'a page of the lab' {CAPTURE} || true"))
        detail.append(f"{pages} page in the clear, of two fetched")
        if pages != 1:
            raise ExpectationFailed(
                f"Eve read {pages} pages; the one before the call is the control"
            )


def strangers(phone: Phone, user: Credentials, checks: Checks) -> None:
    """Wrong in one thing each; and right again, to show that it was that thing."""
    wrong = {
        "wrong-psk": (replace(user, psk=user.psk[::-1]), "ipsec"),
        "wrong-password": (replace(user, password=user.password + "x"), "ppp"),
        "unknown-user": (replace(user, user="mallory"), "ppp"),
    }
    for name, (credentials, phase) in wrong.items():
        with checks.check(name) as detail:
            try:
                session = phone.dial(credentials)
            except DialFailed as failure:
                if failure.phase != phase:
                    raise
                detail.append(f"refused in phase {failure.phase}")
            else:
                raise ExpectationFailed(f"got in: {session}")
    with checks.check("right-credentials-after-wrong-ones") as detail:
        detail.append(phone.dial(user).address)
        phone.hang_up()


def cleartext_l2tp(lab: Stage, phone: Phone, user: Credentials, checks: Checks) -> None:
    """The same call without IPsec: the requests arrive, and nobody answers."""
    with checks.check("cleartext-l2tp-refused") as detail:
        lab.world.succeed(
            "ip netns exec azure timeout 25 tcpdump -n -i vnet -c 3 udp port 1701"
            " >/tmp/cleartext 2>&1 &"
        )
        phone.configure(user)
        phone.start_l2tp()
        poll(
            lambda: (
                lab.world.execute("test $(grep -c 1701 /tmp/cleartext) -ge 3").status == 0 or None
            ),
            "three cleartext requests arrive before the gateway",
            30,
        )
        seen = lab.world.read("/tmp/cleartext")
        phone.hang_up()
        if re.search(rf"{PRIVATE_ADDRESS}\.1701 >", seen):
            raise ExpectationFailed(f"the gateway answered in the clear:\n{seen}")
        detail.append("requests arrived, none was answered; with IPsec the same call works")


def port_scan(lab: Stage, checks: Checks) -> None:
    """From the internet, and from inside the VNet where no NSG helps."""
    scan = "nmap -n -Pn -p- --max-retries 0 --min-rate 6000 {}"
    with checks.check("port-scan-control") as detail:
        found = open_ports(lab.world.succeed(scan.format("198.18.2.80"), 120))
        detail.append(f"the web server shows {found}")
        if "80/tcp" not in found:
            raise ExpectationFailed(f"the scan does not even see the web server: {found}")
    for name, prefix, target in (
        ("internet", "", PUBLIC_ADDRESS),
        ("vnet", "ip netns exec azure ", PRIVATE_ADDRESS),
    ):
        with checks.check(f"port-scan-from-{name}") as detail:
            found = open_ports(lab.world.succeed(prefix + scan.format(target), 180))
            if found:
                raise ExpectationFailed(f"open from {name}: {found}")
            detail.append("none of 65535 TCP ports is open")


def open_ports(scan: str) -> list[str]:
    return re.findall(r"^(\d+/tcp)\s+open\b", scan, re.MULTILINE)


def no_secret_lying_around(lab: Stage, users: list[Credentials], checks: Checks) -> None:
    """Every secret, everywhere on the disk and in the journal."""
    allowed = {
        "/etc/ppp/chap-secrets",
        "/etc/swanctl/conf.d/l2tp-secret.conf",
        "/etc/swanctl/conf.d/ikev2-secrets.conf",
    }
    # As the daemons' files spell them: quotes and backslashes escaped, or hexadecimal.
    secrets = {users[0].psk, *(re.sub(r'(["\\])', r"\\\1", user.password) for user in users)}
    secrets |= {user.password.encode().hex() for user in users}
    lab.gateway.write({"/run/patterns": "\n".join(secrets) + "\n"}, 0o600)
    with checks.check("secrets-only-where-daemons-read-them") as detail:
        found = lab.gateway.succeed(
            "grep -rlaF --devices=skip -f /run/patterns / --exclude-dir=proc --exclude-dir=sys"
            " --exclude-dir=dev --exclude=patterns; rm /run/patterns",
            300,
        )
        files = set(found.split())
        detail.append(" ".join(sorted(files)))
        if files != allowed:
            raise ExpectationFailed(f"secrets are in {sorted(files)}, expected {sorted(allowed)}")
    with checks.check("secrets-root-only"):
        for path in allowed:
            lab.gateway.fail(f"setpriv --reuid=nobody --clear-groups cat {path}")
            lab.gateway.succeed(f"cat {path} >/dev/null")


def fails_closed(lab: Stage, checks: Checks) -> None:
    """Broken: IKE is silent and the console says why. Mended: it opens by itself."""
    with checks.check("broken-gateway-stays-closed") as detail:
        lab.gateway.succeed(
            "sysctl -qw net.ipv4.ip_forward=0 && systemctl restart --no-block nftables"
        )
        poll(
            lambda: re.search(r"FAIL +sysctls: .*ip_forward", lab.gateway.console.text()),
            "the reason on the serial console",
            180,
        )
        lab.world.fail(stage.IKE_PROBE)
        heard = lab.world.execute(f"{PROBE} {PUBLIC_ADDRESS}")
        if heard.status != 1 or "silence" not in heard.output:
            raise ExpectationFailed(f"the probe hears more than silence: {heard.output}")
        lab.gateway.succeed("journalctl -u gateway-ready | grep -q 'FAIL  sysctls'")
        lab.gateway.succeed("grep -q ip_forward /run/lunch-gateway/selftest.json")
        detail.append("no answer to IKE; the reason is on the console, in the journal, in the file")
    with checks.check("mended-gateway-opens-again"):
        lab.gateway.succeed("sysctl -qw net.ipv4.ip_forward=1")
        stage.wait_for_ike(lab)


def initramfs(lab: Stage, checks: Checks) -> None:
    """What Azure's disks need is not what this machine's do: so it is packed on purpose."""
    with checks.check("initramfs-has-what-azures-disks-need") as detail:
        # Some kernels have the bus built in.
        built_in = lab.gateway.succeed("cat /lib/modules/$(uname -r)/modules.builtin")
        packed = built_in + lab.gateway.succeed("lsinitramfs /boot/initrd.img-$(uname -r)", 120)
        missing = [name for name in AZURES_DISKS if f"/{name}.ko" not in packed]
        detail.append(
            f"{' '.join(AZURES_DISKS)}; {packed.count('.ko')} modules, built in or packed"
        )
        if missing:
            raise ExpectationFailed(f"missing: {missing}")


def reboot(lab: Stage, phone: Phone, user: Credentials, checks: Checks) -> None:
    """With a cloud kernel of a higher version in /boot, which GRUB must pass over."""
    before = lab.gateway.succeed("uname -r").strip()
    lab.gateway.succeed(
        "cp /boot/vmlinuz-*-cloud-amd64 /boot/vmlinuz-99.0.0-cloud-amd64 && update-grub", 120
    )
    with checks.check("grub-sees-the-decoy"):
        lab.gateway.succeed("grep -q vmlinuz-99.0.0-cloud-amd64 /boot/grub/grub.cfg")
    with checks.check("reboots-into-mainline-again") as detail:
        lab.gateway.reboot()
        stage.wait_for_ike(lab)
        after = lab.gateway.succeed("uname -r").strip()
        detail.append(after)
        if after != before:
            raise ExpectationFailed(f"{before} before, {after} after the reboot")
    with checks.check("dial-in-after-reboot") as detail:
        detail.append(phone.dial(user).address)
        expect_peer(phone.run(PAGE), PUBLIC_ADDRESS)
        phone.hang_up()
