"""What those get who have no right to anything."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from lab.lab import PRIVATE_ADDRESS, PUBLIC_ADDRESS, Lab
from lab.machines.expectations import ExpectationFailed
from lab.phones.in_the_clear import no_answer_in_the_clear
from lab.phones.phone import Credentials, DialFailed, Phone
from lab.progress import Checks
from lab.scenarios.dial_in.asked import open_ports
from lab.world.topology import WEB


def strangers(phone: Phone, user: Credentials, checks: Checks) -> None:
    """Dial with one thing wrong each; and right again, to show that it was that thing."""
    wrong = {
        "wrong-psk": (replace(user, psk=user.psk[::-1]), "ipsec"),
        "wrong-password": (replace(user, password=user.password + "x"), "ppp"),
        "unknown-user": (replace(user, user="mallory"), "ppp"),
    }
    for name, (credentials, phase) in wrong.items():
        with checks.check(name) as detail:
            try:
                tunnel = phone.dial(credentials)
            except DialFailed as failure:
                if failure.phase != phase:
                    raise
                detail.append(f"refused in phase {failure.phase}")
            else:
                raise ExpectationFailed(f"got in: {tunnel}")
    with checks.check("right-credentials-after-wrong-ones") as detail:
        detail.append(phone.dial(user).address)
        phone.hang_up()


def cleartext_l2tp(lab: Lab, phone: Phone, user: Credentials, checks: Checks) -> None:
    """Make the same call without IPsec: the requests arrive, and nobody answers."""
    with checks.check("cleartext-l2tp-refused") as detail:
        phone.configure(user)
        no_answer_in_the_clear(phone)
        detail.append("requests arrived, none was answered; with IPsec the same call works")


SCAN = "nmap -n -Pn -p- --max-retries 0 --min-rate 6000 {}"


def port_scan_control(lab: Lab, checks: Checks) -> None:
    """See that the scan finds a web server that is there. The gateway has no part in it."""
    with checks.check("port-scan-control") as detail:
        found = open_ports(lab.world.succeed(SCAN.format(WEB), 120))
        detail.append(f"the web server shows {found}")
        if "80/tcp" not in found:
            raise ExpectationFailed(f"the scan does not even see the web server: {found}")


def port_scan(lab: Lab, checks: Checks) -> None:
    """Scan from the internet, and from inside the VNet where no NSG helps."""
    for name, prefix, target in (
        ("internet", "", PUBLIC_ADDRESS),
        ("vnet", "ip netns exec azure ", PRIVATE_ADDRESS),
    ):
        with checks.check(f"port-scan-from-{name}") as detail:
            found = open_ports(lab.world.succeed(prefix + SCAN.format(target), 180))
            if found:
                raise ExpectationFailed(f"open from {name}: {found}")
            detail.append("none of 65535 TCP ports is open")


def no_secret_lying_around(
    lab: Lab, users: list[Credentials], meanwhile: Callable[[], None], checks: Checks
) -> None:
    """Look for every secret, everywhere on the disk and in the journal. What is done meanwhile
    needs no gateway, which has its hands full."""
    allowed = {
        "/etc/ppp/chap-secrets",
        "/etc/swanctl/conf.d/l2tp-secret.conf",
        "/etc/swanctl/conf.d/ikev2-secrets.conf",
    }
    # As the daemons' files spell them: quotes and backslashes escaped, or hexadecimal.
    secrets = {users[0].psk, *(re.sub(r'(["\\])', r"\\\1", user.password) for user in users)}
    secrets |= {user.password.encode().hex() for user in users}
    lab.gateway.write({"/run/patterns": "\n".join(secrets) + "\n"}, 0o600)
    lab.gateway.start_unit(
        "search",
        "grep -rlaF --devices=skip -f /run/patterns / --exclude-dir=proc --exclude-dir=sys"
        " --exclude-dir=dev --exclude=patterns >/run/found; rm /run/patterns",
    )
    meanwhile()
    with checks.check("secrets-only-where-daemons-read-them") as detail:
        lab.gateway.wait_for_end_of_unit("search", 600)
        files = set(lab.gateway.read("/run/found").split())
        detail.append(" ".join(sorted(files)))
        if files != allowed:
            raise ExpectationFailed(f"secrets are in {sorted(files)}, expected {sorted(allowed)}")
    with checks.check("secrets-root-only"):
        for path in allowed:
            lab.gateway.fail(f"setpriv --reuid=nobody --clear-groups cat {path}")
            lab.gateway.succeed(f"cat {path} >/dev/null")
