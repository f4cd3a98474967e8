"""What to undo so that each check of this scenario goes red; see README.md beside this file.
`attacks-two-phones-vanish` and `attacks-dial-in` are not here: they are what others stand on."""

from __future__ import annotations

from lab.broken import Edit, Undoings

FIREWALL = "/etc/nftables.conf"
SPLIT = "/etc/lunch-gateway/split.nft"
XL2TPD = "/etc/systemd/system/xl2tpd.service"
RULES = "/usr/local/lib/lunch-gateway/rules.py"
STAYS = "/etc/systemd/system/nftables.service.d/10-lunch-gateway.conf"
WITHOUT_ROUTING = Edit(SPLIT, " fib daddr . mark oif missing")

BROKEN: Undoings = {
    "attacks-third-phone-gets-an-address": [
        Edit("/etc/xl2tpd/xl2tpd.conf", "max retries = 7", "max retries = 25")
    ],
    "attacks-vanished-phone-holds-no-connection": [
        Edit("/etc/ppp/ip-down.d/lunch-gateway", "exec /usr/local/sbin/gateway-phone-gone")
    ],
    "attacks-wall-192.168.100.1": [Edit(FIREWALL, "192.168.0.0/16,")],
    "attacks-wall-100.100.100.200": [Edit(FIREWALL, "100.64.0.0/10,")],
    "attacks-wall-10.200.0.5": [Edit(FIREWALL, "10.0.0.0/8,")],
    "attacks-wall-172.16.9.9": [Edit(FIREWALL, "172.16.0.0/12,")],
    "attacks-names-beside-a-flood": [
        Edit(FIREWALL, "rate over 50/second", "rate over 50000/second")
    ],
    # Debian's own: it loads the rules, and nobody opens the door again.
    "attacks-self-test-and-reload-beside-a-flood": [
        Edit(STAYS, "ExecReload=/usr/bin/systemctl --no-block restart gateway-ready.service")
    ],
    "attacks-mistake-in-the-rules": [Edit(STAYS, "ExecStop=")],
    # The self-test too: it would keep the door shut.
    "attacks-flushed-rules": [
        Edit(XL2TPD, "action block", "action allow"),
        Edit(RULES, '"action", "block"', '"action", "allow"'),
    ],
    "attacks-split-without-its-rule": [WITHOUT_ROUTING],
    "attacks-split-without-its-route": [WITHOUT_ROUTING],
    "attacks-xl2tpd-comes-back": [Edit(XL2TPD, "ExecStopPost=+/usr/local/sbin/gateway-l2tp-ended")],
    "attacks-many-calls-from-one-address": [
        Edit(FIREWALL, "rate over 20/second", "rate over 20000/second")
    ],
    # Not together with the next one, which wants the change to be seen.
    "attacks-other-address": [
        Edit("/usr/local/sbin/gateway-mend", "changed=$(gateway-identity --check)", "changed=")
    ],
    "attacks-dial-in-after-charon-began-anew": [
        Edit(
            "/etc/systemd/system/strongswan.service.d/10-lunch-gateway.conf",
            "ExecStartPost=-+/usr/bin/systemctl --no-block try-restart xl2tpd.service",
        )
    ],
}
