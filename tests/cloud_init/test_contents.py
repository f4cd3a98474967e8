"""What the settings put into the files, and what several files have to agree on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from settings.guest import Settings, parse
from settings.server import SERVER_NAME
from tests.cloud_init.guest_tree import Guest
from tests.cloud_init.rendered import by_path, content
from tests.cloud_init.strategies import MINIMAL

LIB = "/usr/local/lib/lunch-gateway"


def test_ipsec_outlives_pppds_question_to_a_silent_phone(settings: Settings) -> None:
    """pppd asks every interval and hangs up an interval after the last question unanswered.
    charon counts from the last packet: with less than that it would end the tunnel first."""
    options, l2tp = "/etc/ppp/options.xl2tpd", "/etc/swanctl/conf.d/l2tp.conf"
    interval, failure = (
        int(value)
        for value in re.findall(
            r"^lcp-echo-(?:interval|failure) (\d+)$", content(settings, options), re.MULTILINE
        )
    )
    (timeout,) = re.findall(r"dpd_timeout = (\d+)s", content(settings, l2tp))
    assert interval * (failure + 1) < int(timeout)


@pytest.mark.parametrize(
    ("name", "called"),
    [("", [SERVER_NAME, "*"]), ("vpn.example.org", ["vpn.example.org", "vpn.example.org"])],
)
def test_only_a_gateway_without_a_name_answers_to_any(name: str, called: list[str]) -> None:
    text = content(parse(MINIMAL | {"serverName": name}), "/etc/swanctl/conf.d/ikev2.conf")
    found = re.findall(r'local {\n            id = "fqdn:(.*)"', text)
    assert found == [each for each in called for _ in ("name", "mail")]


@pytest.mark.parametrize("unit", ["gateway-ready", "gateway-watch"])
def test_pppds_options_do_not_fill_the_log(unit: str, settings: Settings) -> None:
    """It writes them, as "info", each time the self-test asks. What the unit says is above that."""
    text = content(settings, f"/etc/systemd/system/{unit}.service")
    assert re.findall(r"^(SyslogLevel|LogLevelMax)=(\w+)$", text, re.MULTILINE) == [
        ("SyslogLevel", "notice"),
        ("LogLevelMax", "notice"),
    ]


def test_every_fact_about_the_tunnel_is_the_same_twice(settings: Settings) -> None:
    ikev2 = content(settings, "/etc/swanctl/conf.d/ikev2.conf")
    unit = content(settings, "/etc/systemd/system/gateway-tunnel.service")
    assert "\n    if_id_in = 1\n    if_id_out = 1\n" in ikev2
    assert "ip link add ipsec1 type xfrm if_id 1'" in unit
    assert f"\n        dns = {settings.tunnel_gateway}\n" in ikev2
    first, last = settings.ikev2_range
    assert f"\n        addrs = {first}-{last}\n" in ikev2


def test_phones_routes_name_the_congestion_control_that_is_registered(settings: Settings) -> None:
    (name,) = re.findall(r'\.name = "(.*)"', content(settings, f"{LIB}/bbr-phone.c"))
    # bpf_obj_name_cpy refuses the rest, and only the kernel would say so.
    assert re.fullmatch(r"[A-Za-z0-9_.]{1,15}", name)
    for path in (
        "/etc/ppp/ip-up.d/lunch-gateway",
        "/etc/systemd/system/gateway-tunnel.service.d/10-lunch-gateway-split.conf",
        f"{LIB}/speed.py",
    ):
        assert set(re.findall(r"congctl ([\w.-]+)", content(settings, path))) == {name}


def test_server_name_is_the_same_to_xl2tpd_and_in_the_secrets(settings: Settings) -> None:
    assert f"\nname = {SERVER_NAME}\n" in content(settings, "/etc/xl2tpd/xl2tpd.conf")


def test_no_option_that_makes_pppd_fail_under_xl2tpd(settings: Settings) -> None:
    words = content(settings, "/etc/ppp/options.xl2tpd").split()
    assert not {"lock", "crtscts"} & set(words)


def test_we_prove_ourselves_to_no_phone(settings: Settings) -> None:
    """Whatever it asks of pppd, and whoever is called like the gateway."""
    words = content(settings, "/etc/ppp/options.xl2tpd").split()
    ways = {"pap", "chap", "mschap", "mschap-v2", "eap"}
    assert {word.removeprefix("refuse-") for word in words if word.startswith("refuse-")} == ways


def test_who_forges_a_carriers_address_shuts_nobody_out_behind_it(settings: Settings) -> None:
    """nftables lets so many calls of an address begin that charon still believes the next."""
    begun = re.findall(
        r"ip saddr limit rate over (\d+)/second burst (\d+) packets } counter name ike_braked",
        content(settings, "/etc/nftables.conf"),
    )
    (rate, burst), *others = begun
    assert not others
    charon = content(settings, "/etc/strongswan.d/lunch-gateway.conf")
    numbers = {key: int(value) for key, value in re.findall(r"^    (\w+) = (\d+)$", charon, re.M)}
    half_open = int(burst) + int(rate) * numbers["half_open_timeout"]
    assert half_open <= numbers["block_threshold"] < numbers["init_limit_half_open"]
    # IKEv1 knows no cookies, and one bucket would be looked through for each message.
    assert numbers["ikesa_table_size"] * 4 > numbers["init_limit_half_open"]


def test_charon_is_the_last_to_end_and_a_panic_is_no_end(settings: Settings) -> None:
    units = "/etc/systemd/system"
    scores = [
        int(*re.findall(r"^OOMScoreAdjust=(-?\d+)$", content(settings, f"{units}/{name}"), re.M))
        for name in ("strongswan.service.d/10-lunch-gateway.conf", "xl2tpd.service")
    ]
    assert -1000 < scores[0] < scores[1] < 0
    assert "OOMScoreAdjust=-" not in content(
        settings, f"{units}/haproxy.service.d/10-lunch-gateway.conf"
    )
    sysctls = content(settings, "/etc/sysctl.d/90-lunch-gateway.conf")
    (seconds,) = re.findall(r"^kernel\.panic = (\d+)$", sysctls, re.M)
    assert int(seconds) > 0


@pytest.mark.parametrize("servers", [["9.9.9.9"], ["9.9.9.9", "1.1.1.1"]])
def test_the_resolver_asks_those_servers_and_phones_the_resolver(servers: list[str]) -> None:
    settings = parse(MINIMAL | {"dnsServers": servers, "tunnelSubnet": "192.168.7.0/27"})
    upstreams = content(settings, "/etc/unbound/lunch-gateway.conf")
    assert re.findall("forward-addr: (.*)$", upstreams, re.M) == servers
    (interface,) = re.findall("interface: (.*)$", upstreams, re.M)
    asked = re.findall("^server=(.*)$", content(settings, "/etc/lunch-gateway/dnsmasq.conf"), re.M)
    assert asked == [interface.replace("@", "#")]
    told = re.findall("^ms-dns (.*)$", content(settings, "/etc/ppp/options.xl2tpd"), re.M)
    assert told == ["192.168.7.1"]


@pytest.mark.parametrize(
    ("networks", "expected"),
    [
        ([], "255.255.255.255"),
        (["192.168.1.20", "10.7.0.0/16"], "10.7.0.0/16, 192.168.1.20/32"),
    ],
)
def test_phones_reach_those_private_networks(networks: list[str], expected: str) -> None:
    settings = parse(MINIMAL | {"reachableNetworks": networks})
    text = content(settings, "/etc/lunch-gateway/settings.nft")
    assert f"\ndefine reachable_networks = {{ {expected} }}\n" in text


def offered(settings: Settings, name: str, key: str) -> list[str]:
    """A list of charon's: its last word on it, in the order in which it reads the files."""
    text = content(settings, f"/etc/swanctl/conf.d/{name}.conf")
    (found,) = re.findall(rf"^ *{key} = (.*)$", text, re.M)
    return str(found).split(",")


def test_a_weak_group_is_the_last_resort_of_who_has_no_better() -> None:
    settings = parse(MINIMAL | {"modp1024": "allow"})
    usual = offered(settings, "l2tp", "proposals")
    both = offered(settings, "modp1024", "proposals")
    assert not any("modp1024" in proposal for proposal in usual)
    assert both[: len(usual)] == usual
    assert all(proposal.endswith("-modp1024") for proposal in both[len(usual) :])
    assert set(offered(settings, "modp1024", "esp_proposals")) == set(
        offered(settings, "l2tp", "esp_proposals")
    )
    # charon reads conf.d by name and keeps what it read last.
    paths = [path for path in by_path(settings) if "/swanctl/conf.d/" in path]
    assert sorted(paths).index("/etc/swanctl/conf.d/l2tp.conf") < sorted(paths).index(
        "/etc/swanctl/conf.d/modp1024.conf"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"phoneToPhone": True},
        {"reachableNetworks": ["192.168.1.20"]},
        {"reachableNetworks": [*(f"10.7.{number}.0/25" for number in range(15)), "100.64.0.0/11"]},
        {"sshSource": "203.0.113.0/24"},
        {"tunnelSubnet": "192.168.7.0/27", "vnetSubnet": "172.16.0.0/12", "mtu": 576},
        {"vnetSubnet": "192.168.0.0/29", "tunnelSubnet": "10.0.0.0/16", "mtu": 1410},
    ],
    ids=str,
)
def test_nft_takes_every_kind_of_settings(
    changes: dict[str, Any], guest: Guest, tmp_path: Path
) -> None:
    text = content(parse(MINIMAL | changes), "/etc/lunch-gateway/settings.nft")
    other = guest.altered(tmp_path / "out", "/etc/lunch-gateway/settings.nft", lambda _: text)
    assert other.complaints("nft -f /etc/nftables.conf") == ""
