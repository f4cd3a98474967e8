"""The probe against responders on this machine, and against the guest's own charon."""

from __future__ import annotations

import json
import re
import shutil
import socket
import time
from pathlib import Path

import pytest

from gateway import probe
from gateway.probe import Outcome, main
from tests.cloud_init.guest_tree import WITH_ETH0, Guest
from tests.gateway.pluto_answers import IKEV2_NO_PROPOSAL
from tests.gateway.responders import (
    BOTH_VERSIONS,
    BUSY,
    OUR_GATEWAY,
    REFUSING,
    Answers,
    echo,
    for_another,
    marked,
    only_from,
    responding,
    says,
    silence,
    unused_port,
    web_page,
)

HERE = "127.0.0.1"
SA = "IKEv1 accepts our proposal (SA)"
NONE = "IKEv2 says NO_PROPOSAL_CHOSEN"


def asked(answers: Answers, timeout: float = 2.0) -> probe.Verdict:
    with responding(answers) as responder:
        return probe.probe(HERE, responder.port, timeout)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (OUR_GATEWAY, f"{SA}, {NONE}"),
        (BOTH_VERSIONS, f"{SA}, IKEv2 accepts our proposal (SA)"),
        (REFUSING, f"IKEv1 says NO_PROPOSAL_CHOSEN, {NONE}"),
        (BUSY, "IKEv2 says COOKIE"),
        (says(None, IKEV2_NO_PROPOSAL), NONE),
        (lambda packet: [*web_page(packet), *for_another(packet), *OUR_GATEWAY(packet)], f"{SA}"),
    ],
    ids=["gateway", "both", "refusing", "busy", "one version", "noise before it"],
)
def test_a_true_answer(answers: Answers, said: str) -> None:
    verdict = asked(answers)
    assert verdict.outcome is Outcome.ANSWERS
    assert verdict.alive
    assert re.fullmatch(rf"127\.0\.0\.1 UDP \d+: answers IKE: {re.escape(said)}.*", str(verdict))


def test_an_answer_ends_the_probe_at_once() -> None:
    began = time.monotonic()
    assert asked(OUR_GATEWAY, timeout=60).alive
    assert asked(BUSY, timeout=60).alive  # the other version gets half a second
    assert time.monotonic() - began < 3


def test_silence() -> None:
    verdict = asked(silence, timeout=0.3)
    assert verdict.outcome is Outcome.SILENCE
    assert "silence: no answer to IKE within 0.3 s" in str(verdict)


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        (web_page, "bytes that are not IKE"),
        (echo, "no answer to a first message"),
        (for_another, "another SPI"),
        (lambda _: [b"\0"], "1 bytes that are not IKE"),
    ],
    ids=["web page", "echo", "another SPI", "one byte"],
)
def test_garbage(answers: Answers, why: str) -> None:
    verdict = asked(answers, timeout=0.3)
    assert verdict.outcome is Outcome.GARBAGE
    assert why in str(verdict)


def test_refused_port() -> None:
    verdict = probe.probe(HERE, unused_port())
    assert verdict.outcome is Outcome.REFUSED
    assert "port unreachable: a machine without IKE, or a firewall on the way" in str(verdict)


def test_a_lost_packet_is_sent_again_and_a_late_answer_taken() -> None:
    with responding(only_from(3, OUR_GATEWAY)) as responder:
        assert probe.probe(HERE, responder.port, 5).alive
    first, again = responder.received[0], responder.received[2]
    assert {first, responder.received[1]} == {again, responder.received[3]}


@pytest.mark.parametrize("name", ["no-such-host.invalid", "a" * 300, "a..b"])
def test_a_name_that_does_not_resolve(name: str) -> None:
    verdict = probe.probe(name, timeout=0.3)
    assert verdict.outcome is Outcome.NO_NAME
    assert "does not resolve" in str(verdict)
    assert "\n" not in str(verdict)


def test_no_way_there() -> None:
    """The kernel refuses to send to a broadcast address unless asked for it."""
    verdict = probe.probe("255.255.255.255", timeout=0.3)
    assert verdict.outcome is Outcome.UNREACHABLE
    assert "can't be reached from here: Permission denied" in str(verdict)


def test_a_name_is_shown_with_its_address() -> None:
    with responding(OUR_GATEWAY) as responder:
        family = socket.getaddrinfo("localhost", responder.port, type=socket.SOCK_DGRAM)[0][0]
        verdict = probe.probe("localhost", responder.port, 0.3)
    address = {socket.AF_INET: HERE, socket.AF_INET6: "::1"}[family]
    assert str(verdict).startswith(f"localhost ({address}) UDP ")


def test_port_4500_has_its_marker(monkeypatch: pytest.MonkeyPatch) -> None:
    with responding(marked(OUR_GATEWAY)) as responder:
        monkeypatch.setattr(probe, "NAT_PORT", responder.port)
        assert probe.probe(HERE, responder.port, 2).alive


# The command line.


def test_command_says_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with responding(OUR_GATEWAY) as responder:
        assert main([HERE, "--port", str(responder.port)]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [f"127.0.0.1 UDP {responder.port}: answers IKE: {SA}, {NONE}"]
    assert err == ""


@pytest.mark.parametrize(
    ("answers", "status"), [(silence, 1), (web_page, 3)], ids=["silence", "garbage"]
)
def test_command_fails_with_a_status_of_its_own(answers: Answers, status: int) -> None:
    with responding(answers) as responder:
        assert main([HERE, "--port", str(responder.port), "--timeout", "0.2"]) == status


def test_command_status_where_nothing_was_asked() -> None:
    assert main([HERE, "--port", str(unused_port())]) == 4
    assert main(["no-such-host.invalid"]) == 5


def test_command_waits(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(probe, "INTERVAL", 0.1)
    with responding(only_from(6, OUR_GATEWAY)) as responder:
        arguments = [HERE, "--port", str(responder.port), "--timeout", "0.2", "--wait", "1"]
        assert main(arguments) == 0
    out, err = capsys.readouterr()
    assert re.fullmatch(r".*: answers IKE: .* \(after 0 min 0\d s\)\n", out)
    assert re.fullmatch(r".*: silence: .*; 0 min 5\d s left\n", err)


def test_command_waits_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "INTERVAL", 0.1)
    began = time.monotonic()
    with responding(silence) as responder:
        arguments = [HERE, "--port", str(responder.port), "--timeout", "0.2", "--wait", "0.02"]
        assert main(arguments) == 1
    assert 1 < time.monotonic() - began < 4


def read_json(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> tuple[int, dict[str, object]]:
    status = main([HERE, "--json", "--timeout", "0.2", *arguments])
    out, err = capsys.readouterr()
    assert err == ""
    return status, json.loads(out)


def test_command_says_the_same_to_a_program(capsys: pytest.CaptureFixture[str]) -> None:
    with responding(OUR_GATEWAY) as responder:
        status, read = read_json(["--port", str(responder.port)], capsys)
    assert (status, read["port"], read["waited"]) == (0, responder.port, pytest.approx(0, abs=2))
    assert (read["host"], read["answers_ike"], read["outcome"]) == (HERE, True, "answers")
    assert read["answers"] == [
        {"version": 1, "said": "SA"},
        {"version": 2, "said": "NO_PROPOSAL_CHOSEN"},
    ]
    assert (read["detail"], read["next"]) == (f"answers IKE: {SA}, {NONE}", None)


def test_a_program_is_told_what_to_do_too(capsys: pytest.CaptureFixture[str]) -> None:
    status, read = read_json(["--port", str(unused_port())], capsys)
    assert (status, read["answers_ike"], read["outcome"]) == (4, False, "refused")
    assert (read["answers"], str(read["next"])[:8]) == ([], "ask from")


@pytest.mark.parametrize(
    "arguments",
    [[], ["x", "--port", "0"], ["x", "--port", "ike"], ["x", "--timeout", "0"], ["x", "--wait=-1"],
     ["x", "--wait", "nan"]],
    ids=str,
)  # fmt: skip
def test_wrong_options_are_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("https://gateway.example/", "is a URL; give the name alone"),
        ("gateway.example:4500", "is no name; its port goes to --port"),
        ("", "it is empty; expected a name or an address"),
        (" ", "it is empty; expected a name or an address"),
    ],
)
def test_what_is_no_name_is_told_apart(
    host: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([host])
    assert words in capsys.readouterr().err.splitlines()[-1]


def test_its_help_says_what_it_does_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    said = " ".join(capsys.readouterr().out.split())
    for words in ("UDP port; phones need 4500 too (default: 500)", "(default: 5)", "(default: 0)"):
        assert words in said


def test_who_asks_by_hand_is_told_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([HERE, "--port", str(unused_port())]) == Outcome.REFUSED.value
    said = capsys.readouterr().err
    assert said.startswith("next: ask from another network")
    assert said.endswith("make logs, or the machine's console\n")
    with responding(OUR_GATEWAY) as responder:
        assert main([HERE, "--port", str(responder.port)]) == 0
    assert capsys.readouterr().err == ""


# The real thing: Debian's charon with the connections that we ship.

START_CHARON = """
gateway-identity
charon-systemd > /tmp/charon.log 2>&1 & trap "kill -9 $!" EXIT
timeout 20 sh -c "until [ -S /run/charon.vici ]; do sleep 0.02; done"
swanctl --load-all --noprompt > /dev/null 2>&1
"""


@pytest.fixture
def guest_with_probe(guest: Guest, tmp_path: Path) -> Guest:
    """The guest, and beside it the probe as it is: standard library and nothing else."""
    shutil.copytree(guest.out, tmp_path / "guest", symlinks=True)
    code = tmp_path / "guest/rootfs/opt/gateway"
    code.mkdir(parents=True)
    for module in (probe.__file__, probe.__file__.replace("probe.py", "ike.py")):
        shutil.copy(module, code)
    return Guest(tmp_path / "guest")


def test_the_guests_own_charon(guest_with_probe: Guest) -> None:
    ask = "python3 -m gateway.probe 10.1.0.4"
    done = guest_with_probe.run(f"{WITH_ETH0}{START_CHARON}cd /opt; {ask}; {ask} --port 4500")
    both = f"answers IKE: {SA}, IKEv2 accepts our proposal (SA)"
    assert done.stdout.splitlines() == [
        f"10.1.0.4 UDP 500: {both}",
        f"10.1.0.4 UDP 4500: {both}",
    ]


def test_no_charon(guest_with_probe: Guest) -> None:
    done = guest_with_probe.run(WITH_ETH0 + "cd /opt; python3 -m gateway.probe 10.1.0.4")
    assert "port unreachable" in done.stdout
    assert done.returncode == Outcome.REFUSED.value
