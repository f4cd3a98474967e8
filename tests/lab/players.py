"""World and gateway as actors: they keep what they are told, and answer well enough for every
scenario to be played to its end. What the real ones do is seen by `make lab` alone."""

from __future__ import annotations

import base64
import io
import json
import re
import tarfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.lab import Lab
from lab.machines.machine import Ran
from lab.phones.phone import Credentials
from tests.lab.machines import Pretender

USERS = [
    Credentials("throw-away-key-4711", "alice", "alice-4711"),
    Credentials("throw-away-key-4711", "bob", "bob \"4711'"),
]
GATEWAY, CARRIER, SITE = "198.18.3.10", "198.18.1.7", "198.18.4.80"
GOODPUT = {True: 8_000_000, False: 1_000_000}
"""Bit/s that iperf3 tells, by whether HAProxy runs."""
LOG = "auth chap MS-v2\nLCP\ninstalling DNS server 10.2.2.1 via resolvconf\n"
IN_THE_CLEAR = "listening on vnet\n" + "IP 198.18.1.7.50321 > 10.1.0.4.1701:  l2tp:[TLS]\n" * 3


@dataclass
class Play:
    """What both know of each other."""

    written: dict[str, str] = field(default_factory=dict)
    """Files, by path."""
    dialled: set[str] = field(default_factory=set)
    splits: bool = True
    broken: bool = False
    crashed: bool = False
    holding: bool = True
    removed: bool = False
    told: list[str] = field(default_factory=list)
    """Everything that both were told, in order."""
    console: str = ""


@dataclass(frozen=True)
class Screen:
    """A serial console that says what the play has come to."""

    play: Play

    def text(self) -> str:
        return self.play.console


class Actor(Pretender):
    """A machine that answers by its part."""

    def __init__(self, name: str, play: Play) -> None:
        super().__init__()
        self.name, self.play = name, play

    @property
    def console(self) -> Any:
        return Screen(self.play)

    def execute(self, command: str, timeout: float = 60, patience: float = 120) -> Ran:
        self.commands.append(command)
        self.unpack(command)
        self.play.told.append(f"{self.name}: {command}")
        status, output = self.act(command)
        return Ran(command, status, output)

    def act(self, command: str) -> tuple[int, str]:
        raise NotImplementedError

    def fail(self, command: str, timeout: float = 60) -> str:
        self.commands.append(command)
        self.play.told.append(f"{self.name}: fails: {command}")
        return ""

    def unpack(self, command: str) -> None:
        """Take what `lab.machines.agent.put` puts there."""
        for packed in re.findall(r"echo (\S+) \| base64 -d \| tar ", command):
            with tarfile.open(fileobj=io.BytesIO(base64.b64decode(packed))) as archive:
                for entry in archive:
                    file = archive.extractfile(entry)
                    assert file
                    self.play.written[f"/{entry.name}"] = file.read().decode()
                    self.play.told.append(f"{self.name}: writes {entry.mode:o} /{entry.name}")

    def fetch(self, path: str, target: Path) -> None:
        self.play.told.append(f"{self.name}: fetches {path}")

    def reboot(self, timeout: float = 600) -> None:
        self.play.told.append(f"{self.name}: reboots")


class Gateway(Actor):
    """Sound, unless somebody broke it."""

    def __init__(self, play: Play) -> None:
        super().__init__("gateway", play)
        self.asked: Counter[str] = Counter()

    def act(self, command: str) -> tuple[int, str]:
        self.notice(command)
        if command.startswith("test $(ss --no-header"):
            return int(self.play.holding), ""
        for pattern, answer in {
            r"gateway-selftest --json": self.self_test(),
            r"^uname -r": "7.3.4-amd64\n",
            r"^date \+%s": "1764240000\n",
            r"^ss --no-header --tcp": "50\n" if self.play.holding else "0\n",
            r"list counter .* ike_braked": "counter ike_braked { packets 200 bytes 9 }",
            r"^pidof xl2tpd": "20\n" if self.play.crashed else "10\n",
            r"dst 10\.2\.2\.0/24 \| wc -l": "1950\n",
            r"MemAvailable": "400\n",
            r"MemoryCurrent": "100000000\n",
            r"MemoryMax": "infinity\n",
            r"modules\.builtin": "kernel/hv_vmbus.ko\n",
            r"lsinitramfs": "x/hv_storvsc.ko\nx/nvme.ko\n",
            r"^cat /run/found": "/etc/ppp/chap-secrets /etc/swanctl/conf.d/l2tp-secret.conf"
            " /etc/swanctl/conf.d/ikev2-secrets.conf",
            r"swanctl --list-sas .*grep -c": "4\n",
            r"^swanctl --list-sas$": "".join(f" @ {CARRIER}[{port}]\n" for port in range(4)),
            r"ip xfrm state": f"proto esp {self.asked['ip xfrm state']}",
            r"is-active haproxy": "active\n",
        }.items():
            if re.search(pattern, command):
                return 0, answer
        return 0, ""

    def notice(self, command: str) -> None:
        if "stop haproxy" in command:
            self.play.splits = False
        if "start haproxy" in command:
            self.play.splits = True
        if "ip_forward=0" in command:
            self.play.broken = True
            self.play.console += "FAIL  sysctls: net.ipv4.ip_forward is 0\n"
        if "ip_forward=1" in command:
            self.play.broken = False
        if "gateway-watch" in command:
            self.play.console += "does not fit our address any more; restarting strongswan\n"
        if "ip xfrm state" in command:
            self.asked["ip xfrm state"] += 1
        if "kept" in command:
            self.play.removed = ":x/" in command

    @staticmethod
    def self_test() -> str:
        names = "kernel congestion_control nat connections secrets cleartext esp pppd l2tp_calls"
        names += " resolver names upstreams split_connections"
        checks = [{"name": name, "ok": True, "detail": ""} for name in names.split()]
        return json.dumps({"checks": checks})


class World(Actor):
    """Phones and servers, and what lies between."""

    def __init__(self, play: Play) -> None:
        super().__init__("world", play)

    def act(self, command: str) -> tuple[int, str]:
        found = re.search(r"ip netns exec (\S+) ", command)
        host = found[1] if found else ""
        for answer in (self.dials, self.phone, self.servers):
            if (said := answer(host, command)) is not None:
                return said
        return 0, ""

    def config(self, host: str, name: str) -> str:
        return self.play.written.get(f"/etc/netns/{host}/{name}", "")

    def dials(self, host: str, command: str) -> tuple[int, str] | None:
        config = self.config(host, "swanctl/swanctl.conf")
        if "swanctl --initiate" in command:
            if why := self.refuses(config):
                return 1, why
            self.play.dialled.add(host)
        if "ipsec up gateway" in command:
            self.play.dialled.add(host)
        if "for i in $(seq 90)" in command:  # until ppp0 is there, or pppd has ended
            secrets = self.config(host, "ppp/chap-secrets")
            right = any(f'"{user.user}"' in secrets for user in USERS) and 'x" *' not in secrets
            return (0, "") if right else (1, "")
        if "/lab/as-before" in command:
            self.play.dialled.discard(host)
        if "systemctl stop hold-open" in command:
            self.play.holding = False
        if "l2tp-crash" in command:
            self.play.crashed = True
            self.play.console += "xl2tpd ended ("
        return None

    def refuses(self, config: str) -> str:
        """What the client says that the gateway said, or nothing."""
        if "modp1024" in config and "/etc/swanctl/conf.d/modp1024.conf" not in self.play.written:
            return "received NO_PROPOSAL_CHOSEN error notify"
        said = "received AUTHENTICATION_FAILED error notify"
        if "version = 1" in config:
            return "" if f"= 0x{USERS[0].psk.encode().hex()}\n" in config else said
        if self.play.removed:
            return said
        named = re.search(r'id = "(?:fqdn|keyid):(\w+)"', config)
        called = re.findall(r'id = "([^"]+)"', config)[-1]
        user = next((user for user in USERS if named and user.user == named[1]), None)
        right = user and f"= 0x{user.password.encode().hex()}\n" in config
        return "" if right and called in (GATEWAY, "vpn.example.test") else said

    def address(self, host: str) -> str:
        number = re.search(r"\d+", host)
        return f"10.2.2.{100 + int(number[0] if number else 1)}"

    def phone(self, host: str, command: str) -> tuple[int, str] | None:
        config = self.config(host, "swanctl/swanctl.conf")
        group = "MODP_1024" if "modp1024" in config else "MODP_2048"
        local = f"  local  'me' @ 192.168.43.2[4500] [{self.address(host)}]\n"
        for pattern, answer in {
            r"awk .\S* == ": "c0ffee01\n",
            r"swanctl --list-sas": f"{local}  AES_CBC-256/HMAC_SHA2_256/{group}\n  ESP:AES_CBC-256",
            r"whack --trafficstatus": f'"gateway-ikev2" "gateway-l2tp" lease={self.address(host)}',
            r"ipsec status": "IKEv2 algorithm newest: AES\nESP algorithm newest: AES;",
            r"ip -4 address show ppp0": f"inet {self.address(host)} peer 10.2.2.1/32",
            r"^journalctl": LOG,
            r" wait; grep -LF 'you are ": "",
            r"curl .* http://www\.example\.test/": self.page(host),
            r"ppp/resolv\.conf": "nameserver 10.2.2.1\n",
            r"xfrm_stat": "XfrmInStateSeqError 0",
            r"^ip netns exec \S+ sh -c .awk .*/proc/net/snmp": "0\n",
            r"getent": "169.254.169.254 STREAM metadata.example.test\n",
            r"tcp-manners": self.manners(),
            r"printf ask \| socat": "3000\n",
            r"curl --silent --parallel": "10000 200\n",
            r"iperf3 --client .*--json": self.iperf(),
            r"dig \+tries": "198.18.2.80\n" * 10,
        }.items():
            if re.search(pattern, command) and "systemd-run" not in command:
                return 0, answer
        return None

    def page(self, host: str) -> str:
        return f"a page\nyou are {GATEWAY if host in self.play.dialled else CARRIER}\n"

    def manners(self) -> str:
        end = "closed" if self.play.splits else "refused"
        return json.dumps({"half-close": [3000, 0.1], "refused": [end, 0.1], "nobody": [end, 3]})

    def iperf(self) -> str:
        rate = GOODPUT[self.play.splits]
        counted = {"bytes": rate / 8, "seconds": 1.0, "omitted": False}
        return json.dumps(
            {
                "start": {"timestamp": {"timesecs": 1000}},
                "intervals": [{"sum": counted}],
                "end": {"sum_received": {"bits_per_second": rate}},
            }
        )

    def servers(self, host: str, command: str) -> tuple[int, str] | None:
        if "gateway.probe" in command:
            return self.probe(command)
        for pattern, answer in {
            r"nmap .*198\.18\.2\.80": "80/tcp  open\n",
            r"nmap .*-F .*10\.2\.2\.1": "53/tcp open\n",
            r"tcpdump -n -r .*(l2tp|1701|esp)": "0\n",
            r"tcpdump -n -r": "9\n",
            r"grep -a -c": "1\n",
            r"cat /tmp/(cleartext|in-the-clear)": IN_THE_CLEAR,
            r"cat /run/hold-open": "700",
            r"cat /run/heard": "3000\n",
            r"cat /run/phone\d*\.json": self.iperf(),
        }.items():
            if re.search(pattern, command):
                return 0, answer
        return None

    def probe(self, command: str) -> tuple[int, str]:
        if "198.18.2.80" in command:
            return 4, "port unreachable"
        if self.play.broken:
            return 1, "silence"
        return 0, "IKEv1 accepts our proposal (SA), IKEv2 accepts our proposal (SA)\n"


def laid_out(directory: Path) -> tuple[Lab, Play]:
    """Both, before the first scenario."""
    play = Play()
    return Lab(directory, directory, World(play), Gateway(play)), play
