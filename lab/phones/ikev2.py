"""A phone that comes with IKEv2: a stock client set up from the server, name and password that
somebody told its user. The verbs are those of `lab.phones.phone.Phone`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from lab.phones.models import IOS, Model
from lab.phones.phone import FILES, Credentials, Phone, Tunnel, find


@dataclass
class Ikev2Phone(Phone):
    """One phone, in one of the world's namespaces."""

    model: Model = IOS
    called: str = ""
    """What its user typed as the server, if it is not the address that is dialled."""
    looks_up: bool = False
    """Whether it asks its resolver what to dial."""
    names_as: str = ""
    """How it says who its user is: fqdn, email or keyid (RFC 7296, 3.5). Empty: as most do."""
    rekey: int = 3600
    """Seconds after which it changes keys, of IKE and ESP alike."""
    files: ClassVar[tuple[Path, ...]] = (FILES / "ikev2",)

    def _connect_inside(self) -> None:
        """Do nothing: IKEv2 is all there is."""

    def tunnel(self) -> Tunnel:
        """Returns what is up now."""
        sas = self.run("swanctl --list-sas --ike gateway")
        return self._tunnel(find(r"^  local  .* \[(\d[\d.]+)\]$", sas), "PSK")

    def told_resolvers(self) -> set[str]:
        """Returns what the gateway named, as the client's own log has it."""
        return set(find(r"installing DNS server ([\d.]+)", self.log()).split())

    def _values(self, credentials: Credentials) -> dict[str, str]:
        kind = self.names_as or ("email" if "@" in credentials.user else "fqdn")
        return {
            **super()._values(credentials),
            "server": self.called if self.looks_up else self.server,
            "name": f"{kind}:{credentials.user}",
            "called": self.called or self.server,
            "rekey": str(self.rekey),
            "life": str(self.rekey + 60),
            "password": credentials.password.encode().hex(),
        }
