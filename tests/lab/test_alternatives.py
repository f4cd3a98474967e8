"""What a phone's user may take instead, as the machines are told to set it up."""

from __future__ import annotations

import re

from lab.phones.alternatives import SHADOWSOCKS_PORT, open_shadowsocks, open_wireguard
from lab.phones.phone import Phone
from lab.world.sites import PORTS
from lab.world.topology import SITE_BY_SHADOWSOCKS, SITE_BY_WIREGUARD
from tests.lab.machines import Pretender


def test_shadowsocks_has_a_server_and_a_tunnel_for_each_port() -> None:
    world, gateway = Pretender(), Pretender()
    open_shadowsocks(gateway, Phone(world, "192.0.2.1"))
    (server,) = [told for told in gateway.commands if "ss-server" in told]
    assert re.search(r"--unit=bench-shadowsocks sh -c 'exec ss-server .* -p 8388 ", server)
    tunnels = [told for told in world.commands if "ss-tunnel" in told]
    for tunnel, (name, port) in zip(tunnels, PORTS.items(), strict=True):
        assert f"--unit=bench-shadowsocks-{name} ip netns exec phone sh -c 'exec ss-" in tunnel
        assert f" -l {port} -L {SITE_BY_SHADOWSOCKS}:{port} " in tunnel
    assert f"nft add rule ip azure nsg tcp dport {SHADOWSOCKS_PORT} accept" in world.commands[0]


def test_wireguard_gives_each_its_own_secret_and_the_others_public_key() -> None:
    world, gateway = Pretender(("wg genkey", "S1\nP1\nS2\nP2\n")), Pretender()
    open_wireguard(gateway, Phone(world, "192.0.2.1"))
    (server,) = [told for told in gateway.commands if "wg set" in told]
    (phone,) = [told for told in world.commands if "wg set" in told]
    assert "echo S1 " in server
    assert " peer P2 " in server
    assert "echo S2 " in phone
    assert " peer P1 " in phone
    assert world.commands[-1].endswith(f"'ping -q -c 1 -W 5 {SITE_BY_WIREGUARD}'")
