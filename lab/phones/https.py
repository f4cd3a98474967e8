"""A large file over HTTPS, as a browser fetches it: by QUIC if that gets through, else by TCP."""

from __future__ import annotations

from lab.machines.expectations import ExpectationFailed
from lab.phones import beside
from lab.phones.beside import Carried, Load
from lab.phones.reach import Reach


def load(reach: Reach, seconds: int, quic: bool) -> Carried:
    """Download for so long, and return what it came to. Raises as `read`, or if nothing came."""
    seen = beside.carry(reach, Load("HTTPS", command(reach.site.host, seconds), 300))
    goodput, size = read(seen.said, quic)
    return Carried(size, seen, goodput)


def command(host: str, seconds: int) -> str:
    """Returns the phone's command that downloads for so long. It waits for QUIC a second and not
    curl's tenth: over this distance a handshake takes longer than that even if nothing is lost."""
    return (
        "echo HTTPS; curl --http3 --happy-eyeballs-timeout-ms 2000 --insecure --silent"
        f" --show-error --max-time {seconds} --output /dev/null"
        f" --write-out '%{{http_version}} %{{size_download}} %{{time_total}}\\n'"
        # 28: time is up, and that is what was asked for.
        f" https://{host}/large 2>/tmp/https"
        "; case $? in 0 | 28) ;; *) cat /tmp/https; false ;; esac"
    )


def read(report: str, quic: bool) -> tuple[float, float]:
    """Returns the goodput, Mbit/s, the handshake's time included, and the bytes.

    Raises:
        ExpectationFailed: it came by another protocol than this way lets through.
    """
    version, size, seconds = report.split()
    if (version == "3") != quic:
        raise ExpectationFailed(f"a download came by HTTP/{version}; QUIC passes: {quic}")
    return float(size) * 8e-6 / float(seconds), float(size)
