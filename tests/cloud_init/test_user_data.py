"""The cloud-config: its first line, its bytes, and its size."""

from __future__ import annotations

import base64
import dataclasses
import io
import re
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given

from cloud_init import user_data as module
from cloud_init.files import guest_files
from cloud_init.user_data import PROGRAMS, readable, user_data
from settings.guest import REDACTED, Settings, SettingsError, parse
from tests.cloud_init.conftest import brought_by
from tests.cloud_init.guest_tree import TREE_PACKAGES, packages
from tests.cloud_init.strategies import MINIMAL, settings_maps


def load(text: str) -> Any:
    return yaml.load(text, Loader=yaml.CSafeLoader)  # ten times as fast


File = tuple[str, int, str]


def written(config: Any) -> list[File]:
    """What lands on the guest: written by cloud-init, or unpacked by gateway-setup's unit."""
    files = {item["path"]: item for item in config["write_files"]}
    archive = files.pop(PROGRAMS, None)
    plain = [(path, int(each["permissions"], 8), each["content"]) for path, each in files.items()]
    return sorted([*plain, *(unpacked(archive) if archive else ())])


def unpacked(archive: dict[str, str]) -> Iterator[File]:
    assert (archive["encoding"], archive["permissions"]) == ("b64", "0600")
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(archive["content"]))) as tar:
        for entry in tar:
            file = tar.extractfile(entry)
            assert file
            assert (entry.uid, entry.gid, entry.mtime) == (0, 0, 0)
            yield f"/{entry.name}", entry.mode, file.read().decode()


@given(settings_maps())
def test_every_byte_of_every_file_arrives(raw: dict[str, Any]) -> None:
    settings = parse(raw)
    files = [(file.path, file.mode, file.content) for file in guest_files(settings)]
    for text in (user_data(settings), readable(settings)):
        assert text.split("\n")[0] == "#cloud-config"
        assert written(load(text)) == sorted(files)


def test_only_what_unpacks_is_not_packed(settings: Settings) -> None:
    plain = {item["path"] for item in load(user_data(settings))["write_files"]}
    all_paths = {file.path for file in guest_files(settings)}
    ours = {path for path in all_paths if re.match("/usr/local/|/etc/systemd/system/", path)}
    assert len(ours) > 20
    assert plain & ours == {"/etc/systemd/system/gateway-setup.service"}
    assert plain >= all_paths - ours
    assert {item["path"] for item in load(readable(settings))["write_files"]} == all_paths


def test_permissions_are_text(settings: Settings) -> None:
    """A bare 0644 is 420 to YAML 1.1 and 644 to YAML 1.2."""
    assert {type(item["permissions"]) for item in load(user_data(settings))["write_files"]} == {str}


def installed(config: Any) -> list[str]:
    """What gateway-setup installs."""
    lists = [text for path, _, text in written(config) if "/lunch-gateway/packages/" in path]
    return "\n".join(lists).split()


def test_packages_are_those_that_the_checkers_have_seen(settings: Settings) -> None:
    config = load(user_data(settings))
    assert installed(config) == packages("base", "l2tp", "split")
    assert set(installed(config)) - set(TREE_PACKAGES) == {"linux-image-amd64"}


def test_cloud_init_sets_nothing_up_by_itself(settings: Settings) -> None:
    """It would do so once, and give up."""
    config = load(user_data(settings))
    assert set(config) == {"bootcmd", "ssh_pwauth", "write_files", "runcmd"}
    assert config["ssh_pwauth"] is False


@pytest.mark.parametrize("before", ["Logs.Collect=y\nLogs.Verbose=n\n", "Logs.Verbose=n\n", None])
def test_azures_agent_collects_no_logs(
    before: str | None, settings: Settings, tmp_path: Path
) -> None:
    """Nor the user-data with them. The agent's file is Debian's, or there is none."""
    (shell,) = [each for each in load(user_data(settings))["bootcmd"] if "Logs.Collect" in each[-1]]
    conf = tmp_path / "waagent.conf"
    if before:
        conf.write_text(before)
    for _ in range(2):
        command = [*shell[:-1], shell[-1].replace("/etc/waagent.conf", str(conf))]
        subprocess.run(command, check=True)
    after = conf.read_text() if conf.exists() else None
    assert after == (before and "Logs.Verbose=n\nLogs.Collect=n\n")


SYSTEMD = """#!/bin/sh
echo . >>calls
[ $(wc -l <calls) -gt {late} ] || exit 1
echo "$*" >>done
"""


@pytest.mark.parametrize("late", range(5))
def test_setting_up_begins_however_late_systemd_answers(
    settings: Settings, tmp_path: Path, late: int
) -> None:
    """One that had no processor for minutes did not, and no gateway came of it."""
    for name, text in {"systemctl": SYSTEMD.format(late=late), "sleep": "#!/bin/sh\n"}.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    path = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    for command in load(user_data(settings))["runcmd"]:
        subprocess.run(command, cwd=tmp_path, env=path, check=True, timeout=30)
    done = (tmp_path / "done").read_text().splitlines()
    assert done[-3:] == [
        "daemon-reload",
        "enable --no-reload gateway-setup.service",
        "start --no-block gateway-setup.service",
    ]


def test_without_split_nothing_of_it_is_there(raw: dict[str, Any]) -> None:
    config = load(user_data(parse({**raw, "acceleration": "off"})))
    assert installed(config) == packages("base", "l2tp")
    paths = {path for path, _, _ in written(config)}
    assert not [path for path in paths if "haproxy" in path or "split" in path]
    assert "dnsmasq-base" in installed(config)


@pytest.mark.parametrize(
    ("protocol", "words"),
    [("l2tp", "ppp|l2tp"), ("ikev2", "ikev2|ipsec1|xfrm_interface|gateway-tunnel")],
)
def test_without_a_protocol_nothing_of_it_is_there(
    protocol: str, words: str, raw: dict[str, Any]
) -> None:
    """But for what reads the other files: rules and self-test fit both."""
    both, other = (
        load(user_data(parse({**raw, "modp1024": "allow", "protocols": protocols})))
        for protocols in (["l2tp", "ikev2"], sorted({"l2tp", "ikev2"} - {protocol}))
    )
    assert set(packages("l2tp")).isdisjoint(installed(other)) == (protocol == "l2tp")
    reading = re.compile(
        r"/usr/local/|[.]nft$|/etc/nftables.conf|[.]conf$|[.]service$|[.](link|rules)$"
    )
    left = {path: text for path, _, text in written(other) if not reading.search(path)}
    assert not [path for path, text in left.items() if re.search(words, text)]
    paths = [{path for path, _, _ in written(config)} for config in (both, other)]
    assert paths[0] - paths[1] == brought_by(protocol)
    assert not [path for path in paths[1] if re.search(words, path)]


def differing_lines(one: str, other: str) -> set[str]:
    left, right = one.splitlines(), other.splitlines()
    assert len(left) == len(right)
    return {a for a, b in zip(left, right, strict=True) if a != b}


@given(settings_maps())
def test_redacted_rendering_differs_in_names_and_secrets_alone(raw: dict[str, Any]) -> None:
    settings = parse(raw)
    config, redacted = (load(user_data(each)) for each in (settings, settings.redacted()))
    for item in config["write_files"] + redacted["write_files"]:
        if "/swanctl/" in item["path"]:
            named = r'secret = .*|(?<=fqdn:|mail:|eyid:)[^"\n]*'
            item["content"] = re.sub(named, "", item["content"])
        if item["path"] == "/etc/ppp/chap-secrets":
            item["content"] = [line.split(" ")[1:2] for line in item["content"].splitlines()]
    assert config == redacted


def test_redacted_rendering_holds_no_secret(settings: Settings) -> None:
    text = user_data(settings.redacted())
    lines = differing_lines(user_data(settings), text)
    # The key; each user's line for pppd, and for IKE his name, twice, and password.
    assert len(lines) == 1 + 4 * len(settings.users)
    for secret in (settings.psk, *settings.users.values()):
        assert secret not in text
    assert text.count(REDACTED) == 1 + 2 * len(settings.users)


def test_redacted_rendering_holds_no_users_name() -> None:
    """Half of what he proves himself with, and the rendering may stand in a public place."""
    names = ("Xenia.4711", "xenia@users.example")
    settings = parse(MINIMAL | {"users": dict.fromkeys(names, "a-password-47114711")})
    for text in (user_data(settings.redacted()), repr(settings.redacted())):
        assert not [name for name in names if name in text]
    assert all(name in user_data(settings) for name in names)


def test_a_change_of_secrets_does_not_show_in_the_redacted_rendering() -> None:
    other = {"psk": "another-key-of-some-length", "users": {"zoe": "another-password"}}
    assert user_data(parse(MINIMAL).redacted()) == user_data(parse(other).redacted())


def test_files_can_be_read_in_it(settings: Settings) -> None:
    """Literal blocks, not one long quoted string: a reviewer reads this in a diff."""
    assert "    rekey_time = 0s\n" in user_data(settings)
    assert "\n    def main() -> int:\n" in readable(settings)


def test_the_example_leaves_room(settings: Settings) -> None:
    """For more users than there are addresses."""
    more = {f"another.user.{number}": "x" * 20 for number in range(100)}
    user_data(dataclasses.replace(settings, users={**settings.users, **more}))


def test_too_many_users_are_refused_with_one_line() -> None:
    users = {f"user-{number}": "x" * 128 for number in range(500)}
    with pytest.raises(SettingsError) as caught:
        user_data(parse(MINIMAL | {"users": users}))
    (problem,) = caught.value.problems
    assert problem.startswith("users: ")
    assert "65535" in problem


def test_the_limit_is_exact(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    size = len(user_data(settings).encode())
    monkeypatch.setattr(module, "MAX_BYTES", size)
    user_data(settings)
    monkeypatch.setattr(module, "MAX_BYTES", size - 1)
    with pytest.raises(SettingsError):
        user_data(settings)
