"""Whatever a stack's configuration holds, it is taken whole or refused without a secret."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from cloud_init.user_data import user_data
from gateway.config import ConfigError
from settings.label import reserved_word
from settings.published import faults
from tests.gateway.loading import loaded

# Text that nothing else in a message or in the guest could hold by chance.
MARKER = "Q7z-"


def secrets_of(low: int, forbidden: str) -> st.SearchStrategy[str]:
    """Every secret that is allowed, the marker being its beginning."""
    alphabet = st.characters(min_codepoint=32, max_codepoint=126, exclude_characters=forbidden)
    text = st.text(alphabet, min_size=low - len(MARKER), max_size=128 - len(MARKER))
    return text.filter(lambda end: end == end.rstrip()).map(lambda end: MARKER + end)


names = st.from_regex(r"[a-p0-6][a-p0-6._@-]{0,63}", fullmatch=True)
# Where a password is no key it may be shorter.
dialling = st.sampled_from(
    [(None, 16), (["ikev2"], 16), (["l2tp", "ikev2"], 16), (["l2tp"], 8)]
).flatmap(
    lambda drawn: st.dictionaries(names, secrets_of(drawn[1], ""), min_size=1, max_size=5).map(
        lambda users: {"users": users, **({"protocols": drawn[0]} if drawn[0] else {})}
    )
)
rest = st.fixed_dictionaries(
    {"psk": secrets_of(16, "\"'\\")},
    optional={
        "mtu": st.integers(576, 1410).map(str),
        "tunnelSubnet": st.sampled_from(["10.2.0.0/16", "10.9.1.0/27", "192.168.7.0/24"]),
        "dnsServers": st.lists(
            st.sampled_from(["1.1.1.1", "9.9.9.9"]), min_size=1, max_size=2, unique=True
        ),
        "phoneToPhone": st.sampled_from(["true", "false"]),
        "reachableNetworks": st.lists(st.sampled_from(["192.168.9.0/24", "10.1.0.9"]), max_size=3),
        "quic": st.sampled_from(["allow", "reject"]),
        "modp1024": st.sampled_from(["allow", "reject"]),
        "serverName": st.sampled_from(["vpn.home.arpa", "203.0.113.5"]),
        "dnsLabel": st.from_regex(r"[a-z][a-z0-9-]{1,61}[a-z0-9]", fullmatch=True).filter(
            lambda label: not reserved_word(label)
        ),
        "tags": st.dictionaries(
            st.sampled_from(["a", "b", "a b", "büro", "昼"]),
            st.text(max_size=256).filter(str.isprintable),
        ),
    },
)


@hypothesis_settings(max_examples=30, deadline=None)
@given(dialling, rest)
def test_what_is_allowed_is_accepted_and_renders(
    users: dict[str, Any], others: dict[str, Any]
) -> None:
    values = users | others
    assume(not faults(values))  # what several know
    config, log = loaded(values)
    assert config.settings.users == values["users"]
    assert config.settings.psk == values["psk"]
    text = user_data(config.settings)
    assert text.startswith("#cloud-config\n")
    files = {
        file["path"]: file["content"]
        for file in yaml.load(text, Loader=yaml.CSafeLoader)["write_files"]
    }
    protocols = values.get("protocols", ["l2tp", "ikev2"])
    assert ("/etc/swanctl/conf.d/l2tp-secret.conf" in files) == ("l2tp" in protocols)
    assert ("/etc/swanctl/conf.d/ikev2-secrets.conf" in files) == ("ikev2" in protocols)
    assert MARKER not in user_data(config.settings.redacted()) + repr(config) + "".join(log)


hostile_text = st.text(st.characters(max_codepoint=0x2FF), max_size=140).map(MARKER.__add__)
hostile_users = st.dictionaries(
    st.sampled_from(["alice", "bob.smith", "c@d", "-", ""]),
    hostile_text | st.integers() | st.none() | st.lists(hostile_text),
)
hostile = st.fixed_dictionaries(
    {"psk": hostile_text, "users": hostile_users | hostile_text | st.lists(hostile_text)},
    optional={
        "mtu": st.text(max_size=5),
        "tunnelSubnet": st.text(max_size=20),
        "protocols": st.text() | st.lists(st.text()),
        "serverName": st.text(),
        "dnsServers": st.text() | st.lists(st.text()),
        "reachableNetworks": st.text() | st.lists(st.text()),
        "vmSize": st.text(),
        "diskType": st.text(),
        "image": st.text(),
        "dnsLabel": st.text(),
        "sshPublicKey": hostile_text,
        "sshSource": st.text(),
        "readyTimeout": st.text(max_size=5),
        "shutdownTime": st.text(max_size=6),
        "shutdownTimeZone": st.text(max_size=30),
        "tags": st.dictionaries(st.text(), st.text() | st.none()) | st.text(),
        "azure-native:location": st.text(),
    },
)


@hypothesis_settings(max_examples=100, deadline=None)
@given(values=hostile)
def test_what_is_refused_is_refused_by_name_without_a_secret(values: dict[str, Any]) -> None:
    for line in reasons_to_refuse(values):
        assert line.splitlines() == [line]
        assert line.split(": ")[0].removeprefix("lunch-gateway:") in values
        assert MARKER not in line


def reasons_to_refuse(values: dict[str, Any]) -> list[str]:
    """None for good values; a refusal without a reason is an empty line, which no test takes."""
    try:
        loaded(values)
    except ConfigError as refused:
        return refused.problems or [""]
    return []
