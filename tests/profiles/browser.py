"""A real browser that believes it is a phone: Chromium, driven by its DevTools protocol
over a pipe (chromedevtools.github.io/devtools-protocol), so that nothing listens anywhere.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.host import install

PROGRAMS = ("chromium", "google-chrome", "chromium-browser")
OPTIONS = (
    "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run"
    " --disable-background-networking --disable-component-update --disable-sync"
    " --disable-extensions --remote-debugging-pipe"
).split()

TIMEOUT = 60
"""Seconds for one answer: a busy machine takes long to start a browser."""


def program() -> str:
    """The browser that is there, or Debian's, installed; with letters for Japanese, since
    the boxes in their place are narrower."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        install(["chromium"])
        found = shutil.which(PROGRAMS[0])
        assert found
    fonts = subprocess.run(["fc-list", ":lang=ja"], capture_output=True, check=True).stdout
    if not fonts:
        install(["fonts-ipafont-gothic"])
    return found


@contextmanager
def browser() -> Generator[Browser]:
    """A browser with one empty tab, gone in the end with all that it wrote."""
    read_commands, write_commands, read_answers, write_answers = _pipes()

    def wire() -> None:
        os.dup2(read_commands, 3)
        os.dup2(write_answers, 4)

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [program(), *OPTIONS, f"--user-data-dir={profile}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=wire,
            pass_fds=(3, 4),
        )
        os.close(read_commands)
        os.close(write_answers)
        tab = Browser(write_commands, read_answers)
        try:
            tab.attach()
            yield tab
            tab.end()
            process.wait(TIMEOUT)
        finally:
            os.close(write_commands)
            os.close(read_answers)
            process.kill()
            process.wait()


def _pipes() -> list[int]:
    """Two pipes, away from 3 and 4, which are to be the child's ends of them."""
    low = [*os.pipe(), *os.pipe()]
    high = [fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, 10) for number in low]
    for number in low:
        os.close(number)
    return high


@dataclass
class Browser:
    """One tab."""

    commands: int
    answers: int
    events: list[dict[str, Any]] = field(default_factory=list)
    """What happened since the last `open`."""
    _session: str = ""
    _buffer: bytes = b""
    _number: int = 0

    def attach(self) -> None:
        targets = self.call("Target.getTargets")["targetInfos"]
        (tab,) = (target for target in targets if target["type"] == "page")
        answer = self.call("Target.attachToTarget", targetId=tab["targetId"], flatten=True)
        self._session = answer["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def end(self) -> None:
        self._session = ""
        self.call("Browser.close")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            self.events.append(answer)
        assert "error" not in answer, f"{method}: {answer['error']}"
        result: dict[str, Any] = answer["result"]
        return result

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self.answers], [], [], TIMEOUT)
            assert ready, "the browser does not answer"
            part = os.read(self.answers, 1 << 20)
            assert part, "the browser ended"
            self._buffer += part
        message, _, self._buffer = self._buffer.partition(b"\0")
        decoded: dict[str, Any] = json.loads(message)
        return decoded

    def phone(self, width: int, language: str, *, dark: bool = False) -> None:
        """Be a phone, this many CSS pixels wide."""
        metrics = {"width": width, "height": 800, "deviceScaleFactor": 2, "mobile": True}
        self.call("Emulation.setDeviceMetricsOverride", **metrics)
        self.agent(self.evaluate("navigator.userAgent"), language)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def agent(self, name: str, language: str) -> None:
        """Call itself this, from the next page on."""
        self.call("Network.setUserAgentOverride", userAgent=name, acceptLanguage=language)

    def open(self, page: Path) -> None:
        """Load a file and wait until it is there."""
        self.events.clear()
        self.call("Page.navigate", url=page.as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._next())

    def evaluate(self, script: str) -> Any:
        """The value of an expression in the page, as if a finger had asked for it."""
        how = {"returnByValue": True, "awaitPromise": True, "userGesture": True}
        answer = self.call("Runtime.evaluate", expression=script, **how)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def picture(self) -> bytes:
        """The whole page as PNG."""
        # By itself it would be as high as the page was when it was loaded.
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        answer = self.call(
            "Page.captureScreenshot", captureBeyondViewport=True, clip={**size, "scale": 1}
        )
        return base64.b64decode(answer["data"])
