"""What phones can live with, though not for long: a failure is reported, and keeps nobody out."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from ipaddress import IPv4Address
from pathlib import Path

from checks import Failure, advisory, expect, run, settings

MAINLINE = (7, 0)  # Debian 13 itself has 6.12, which lets phones in too.
XL2TPD = Path("/etc/xl2tpd/xl2tpd.conf")
XL2TPD_CONTROL = Path("/run/xl2tpd/l2tp-control")
CONNTRACK = Path("/proc/sys/net/netfilter")
FULL = 0.8
GUESSES = 100


@advisory
def mainline() -> str:
    """An older kernel lets phones in, and is not what our figures were measured with."""
    release = os.uname().release
    version = tuple(map(int, re.findall(r"\d+", release)[:2]))
    expect(
        version >= MAINLINE,
        f"{release} is older than {'.'.join(map(str, MAINLINE))}; is the one from backports"
        " installed?",
    )
    return release


@advisory
def updates() -> str:
    """A gateway that stays gets Debian's security updates at night; a kernel takes a reboot."""
    policy = run("apt-cache", "policy", "linux-image-amd64")
    found = dict(re.findall(r"^  (Installed|Candidate): (\S+)", policy, re.M))
    installed, newest = found.get("Installed"), found.get("Candidate")
    expect(
        installed == newest,
        f"the kernel is {installed}, and {newest} is there: replace the machine, or"
        " apt-get upgrade and reboot",
    )
    return f"the kernel is the newest known, {installed}"


@advisory
def conntrack() -> str:
    """Where conntrack is full, nobody new gets anything, and only the kernel's log says so."""
    files = [CONNTRACK / f"nf_conntrack_{name}" for name in ("count", "max")]
    count, most = (int(file.read_text()) for file in files)
    expect(count < FULL * most, f"{count} of {most} flows; a phone with thousands is ill")
    return f"{count} of {most} flows"


@advisory
def disk() -> str:
    """StrongSwan can't start where nothing can be written."""
    status = os.statvfs("/")
    used = 1 - status.f_bavail / status.f_blocks
    expect(used < FULL + 0.1, f"{used:.0%} of / is used; see journalctl --disk-usage")
    return f"{used:.0%} of / is used"


@advisory
def l2tp_calls() -> str:
    """A phone that vanished holds its address until xl2tpd has given it up, minutes later."""
    if not XL2TPD.exists():
        return "off by configuration"
    (pool,) = (line.split()[3] for line in settings(XL2TPD, ";") if line.startswith("ip range"))
    first, last = map(IPv4Address, pool.split("-"))
    addresses = int(last) - int(first) + 1
    calls = sum(map(int, re.findall(r"has (\d+) calls", xl2tpd_says())))
    there = len(run("ip", "-o", "link", "show", "type", "ppp").splitlines())
    held = f"{calls} calls hold {addresses} addresses, {there} phones are there"
    expect(calls < FULL * addresses, f"{held}; see journalctl -u xl2tpd")
    return held


def xl2tpd_says() -> str:
    """Return what xl2tpd tells of its tunnels, in a file that it removes when it is done.

    Into a FIFO, as xl2tpd-control has it, it would wait for its reader for ever. Of several
    questions at the same moment one may be lost.
    """
    expect(XL2TPD_CONTROL.exists(), "xl2tpd takes no questions; see journalctl -u xl2tpd")
    for _ in range(2):
        file, name = tempfile.mkstemp(dir=XL2TPD_CONTROL.parent)
        path = Path(name)
        with os.fdopen(file) as answer:
            ask_xl2tpd(f"@{path} x\n")
            for _ in range(40):
                if not path.exists():
                    return answer.read()
                time.sleep(0.05)
        path.unlink()
    raise Failure("xl2tpd does not say what it holds; see journalctl -u xl2tpd")


def ask_xl2tpd(question: str) -> None:
    try:
        pipe = os.open(XL2TPD_CONTROL, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        raise Failure(f"xl2tpd takes no questions ({error}); see journalctl -u xl2tpd") from None
    os.write(pipe, question.encode())
    os.close(pipe)


@advisory
def guesses() -> str:
    """Refused logins: some are typing mistakes, many are somebody who tries passwords."""
    refused = len(refused_logins())
    expect(
        refused < GUESSES,
        f"{refused} refused logins, or more, within an hour; see journalctl --unit=strongswan",
    )
    return f"{refused} refused logins within an hour"


def refused_logins() -> list[str]:
    """The last ones of an hour, up to what is too many. journalctl itself looks for them, from the
    end: who guesses leaves hundreds of thousands of lines an hour, and we have no room for them."""
    done = subprocess.run(REFUSED_LOGINS, capture_output=True, text=True, check=False, timeout=30)
    # Where it finds nothing it says nothing, and ends with 1.
    expect(
        done.returncode in (0, 1) and not done.stderr, f"journalctl: {done.stderr.strip()[-300:]}"
    )
    return done.stdout.splitlines()


REFUSED_LOGINS = (
    *("journalctl", "--quiet", "--no-pager", "--output=cat", "--since=-1h"),
    *("--unit=strongswan", "--unit=xl2tpd", f"--lines={GUESSES}"),
    r"--grep=tried \d+ shared keys? for .* but MAC mismatched|no shared key found for"
    r"|failed CHAP authentication",
)
