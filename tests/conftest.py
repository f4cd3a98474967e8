"""Nothing is skipped silently: a test that did not run is a failure of the session."""

from __future__ import annotations

import os
import signal
from collections import Counter

import hypothesis
import pytest

hypothesis.settings.register_profile("fast", max_examples=60, deadline=None)
hypothesis.settings.register_profile("thorough", max_examples=2000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))

not_run = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    # A shell without job control starts what it puts into the background deaf to Ctrl-C, and
    # so is every child: a test that interrupts one waited for ever.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.stash[not_run] = []
    config.pluginmanager.register(_Watch(config))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that drive the engine or are slow otherwise first, then those with many tests: side by
    side, no process begins with minutes of work when the others are through. xdist's own order
    counts only the tests, and of the engine's a single one may take a minute."""
    tests = Counter(item.path for item in items)
    early = {
        item.path
        for item in items
        if item.get_closest_marker("engine") or item.get_closest_marker("slow")
    }
    items.sort(key=lambda item: (item.path not in early, -tests[item.path]))


class _Watch:
    """Hears every report: where tests run in several processes, in the one that ends it all."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        # xfail reports itself as skipped or, when it passes, as "wasxfail".
        if report.skipped or hasattr(report, "wasxfail"):
            self.config.stash[not_run].append(report.nodeid)


@pytest.hookimpl
def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.skipped:
        raise pytest.UsageError(f"{report.nodeid} skips itself; install what it needs instead")


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.config.stash[not_run] and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for nodeid in config.stash[not_run]:
        terminalreporter.write_line(f"NOT RUN, which counts as a failure: {nodeid}", red=True)
