"""The programs that run on the phone, against a web server of our own."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

LAB = Path(__file__).parents[2] / "lab"
PROGRAMS, SCENARIOS = LAB / "phones" / "commands", LAB / "scenarios"
SIZE = 3000
LOCK = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    """Objects by number, as nginx serves them."""

    protocol_version = "HTTP/1.1"
    timeout = 10
    missing: frozenset[int] = frozenset()
    clients: frozenset[Any] = frozenset()
    asked: tuple[int, ...] = ()

    def answer(self) -> None:
        number = int(self.path.lstrip("/"))
        kind = type(self)
        with LOCK:
            kind.asked = (*kind.asked, number)
            kind.clients |= {self.client_address}
        found = number not in self.missing
        body = b"x" * (SIZE + number) if found else b"not found"
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_GET = do_HEAD = answer

    def log_message(self, *arguments: object) -> None:
        """Nothing."""


@pytest.fixture
def server() -> Iterator[tuple[int, type[Handler]]]:
    class Own(Handler):
        """With a memory of its own."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Own) as http:
        http.daemon_threads = True
        # It waits for all threads else, and a held connection has one.
        http.block_on_close = False
        thread = threading.Thread(target=http.serve_forever, args=(0.02,))
        thread.start()
        yield http.server_address[1], Own
        http.shutdown()
        thread.join(5)


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(program: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-IS", str(PROGRAMS / program), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(program: str, *arguments: object) -> tuple[int, str, str]:
    with start(program, *arguments) as process:
        out, err = process.communicate(timeout=20)
    return process.returncode, out, err


def test_a_page_is_loaded_as_a_browser_does(server: tuple[int, type[Handler]]) -> None:
    port, handler = server
    status, out, err = run("load-page", "127.0.0.1", port, 20)
    assert (status, err) == (0, "")
    seconds, size = out.split()
    assert 0 < float(seconds) < 10
    assert int(size) == sum(SIZE + number for number in range(20))
    assert handler.asked[0] == 0, "the page itself comes first"
    assert sorted(handler.asked) == list(range(20))
    assert 1 <= len(handler.clients) <= 6


@pytest.mark.parametrize("missing", [0, 19])
def test_a_page_with_a_missing_object_did_not_load(
    server: tuple[int, type[Handler]], missing: int
) -> None:
    port, handler = server
    handler.missing = frozenset({missing})
    status, out, err = run("load-page", "127.0.0.1", port, 20)
    assert (status, out) == (1, "")
    assert f"/{missing}: 404" in err
    assert "only 19 of 20 objects came" in err


def test_a_page_of_nobody() -> None:
    status, out, err = run("load-page", "127.0.0.1", closed_port(), 3)
    assert (status, out) == (1, "")
    assert "ConnectionRefusedError" in err


def wait_for(path: Path) -> str:
    deadline = time.monotonic() + 10
    while not path.exists():
        assert time.monotonic() < deadline, path
        time.sleep(0.01)
    return path.read_text()


def test_connections_are_held_open_and_asked_again(
    server: tuple[int, type[Handler]], tmp_path: Path
) -> None:
    port, handler = server
    state = tmp_path / "state"
    state.mkdir()
    (state / "release").touch()  # of a run before
    with start("hold-open", "127.0.0.1", port, 5, state) as process:
        assert wait_for(state / "opened") == "5"
        assert not (state / "release").exists()
        assert process.poll() is None
        assert not (state / "asked-again").exists()
        (state / "release").touch()
        assert wait_for(state / "asked-again") == "5"
        assert process.wait(5) == 0
        assert process.communicate() == ("", "")
    assert len(handler.clients) == 5
    assert handler.asked == (1,) * 10


def test_connections_that_do_not_open_are_not_counted(tmp_path: Path) -> None:
    with start("hold-open", "127.0.0.1", closed_port(), 2, tmp_path) as process:
        assert wait_for(tmp_path / "opened") == "0"
        (tmp_path / "release").touch()
        out, _ = process.communicate(timeout=60)
    assert out.count("refused") == 2


def test_the_scenarios_look_where_hold_open_writes() -> None:
    """By default, and in the directory that it is told."""
    program = (PROGRAMS / "hold-open").read_text()
    limits, attacks = (
        (SCENARIOS / name / "expect.py").read_text() for name in ("limits", "attacks")
    )
    assert '["/run/hold-open"]' in program
    assert "/run/hold-open/opened" in attacks
    for name in ("opened", "asked-again", "release"):
        assert f"{{state}}/{name}" in limits
        assert f'"{name}"' in program


def test_manners(server: tuple[int, type[Handler]]) -> None:
    port, _ = server
    # Nobody listens at this one of our own addresses.
    status, out, err = run("tcp-manners", "127.0.0.1", port, closed_port(), "127.0.0.2")
    assert (status, err) == (0, "")
    manners = json.loads(out)
    size, took = manners["half-close"]
    assert size > SIZE, "the object and its headers, after the request was all we had to say"
    assert 0 <= took < 10
    assert manners["refused"][0] == manners["nobody"][0] == "refused"


def test_an_apparent_success_that_closes_is_closed(server: tuple[int, type[Handler]]) -> None:
    """As a split gateway answers for a host that does not."""
    port, _ = server
    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepting = threading.Thread(target=lambda: listener.accept()[0].close())
        accepting.start()
        closing = listener.getsockname()[1]
        _, out, _ = run("tcp-manners", "127.0.0.1", port, closing, "127.0.0.2")
        accepting.join(5)
    assert json.loads(out)["refused"][0] == "closed"
