"""What to undo so that checks of this scenario go red. `limits-wall-own-public-address` has its
own control, and `limits-refused` and `limits-nobody` say how the split differs."""

from __future__ import annotations

from lab.broken import Edit, Undoings

FIREWALL = "/etc/nftables.conf"
SPLIT = "/etc/lunch-gateway/split.nft"
HAPROXY = "/etc/haproxy/haproxy.cfg"
WALL = "ip daddr @walled ip daddr != $reachable_networks"

BROKEN: Undoings = {
    "limits-wall-by-name": [Edit(FIREWALL, f"{WALL} goto refuse")],
    # Less than the side that has not said all takes (half_closed.py). The first is for a site that
    # ends first, the second for a phone that does.
    "limits-half-close": [
        Edit(HAPROXY, "timeout client-fin 30m", "timeout client-fin 1s"),
        Edit(HAPROXY, "timeout server-fin 30m", "timeout server-fin 1s"),
    ],
    "limits-two-thousand-connections": [
        Edit(SPLIT, "ct count over 2000 counter name split_full return")
    ],
    "limits-split-comes-back": [
        Edit(
            "/etc/systemd/system/haproxy.service.d/10-lunch-gateway.conf",
            "Restart=always",
            "Restart=no",
        )
    ],
}
