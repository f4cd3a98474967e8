"""A phone: stock clients (strongSwan, xl2tpd, pppd) set up as a user would, from the
address, secret, name and password that somebody told him. It knows nothing of how the
gateway was made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import ClassVar

from lab.machines.agent import put
from lab.machines.expectations import ExpectationFailed
from lab.machines.hosts import PATIENCE, Host, on, unit
from lab.machines.machine import Machine
from lab.phones.models import IPHONE, Model
from lab.world.topology import RESOLVER, ROUTERS, WIFI_ROUTER

FILES = Path(__file__).parent / "files"
ENDED = "|".join(
    (
        "authentication failed",
        "Connection terminated",
        "Maximum retries exceeded",
        # xl2tpd's, and all there is where the gateway has no address left. A phone that sat that
        # out for 80 s could miss the one that got free meanwhile.
        "control_finish: Connection closed",
    )
)
"""What pppd and xl2tpd say when a call is over, as a regular expression."""
HAS_ITS_CONNECTIONS = (
    "timeout 60 sh -c 'until test -S {0}; do sleep 0.1; done;"
    " until swanctl --load-all --noprompt; do sleep 0.3; done'"
)
"""Ends when the daemon behind this socket has its connections. To ask it before it is there takes
half a second of a processor each time, under emulation."""


@dataclass(frozen=True)
class Credentials:
    """What the user types into the phone."""

    psk: str
    user: str
    password: str


@dataclass(frozen=True)
class Tunnel:
    """A tunnel that is up."""

    address: str
    """The phone's own, from the gateway."""
    ike: str
    """What IKE agreed on, such as AES_CBC_256/HMAC_SHA2_256_128/…"""
    esp: str
    auth: str
    """How the user proved himself, such as MS-CHAP-V2."""


class DialFailed(ExpectationFailed):
    """The tunnel did not come up; ``phase`` is ipsec, l2tp or ppp."""

    def __init__(self, phase: str, log: str) -> None:
        super().__init__(f"dialling failed in phase {phase}:\n{log.strip()[-1500:]}")
        self.phase = phase
        self.log = log


@dataclass
class Phone:
    """One phone, in one of the world's namespaces (`lab.world.topology.PHONES`)."""

    world: Machine
    server: str
    namespace: str = "phone"
    model: Model = IPHONE
    files: ClassVar[tuple[Path, ...]] = (FILES / "l2tp",)
    """What its clients read, as trees below /etc."""
    on_wifi: bool = False
    tunnels: int = 0
    """So many were asked for by L2TP since it was switched on. Real ones number them so."""

    @property
    def host(self) -> Host:
        """Returns the phone among the world's hosts."""
        return self.world.host(self.namespace)

    @property
    def router(self) -> str:
        """Returns the address of its way out."""
        return WIFI_ROUTER if self.on_wifi else ROUTERS[self.namespace]

    def run(self, command: str, timeout: float = PATIENCE) -> str:
        """Run a command on the phone that must succeed."""
        return self.host.succeed(command, timeout)

    def run_and_fail(self, command: str, timeout: float = PATIENCE) -> str:
        """Run a command on the phone that must not succeed."""
        return self.host.fail(command, timeout)

    def on_phone(self, command: str) -> str:
        """Returns the world's command that runs this one on the phone."""
        return on(self.namespace, command)

    def dial(self, credentials: Credentials) -> Tunnel:
        """Connect, and say to what. Raises as `connect` does."""
        self.connect(credentials)
        return self.tunnel()

    def connect(self, credentials: Credentials) -> None:
        """Connect. Raises `DialFailed`, after which everything is hung up again."""
        try:
            self.start_ipsec(credentials)
            self._connect_inside()
        except AssertionError:
            self.hang_up()
            raise

    def _connect_inside(self) -> None:
        """Set up what this kind of VPN has inside IPsec."""
        self.start_l2tp()
        self._wait_for_ppp()

    def tunnel(self) -> Tunnel:
        """Returns what is up now."""
        auth = "MS-CHAP-V2" if "auth chap MS-v2" in self.log() else "unknown"
        return self._tunnel(find(r"inet ([\d.]+)", self.run("ip -4 address show ppp0")), auth)

    def start_ipsec(self, credentials: Credentials) -> None:
        """Negotiate IKE and ESP, without L2TP yet."""
        socket = f"/run/{self.namespace}.vici"
        start = unit(self._unit("ipsec"), "exec /usr/sbin/charon-systemd", self.namespace)
        # One command: each takes the agent 0.1 s of a processor, and a phone dials often.
        self.world.succeed(
            f"rm -f {socket}; {self._typed(credentials)}"
            f" && {{ {start}; }} && {self.on_phone(HAS_ITS_CONNECTIONS.format(socket))}",
            90,
        )
        ran = self.host.execute(
            "timeout 30 swanctl --initiate --child gateway --timeout 20 2>&1", 60
        )
        if ran.status != 0:
            raise DialFailed("ipsec", ran.output)

    def start_l2tp(self) -> None:
        """Start xl2tpd and place the call, whether or not IPsec is there."""
        self.tunnels += 1
        own = f"/run/{self._unit('l2tp')}"
        # xl2tpd-control wants its own pipe there. One that was killed leaves the daemon's behind.
        before = (
            f"mkdir -p /run/xl2tpd; rm -f {own}.control;"
            f" ip route replace {self.server} via {self.router}"
        )
        xl2tpd = (
            f"exec /lab/random-is {self.tunnels} /usr/sbin/xl2tpd -D -c /etc/xl2tpd/xl2tpd.conf"
            f" -p {own}.pid -C {own}.control"
        )
        # Its goodbye ends the call. pppd below it would say one too, which nobody carries any more,
        # and wait 6 s for the answer: so when xl2tpd has ended, the rest ends at once.
        start = unit(self._unit("l2tp"), xl2tpd, self.namespace, "KillMode=mixed")
        self.world.succeed(
            f"{self.on_phone(before)} && {{ {start}; }}"
            f" && timeout 20 sh -c 'until test -p {own}.control; do sleep 0.1; done'"
            f" && {self.on_phone(f'xl2tpd-control -c {own}.control connect-lac gateway')}"
        )

    def hang_up(self) -> None:
        """Stop everything, politely: the gateway is told."""
        steps = (
            # In this order: xl2tpd's goodbye must not travel in the clear.
            self._stop("l2tp"),
            self.on_phone(self._goodbye()),
            self._stop("ipsec"),
            self.on_phone(f"/lab/as-before {self.server} {self.router}")
            # Clients can't replace what is mounted over: they leave it empty, or with what is gone.
            + f" && echo nameserver {RESOLVER} > /etc/netns/{self.namespace}/resolv.conf",
        )
        # At once: each command takes the agent its time, and every call ends with these.
        self.world.succeed("; ".join(steps), 120)

    def break_off(self) -> None:
        """Stop everything at once and tell nobody, like a phone whose line is gone."""
        self._signal("KILL")
        self.hang_up()

    def sleep(self) -> None:
        """Hear and say nothing, like a phone in a pocket, but keep what is known."""
        self._signal("STOP")
        # One that is still awake would pass any test of sleeping.
        self.world.wait_until_succeeds(self._is_asleep(), 10)

    def wake(self) -> None:
        """Go on where it was."""
        self._signal("CONT")

    def wake_after(self, seconds: int) -> None:
        """Go on where it was so many seconds from now, whatever is done meanwhile."""
        both = "; ".join(f"systemctl kill -s CONT {self._unit(name)}" for name in ("l2tp", "ipsec"))
        self.world.start_unit(self._unit("wakes"), f"sleep {seconds}; {both}")

    def wait_until_awake(self, timeout: float) -> None:
        """Wait until it has gone on (seconds)."""
        self.world.wait_until_succeeds(f"! {self._is_asleep()}", timeout)

    def _is_asleep(self) -> str:
        # What every phone has.
        charon = f"$(systemctl show --property MainPID --value {self._unit('ipsec')})"
        return f"grep -q '^State:.*T (stopped)' /proc/{charon}/status"

    def _signal(self, name: str) -> None:
        # IKEv2 has no second one.
        for client in ("l2tp", "ipsec"):
            self.world.execute(f"systemctl kill -s {name} {self._unit(client)}")

    def _goodbye(self) -> str:
        return "timeout 10 swanctl --terminate --ike gateway"

    def change_to_wifi(self) -> None:
        """Change to another interface and address, behind another NAT; the old line is gone."""
        self.on_wifi = True
        self.run(f"ip link set dev carrier down; ip route replace default via {self.router}")

    def change_back(self) -> None:
        """Change back to the carrier's line."""
        self.on_wifi = False
        self.run(f"ip link set dev carrier up; ip route replace default via {self.router}")

    def configure(self, credentials: Credentials) -> None:
        """Write what the user types where the clients look for it."""
        self.world.succeed(self._typed(credentials))

    def _typed(self, credentials: Credentials) -> str:
        """Returns the world's command that writes what the user types."""
        values = self._values(credentials)
        files = {
            f"/etc/netns/{self.namespace}/{source.relative_to(tree)}": Template(
                source.read_text()
            ).substitute(values)
            for tree in self.files
            for source in tree.rglob("*")
            if source.is_file()
        }
        return put(files, 0o600)

    def _values(self, credentials: Credentials) -> dict[str, str]:
        return {
            "namespace": self.namespace,
            "server": self.server,
            "source_port": str(self.model.source_port),
            "ike": self.model.ike,
            "esp": self.model.esp,
            "replay_window": str(self.model.replay_window),
            "sha256_96": "yes" if self.model.sha256_96 else "no",
            "psk": credentials.psk.encode().hex(),
            "user": credentials.user,
            "password": re.sub(r'(["\\])', r"\\\1", credentials.password),
        }

    def log(self) -> str:
        """Returns the last that the phone's own daemons said."""
        units = f"-u {self._unit('ipsec')} -u {self._unit('l2tp')}"
        return self.world.execute(f"journalctl --no-pager -o cat {units} | tail -n 120").output

    def _wait_for_ppp(self, timeout: float = 45) -> None:
        # The call's end is an answer too: no need to wait for the timeout then.
        outcome = self.host.execute(
            f"for i in $(seq {timeout * 2:.0f}); do"
            " ip -4 -o address show dev ppp0 2>/dev/null | grep -q inet && exit 0;"
            # Now and then: the journal costs as much as all the rest of a look.
            f" test $((i % 4)) = 0 && journalctl -o cat --since=-{timeout:.0f}s"
            f" -u {self._unit('l2tp')} -I | grep -qE '{ENDED}' && exit 1; sleep 0.5; done; exit 2",
            # Each look took up to 1.5 s under emulation.
            timeout * 8,
        )
        if outcome.status:
            raise DialFailed("ppp" if "LCP" in (log := self.log()) else "l2tp", log)

    def _tunnel(self, address: str, auth: str) -> Tunnel:
        status = self.run("swanctl --list-sas --ike gateway")
        ike, esp = find(r"^  ([A-Z0-9_-]+/\S+)$", status), find(r" ESP:(\S+)", status)
        return Tunnel(address, ike, esp, auth)

    def _start(self, name: str, command: str, *properties: str) -> None:
        self.host.start_unit(self._unit(name), f"exec {command}", *properties)

    def _stop(self, name: str) -> str:
        # What it was of it when it failed is forgotten when the next one starts (`unit`).
        return f"systemctl stop {self._unit(name)}"

    def _unit(self, name: str) -> str:
        return f"{self.namespace}-{name}"


def find(pattern: str, text: str) -> str:
    match = re.search(pattern, text, re.MULTILINE)
    if not match:
        raise ExpectationFailed(f"no {pattern!r} in:\n{text[-1500:]}")
    return match[1]
