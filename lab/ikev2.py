"""A phone that comes with IKEv2: a stock client set up from the server, name and password that
somebody told its user. The verbs are those of `lab.client.Phone`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from lab.client import WORLD, Credentials, Model, Phone, Session, find

# What each maker's client proposes, in its order and in strongSwan's words.
IOS = Model(
    # Apple, "VPN" payload, IKESecurityAssociationParameters: since iOS 14.2 group 14 and
    # AES-256 with SHA2-256 unless a profile says otherwise.
    ike="aes256-sha256-modp2048,aes256-sha256-ecp256,aes256-sha1-modp1536",
    esp="aes256-sha256,aes128-sha1",
    source_port=0,
)
MAC = Model(
    # As a profile asks of it.
    ike="aes256gcm16-prfsha384-ecp384,aes256-sha256-modp2048",
    esp="aes256gcm16,aes256-sha256",
    source_port=0,
)
ANDROID = Model(
    # AOSP, com.android.server.connectivity.VpnIkev2Utils: AES-CBC and -CTR with SHA-2, then
    # AEADs; groups 16, 31, 15, 14 in this order and no elliptic curves of NIST's.
    ike="aes256-aes192-aes128-sha512-sha384-sha256-modp4096-curve25519-modp3072-modp2048,"
    "aes256gcm16-aes128gcm16-prfsha512-prfsha384-prfsha256-modp4096-curve25519-modp3072-modp2048",
    esp="aes256gcm16-aes128gcm16,aes256-aes192-aes128-sha512-sha384-sha256",
    source_port=0,
)
NETWORK_MANAGER = Model(
    # charon-nm takes strongSwan's own defaults.
    ike="default",
    esp="default",
    source_port=0,
)


@dataclass
class Ikev2Phone(Phone):
    """One phone, in one of the world's namespaces."""

    model: Model = IOS
    called: str = ""
    """What its user typed as the server, if it is not the address that is dialled."""
    rekey: int = 3600
    """Seconds after which it changes keys, of IKE and ESP alike."""
    files: ClassVar[tuple[Path, ...]] = (WORLD / "ikev2",)

    def dial(self, credentials: Credentials) -> Session:
        """Connect. Raises `lab.client.DialFailed`, after which everything is hung up again."""
        try:
            self.start_ipsec(credentials)
        except AssertionError:
            self.hang_up()
            raise
        return self.session()

    def session(self) -> Session:
        """What is up now."""
        sas = self.run("swanctl --list-sas --ike gateway")
        return self._session(find(r"^  local  .* \[(\d[\d.]+)\]$", sas), "PSK")

    def sleep(self) -> None:
        """Hears and says nothing, like a phone in a pocket, but keeps what it knows."""
        self.world.succeed(f"systemctl kill -s STOP {self._unit('ipsec')}")

    def wake(self) -> None:
        """Goes on where it was."""
        self.world.succeed(f"systemctl kill -s CONT {self._unit('ipsec')}")

    def told_resolvers(self) -> set[str]:
        """What the gateway named, as the client's own log has it."""
        return set(find(r"installing DNS server ([\d.]+)", self.log()).split())

    def _values(self, credentials: Credentials) -> dict[str, str]:
        kind = "email" if "@" in credentials.user else "fqdn"
        return {
            **super()._values(credentials),
            "name": f"{kind}:{credentials.user}",
            "called": self.called or self.server,
            "rekey": str(self.rekey),
            "life": str(self.rekey + 60),
            "password": credentials.password.encode().hex(),
        }
