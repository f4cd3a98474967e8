"""The checks of a gateway's life. One that is silently gone would pass."""

from __future__ import annotations

ENDS = {"no-process-and-no-disk-is-left"}
"""What can only be seen where machines run."""

SHORT = ENDS | {
    "up-ends-when-the-gateway-answers",
    "box-with-server-page-and-commands",
    "no-secret-in-what-up-says",
    *(f"page-and-profiles-agree-{user}" for user in ("alice", "bob")),
    *(f"{way}-{user}" for user in ("alice", "bob") for way in ("ikev2", "l2tp")),
    "down-leaves-nothing-on-azure",
    "down-leaves-no-machine",
    "down-leaves-no-name",
}
"""Without the change, and the second machine."""

PROMISED = SHORT | {
    "preview-shows-what-changes-inside",
    "preview-replaces-the-machine-alone",
    "no-secret-in-what-preview-says",
    "replaced-with-the-same-name-address-and-key",
    *(f"{way}-alice-again" for way in ("ikev2", "l2tp")),
    *(f"{way}-bob-again-refused" for way in ("ikev2", "l2tp")),
}
