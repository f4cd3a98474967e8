"""Valid settings, as many as there are, for property tests."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

from hypothesis import strategies as st

from settings.server import is_address

MINIMAL: dict[str, Any] = {
    "psk": "a-key-of-24-characters-x",
    "users": {"alice": "alice-long-password"},
}

printable = st.characters(min_codepoint=0x20, max_codepoint=0x7E)

# Weighted towards what quoting stumbles over.
awkward = st.sampled_from("\"'\\#$%{}@/*!`;: \\nrtx01") | printable


def _trimmed(text: str) -> bool:
    return text == text.strip()


psks = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters="\"'\\"),
    min_size=16,
    max_size=128,
).filter(_trimmed)


def _passwords(least: int) -> st.SearchStrategy[str]:
    return st.text(awkward, min_size=least, max_size=128).filter(
        lambda text: _trimmed(text) and not text.startswith("@/")
    )


passwords = _passwords(16)
l2tp_passwords = _passwords(8)
"""Long enough where nobody dials in with IKEv2."""

user_names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}", fullmatch=True).filter(
    lambda name: name.lower() != "lunch-gateway" and not is_address(name)
)


def user_maps(words: st.SearchStrategy[str] = passwords) -> st.SearchStrategy[dict[str, str]]:
    """Password by user name, for one user or a few."""
    names = st.lists(user_names, min_size=1, max_size=4, unique_by=str.lower)
    return names.flatmap(lambda each: st.fixed_dictionaries(dict.fromkeys(each, words)))


def networks(pool: str, prefixes: range) -> st.SearchStrategy[str]:
    """Networks within a pool."""
    base = IPv4Network(pool)

    def within(prefix: int) -> st.SearchStrategy[str]:
        count = 2 ** (prefix - base.prefixlen)
        size = 2 ** (32 - prefix)
        return st.integers(0, count - 1).map(
            lambda index: str(IPv4Network((int(base[0]) + index * size, prefix)))
        )

    return st.sampled_from(prefixes).flatmap(within)


@st.composite
def settings_maps(draw: st.DrawFn) -> dict[str, Any]:
    """A map as a settings file gives it, with any of the optional keys."""
    optional = {
        "tunnelSubnet": networks("10.128.0.0/9", range(16, 28)),
        "vnetSubnet": networks("172.16.0.0/12", range(12, 30)),
        # Beside where the tunnel's subnet is drawn from, and below Alibaba Cloud's metadata.
        "reachableNetworks": st.lists(
            networks("172.16.0.0/12", range(12, 33))
            | networks("192.168.0.0/16", range(16, 33))
            | networks("100.64.0.0/11", range(11, 33)),
            max_size=16,
        ),
        "dnsServers": st.lists(
            st.sampled_from(["8.8.8.8", "1.1.1.1"]), min_size=1, max_size=2, unique=True
        ),
        "mtu": st.integers(576, 1410) | st.integers(576, 1410).map(str),
        "sshSource": st.just("") | networks("203.0.113.0/24", range(24, 33)),
        "phoneToPhone": st.booleans(),
        "acceleration": st.sampled_from(["split", "off"]),
        "quic": st.sampled_from(["allow", "reject"]),
        "modp1024": st.sampled_from(["allow", "reject"]),
        "serverName": st.sampled_from(["", "vpn.example.org", "203.0.113.5"]),
    }
    protocols = draw(st.sampled_from([["l2tp"], ["ikev2"], ["ikev2", "l2tp"], None]))
    required = {
        "psk": psks,
        "users": user_maps(l2tp_passwords if protocols == ["l2tp"] else passwords),
        **({"protocols": st.just(protocols)} if protocols else {}),
    }
    return draw(st.fixed_dictionaries(required, optional=optional))
