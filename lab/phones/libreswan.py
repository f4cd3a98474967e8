"""A computer with Libreswan: a second implementation of IPsec beside strongSwan's, for both ways
to dial in. The verbs are those of `lab.phones.phone.Phone`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from lab.phones.models import LINUX, Model
from lab.phones.phone import FILES, Credentials, DialFailed, Phone, Tunnel, find

PLUTO = "/usr/libexec/ipsec/pluto --nofork --stderrlog --config /etc/ipsec.conf"


@dataclass
class LibreswanPhone(Phone):
    """One computer, in one of the world's namespaces."""

    model: Model = LINUX
    protocol: str = "ikev2"
    """Or l2tp: as `settings.server` has them."""
    called: str = ""
    """What the gateway calls itself. It does not say so when it asks for an address (IKEv2, IDr),
    hears the gateway's name then, and hangs up; with L2TP it is the gateway's own address."""
    files: ClassVar[tuple[Path, ...]] = (*Phone.files, FILES / "libreswan")

    def _connect_inside(self) -> None:
        if self.protocol == "l2tp":
            super()._connect_inside()

    def tunnel(self) -> Tunnel:
        """Returns what is up now."""
        if self.protocol == "l2tp":
            return super().tunnel()
        return self._tunnel(find(r" lease=([\d.]+)", self._ipsec("whack --trafficstatus")), "PSK")

    def start_ipsec(self, credentials: Credentials) -> None:
        """Negotiate IKE and ESP."""
        self.configure(credentials)
        home = self._home
        self.run(f"rm -rf {home}; mkdir -p {home}; certutil -N -d sql:{home} --empty-password")
        secrets = "--secretsfile /etc/ipsec.secrets"
        self._start("ipsec", f"{PLUTO} {secrets} --rundir {home} --nssdir {home}")
        self.host.wait_until_succeeds(f"{self._environment} ipsec status", 60)
        self._ipsec(f"add gateway-{self.protocol}")
        up = f"{self._environment} timeout 30 ipsec up gateway-{self.protocol} 2>&1"
        said = self.host.execute(up, 60).output
        if f'"gateway-{self.protocol}"' not in self._ipsec("whack --trafficstatus"):
            raise DialFailed("ipsec", said)

    @property
    def _home(self) -> str:
        return f"/run/{self.namespace}-pluto"

    @property
    def _environment(self) -> str:
        return f"IPSEC_RUNDIR={self._home} IPSEC_NSSDIR={self._home}"

    def _ipsec(self, command: str) -> str:
        return self.run(f"{self._environment} ipsec {command}")

    def _goodbye(self) -> str:
        return f"{self._environment} timeout 10 ipsec whack --shutdown"

    def _tunnel(self, address: str, auth: str) -> Tunnel:
        status = self._ipsec("status")
        ike = find(r"IKE(?:v[12])? algorithm newest: (\S+)", status)
        return Tunnel(address, ike, find(r"ESP algorithm newest: ([^;\s]+)", status), auth)

    def _values(self, credentials: Credentials) -> dict[str, str]:
        l2tp = self.protocol == "l2tp"
        key = credentials.psk if l2tp else credentials.password
        return {
            **super()._values(credentials),
            "me": "%any" if l2tp else f'"@{credentials.user}"',
            "called": self.called if l2tp else f"@{self.called}",
            "key": key.encode().hex(),
        }
