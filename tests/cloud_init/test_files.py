"""The tree of files: complete, filled in, with the right modes, and quoted as daemons read."""

from __future__ import annotations

import ast
import base64
import re
import string
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from cloud_init import files
from cloud_init.files import (
    ROOTFS,
    SECRET_FILES,
    GuestFile,
    GuestFileError,
    guest_files,
)
from settings.guest import Settings, parse
from settings.server import SERVER_NAME
from tests.cloud_init.conftest import EVERY_FILE
from tests.cloud_init.guest_tree import Guest
from tests.cloud_init.pppd_words import MAX_SECRET, lines_of_words
from tests.cloud_init.strategies import MINIMAL, psks, settings_maps, user_maps

REPOSITORY = ROOTFS.parents[1]
LIB = "/usr/local/lib/lunch-gateway"
TEMPLATES = sorted(ROOTFS.rglob("*.tmpl"))


def content(settings: Settings, path: str) -> str:
    (found,) = [file.content for file in guest_files(settings) if file.path == path]
    return found


def by_path(settings: Settings) -> dict[str, GuestFile]:
    return {file.path: file for file in guest_files(settings)}


def test_what_git_holds_is_what_lands(raw: dict[str, Any]) -> None:
    """An editor's backup or a stray cache in rootfs/ would be shipped too."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "cloud_init/rootfs"],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    tracked = {name.removeprefix("cloud_init/rootfs") for name in listed.split("\0") if name}
    complete = by_path(parse({**raw, **EVERY_FILE}))
    assert {name.removesuffix(".tmpl") for name in tracked} == set(complete)


def says_only(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def told_by(code: str, said: bool = True) -> str:
    """What it does; `said` is whether what it only says, to readers, counts."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if not said and isinstance(body, list) and len(body) > 1:
            keep = isinstance(node, ast.Module) and "__doc__" in code
            first, rest = body[: int(keep)], body[int(keep) :]
            vars(node)["body"] = first + [each for each in rest if not says_only(each)]
    return ast.dump(tree)


def test_comments_stay_in_the_repository(raw: dict[str, Any]) -> None:
    """And nothing else does: no word of a user's, no first line of a script."""
    settings = parse({**raw, **EVERY_FILE, "users": {"alice": "#alice-secret-4711"}})
    landed = by_path(settings)
    assert '"#alice-secret-4711"' in landed["/etc/ppp/chap-secrets"].content
    assert landed["/usr/local/sbin/gateway-prepare"].content.startswith("#!")
    left = [
        f"{path}: {line}"
        for path, file in landed.items()
        for number, line in enumerate(file.content.splitlines())
        if re.match(r"\s*//" if path.endswith(".c") else r"\s*(#|//)", line)
        and not (number == 0 and line.startswith("#!"))
    ]
    assert not left
    for path, file in landed.items():
        source = ROOTFS / path[1:]
        if path.endswith(".py") or file.content.startswith("#!/usr/bin/python3"):
            assert told_by(file.content) == told_by(source.read_text(), said=False), path
            first = ast.get_docstring(ast.parse(file.content))
            assert bool(first) == ("__doc__" in file.content), "--help prints it"
    # What looks like a comment inside one would be lost.
    scripts = {path: file for path, file in landed.items() if not path.endswith(".c")}
    assert not [path for path, file in scripts.items() if "<<" in file.content]


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


def test_git_knows_what_is_executable() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--stage", "cloud_init/rootfs"],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    wrong = [
        line
        for line in listed.splitlines()
        if line.startswith("100755") != any(place in line for place in EXECUTABLE)
    ]
    assert wrong == []


EXECUTABLE = ("/sbin/", "/ip-up.d/", "/ip-down.d/", "/hooks/")


def test_modes(settings: Settings) -> None:
    modes = {path: file.mode for path, file in by_path(settings).items()}
    assert {path for path, mode in modes.items() if mode == 0o600} == set(SECRET_FILES)
    assert {path for path, mode in modes.items() if mode == 0o755} == {
        path for path in modes if any(place in path for place in EXECUTABLE)
    }
    assert set(modes.values()) <= {0o600, 0o644, 0o755}


def test_only_the_secret_files_hold_secrets(settings: Settings) -> None:
    """Found by what differs when only the secrets do."""
    ours, redacted = by_path(settings), by_path(settings.redacted())
    assert {path for path in ours if ours[path] != redacted[path]} == set(SECRET_FILES)


def test_every_secret_file_says_why() -> None:
    assert all(len(reason) > 10 for reason in SECRET_FILES.values())


def names_in(template: Path) -> set[str]:
    return set(string.Template(template.read_text(encoding="utf-8")).get_identifiers())


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_a_reason_and_valid_placeholders(template: Path) -> None:
    assert names_in(template), "without a placeholder it should be a literal file"
    assert string.Template(template.read_text(encoding="utf-8")).is_valid()


def test_every_value_is_used_by_a_template(settings: Settings) -> None:
    used = {name for template in TEMPLATES for name in names_in(template)}
    assert set(files._template_values(settings)) == used


MISTAKES: dict[str, tuple[str, bytes, str]] = {
    "no value": ("x.tmpl", b"${no_such}", "names 'no_such', a value that does not exist"),
    "bare": ("x.tmpl", b"$no_such", "names 'no_such', a value that does not exist"),
    "open": ("x.tmpl", b"${psk", "Invalid placeholder"),
    "dollar": ("x.tmpl", b"100 $", "Invalid placeholder"),
    "latin": ("x", b"caf\xe9", "not UTF-8 text"),
    "python": ("x.py", b"def", "invalid syntax"),
    "nul": ("x.py", b"a = '\0'", "null bytes"),
    "deep": ("x.py", b"a" + b".a" * 50_000, ""),
}


@pytest.mark.parametrize(("name", "content", "complaint"), MISTAKES.values(), ids=list(MISTAKES))
def test_a_mistake_in_a_file_is_said_in_one_line(
    name: str, content: bytes, complaint: str, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / name).write_bytes(content)
    with pytest.raises(GuestFileError) as caught:
        list(guest_files(settings, tmp_path))
    path, _, why = str(caught.value).partition(": ")
    assert path == f"/etc/{name}"
    assert complaint in why
    assert why
    assert "\n" not in why


def test_a_literal_file_keeps_its_dollars(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "x.sh").write_text("echo ${psk} $$\n")
    assert [file.content for file in guest_files(settings, tmp_path)] == ["echo ${psk} $$\n"]


@given(settings_maps())
def test_every_file_is_whole_lines_of_ascii(raw: dict[str, Any]) -> None:
    for file in guest_files(parse(raw)):
        assert file.path.startswith("/")
        assert not file.path.endswith(".tmpl")
        assert file.content.isascii()
        assert "\r" not in file.content
        assert not re.search(r"[ \t]$", file.content, re.M), file.path
        assert re.search(r"[^\n]\n\Z", file.content), file.path


@given(user_maps(), psks)
def test_pppd_reads_back_every_user(users: dict[str, str], psk: str) -> None:
    text = content(parse({"psk": psk, "users": users}), "/etc/ppp/chap-secrets")
    assert lines_of_words(text) == [
        [user, SERVER_NAME, password, "*"] for user, password in users.items()
    ]
    assert all(len(password) <= MAX_SECRET for password in users.values())


@pytest.mark.parametrize(
    ("escape", "mistake"),
    [
        (lambda text: text, "nothing escaped"),
        (lambda text: text.replace('"', '\\"'), "no backslash escaped"),
        (lambda text: text.replace('"', '\\"').replace("\\", "\\\\"), "in the wrong order"),
    ],
)
def test_the_independent_reader_notices_wrong_quoting(
    escape: Callable[[str], str],
    mistake: str,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(files, "_pppd_escape", escape)
    lines = lines_of_words(content(settings, "/etc/ppp/chap-secrets"))
    assert lines != [[user, SERVER_NAME, word, "*"] for user, word in settings.users.items()]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("# only a comment", []),
        ("a b # c\n\n  d\n", [["a", "b"], ["d"]]),
        ("a\\\nb c", [["ab", "c"]]),
        ("a \\\n b", [["a", "b"]]),
        ("'a \"b' \"c 'd\"", [['a "b', "c 'd"]]),
        ('"a # b"c', [["a # bc"]]),
        ("a#b", [["a"]]),
        (r'"\\ \" \n \x41 \101 \s \z"', [['\\ " \n A A   z']]),
        ('"two\nlines" x', [["two\nlines", "x"]]),
    ],
)
def test_the_independent_reader(text: str, lines: list[list[str]]) -> None:
    assert lines_of_words(text) == lines


def swanctl_reads(text: str) -> bytes:
    """A secret as charon takes it: swanctl.conf(5), settings.opt; test_ikev2 asks the real one."""
    quoted = re.fullmatch(r'"([^"\\\n]*)"', text)
    secret = quoted[1] if quoted else text
    if secret[:2].lower() == "0s":
        return base64.b64decode(secret[2:])
    return bytes.fromhex(secret[2:]) if secret[:2].lower() == "0x" else secret.encode()


@given(psks)
def test_swanctl_reads_back_the_pre_shared_key(psk: str) -> None:
    text = content(parse(MINIMAL | {"psk": psk}), "/etc/swanctl/conf.d/l2tp-secret.conf")
    (written,) = re.findall("secret = (.*)$", text, re.M)
    assert swanctl_reads(written) == psk.encode()


@given(user_maps(), psks)
def test_swanctl_reads_back_every_user(users: dict[str, str], psk: str) -> None:
    settings = parse({"psk": psk, "users": users})
    text = content(settings, "/etc/swanctl/conf.d/ikev2-secrets.conf")
    found = re.findall(r"^ike-\d+ {\n((?:id\d = .*\n)+)secret = (.*)\n}$", text, re.M)
    assert [swanctl_reads(written) for _, written in found] == [
        password.encode() for password in users.values()
    ]
    names = [re.findall(r"= (.*)", ids) for ids, _ in found]
    assert [forms[:2] for forms in names] == [[f"fqdn:{user}", f"keyid:{user}"] for user in users]
    assert [f"email:{user}" in forms for forms, user in zip(names, users, strict=True)] == [
        "@" in user for user in users
    ]


@pytest.mark.parametrize(
    ("name", "called"),
    [("", [SERVER_NAME, "*"]), ("vpn.example.org", ["vpn.example.org", "vpn.example.org"])],
)
def test_only_a_gateway_without_a_name_answers_to_any(name: str, called: list[str]) -> None:
    text = content(parse(MINIMAL | {"serverName": name}), "/etc/swanctl/conf.d/ikev2.conf")
    found = re.findall(r'local {\n            id = "fqdn:(.*)"', text)
    assert found == [each for each in called for _ in ("name", "mail", "bytes")]


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


@pytest.mark.parametrize("servers", [["9.9.9.9"], ["9.9.9.9", "1.1.1.1"]])
def test_the_resolver_asks_those_servers_and_phones_the_resolver(servers: list[str]) -> None:
    settings = parse(MINIMAL | {"dnsServers": servers, "tunnelSubnet": "192.168.7.0/28"})
    asked = re.findall("^server=(.*)$", content(settings, "/etc/lunch-gateway/dnsmasq.conf"), re.M)
    assert asked == servers
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


@pytest.mark.parametrize("acceleration", ["split", "off"])
@pytest.mark.parametrize("quic", ["allow", "reject"])
@pytest.mark.parametrize("modp1024", ["allow", "reject"])
def test_what_is_not_wanted_is_left_out(acceleration: str, quic: str, modp1024: str) -> None:
    wanted = {"acceleration": acceleration, "quic": quic, "modp1024": modp1024}
    paths = set(by_path(parse(MINIMAL | wanted)))
    complete = set(by_path(parse(MINIMAL | EVERY_FILE)))
    left_out = complete - paths
    assert left_out == set().union(
        () if acceleration == "split" else files.ONLY_FOR_SPLIT,
        () if (acceleration, quic) == ("split", "reject") else files.ONLY_WITHOUT_QUIC,
        () if modp1024 == "allow" else files.ONLY_WITH_MODP1024,
    )


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
        {"tunnelSubnet": "192.168.7.0/28", "vnetSubnet": "172.16.0.0/12", "mtu": 576},
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
