"""A bad setting stops the preview before anybody asks Azure; lost secrets stay lost."""

from __future__ import annotations

import pytest

from tests.engine.conftest import SECRETS
from tests.engine.world import Done, Stack, World


@pytest.fixture(scope="module")
def settled(life: Stack) -> Stack:
    return life


def refused(done: Done, stack: Stack, *words: str) -> None:
    assert done.code != 0
    for word in words:
        assert word in done.text
    assert "Traceback" not in done.text
    assert done.steps() == {}
    assert stack.world.azure.times_asked() == 0
    assert stack.world.azure.calls() == []


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("mtu", "9000", ["lunch-gateway:mtu", "576 to 1410"]),
        ("tunnelSubnet", "10.1.0.0/24", ["tunnelSubnet", "vnetSubnet"]),
        ("azure-native:location", "Atlantis?", ["azure-native:location"]),
        ("dnsLabel", "No_Label", ["lunch-gateway:dnsLabel"]),
        ("dnsLabel", "my-windows", ["lunch-gateway:dnsLabel", "login, microsoft, windows, xbox"]),
        ("vmSize", "Standard_D2_v3", ["lunch-gateway:vmSize", "trusted launch"]),
        ("shutdownTimeZone", "Asia/Tokyo", ["shutdownTimeZone", "Tokyo Standard Time"]),
        ("sshPublicKey", "-----BEGIN", ["lunch-gateway:sshPublicKey"]),
        ("vmSise", "Standard_B1s", ["vmSise"]),
    ],
)
def test_a_bad_setting_stops_the_preview(
    settled: Stack, key: str, value: str, words: list[str]
) -> None:
    kept = settled.file.read_text()
    # Nothing else is wrong.
    assert kept.count("secure:") == 2
    settled.configure({key: value})
    refused(settled.preview(), settled, *words)
    settled.file.write_text(kept)


def test_lost_secrets_are_asked_for_and_not_made_up(world: World) -> None:
    stack = Stack(world, "dev", region="westus2", secrets=SECRETS)
    assert stack.up().code == 0
    requests = len(world.azure.calls())
    stack.remove("psk", "users")
    for done in (stack.preview(), stack.up()):
        assert done.code != 0
        assert "psk" in done.text
        assert "users" in done.text
        assert "missing configuration values" in done.text
    assert len(world.azure.calls()) == requests
    assert "psk" not in stack.file.read_text()


def test_a_good_setting_does_ask_the_provider(settled: Stack) -> None:
    assert settled.preview().code == 0
    assert settled.world.azure.times_asked() > 0
